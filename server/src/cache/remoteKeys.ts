/** What an ADD of a URL or a repository adds to a key. */

import type { ResolvedCopy } from '../model/plan.ts';
import { readGitRef } from '../syntax/gitRef.ts';
import type { Hash } from './hash.ts';
import type { SourceKeys } from './sourceKeys.ts';

/** Downloads are taken as unchanged, as long as the text does not say which version it is. */
export function addRemoteKey(
  { kind, reference }: ResolvedCopy['remotes'][number],
  copy: ResolvedCopy,
  hash: Hash,
  found: Pick<SourceKeys, 'parts' | 'doubts'>,
): void {
  const { checksum, keepGitDir } = copy;
  // A reference may hold a token that an argument gave, and names of parts come into records.
  const add = (value: unknown) =>
    found.parts.push({ kind: 'content', name: `${kind}:`, digest: hash(JSON.stringify(value)) });
  if (kind === 'git') {
    add(['git', reference, checksum, keepGitDir]);
    if (checksum !== null || isPinned(reference)) return;
  } else {
    add(checksum === null ? ['url', reference] : ['checksum', checksum]);
    if (checksum !== null) return;
  }
  found.doubts.push({
    of: null,
    surely: false,
    step: null,
    reason: `What ${kind === 'git' ? 'the repository' : 'the server'} has now is not asked before a build.`,
  });
}

function isPinned(reference: string): boolean {
  const parsed = readGitRef(reference);
  if (!parsed.git || !parsed.ref) return false;
  return /[#?&=]([0-9a-f]{40}|[0-9a-f]{64})(?![0-9a-f])/.test(reference);
}

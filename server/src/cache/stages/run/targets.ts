/** Where `cp`, `mv` and `install` put their sources. */

import { baseName } from '../../../shell/commandWords.ts';
import { find, isFolder } from '../draft.ts';
import { kindOf } from '../entries.ts';
import { joined, type Node } from '../nodes.ts';
import { Unfollowed } from '../unfollowed.ts';
import { type Call, mayBePattern, operandPath } from './call.ts';
import { pathsOf } from './operands.ts';

/** Where sources go: into the last operand where that is a folder, else to it. */
export function targets(call: Call, operands: readonly string[]) {
  const words = operands.slice(0, -1);
  const last = operands.at(-1) ?? '';
  if (words.length === 0 || mayBePattern(call, last)) throw new Unfollowed();
  const sources = pathsOf(call, words);
  const dest = find(call.draft.root, operandPath(call, last));
  const slashed = last.endsWith('/') || /(^|\/)\.\.?$/.test(last);
  const isThere = isFolder(dest);
  if (isThere === false && sources.length > 1) throw new Unfollowed();
  const inside = isThere === true || (isThere === null && (slashed || sources.length > 1));
  if (
    !inside &&
    slashed &&
    isThere === false &&
    kindOf(sourceNode(call, sources[0] ?? '')) !== 'folder'
  )
    throw new Unfollowed();
  const into = (source: string) => (inside ? joined(dest.path, baseName(source)) : dest.path);
  return { sources, into };
}

/** What stands at a path. Throws Unfollowed where nothing does. */
export function sourceNode(call: Call, path: string): Node {
  const { node } = find(call.draft.root, path);
  if (!node) throw new Unfollowed();
  return node;
}

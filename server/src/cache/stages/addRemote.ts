/** What an ADD fetches. */

import type { ResolvedCopy } from '../../model/plan.ts';
import { baseName } from '../../shell/commandWords.ts';
import { placeEntry, spread, type Work } from './copyPlaces.ts';
import { hiddenBy } from './making.ts';
import { certain } from './marks.ts';
import { chmodOf } from './modes.ts';
import { root } from './nodes.ts';

/** Puts what an ADD fetches from a server or repository to its place. */
export function addRemote(work: Work, { kind, reference }: ResolvedCopy['remotes'][number]): void {
  const { making, copy, owner } = work;
  const sum = /^sha256:([0-9a-f]{64})$/.exec(copy.checksum ?? '')?.[1];
  const name = baseName(reference.replace(/[?#].*$/, ''));
  if (kind === 'url' && sum && name && copy.unpack !== true) {
    placeEntry(work, name, {
      kind: 'file',
      mode: copy.chmod === null ? 0o600 : chmodOf(copy.chmod, 0o600),
      owner: owner ?? root,
      content: { digest: sum, text: null, marks: certain },
    });
    return;
  }
  const isPinned =
    sum !== undefined || (kind === 'git' && /[#@:][0-9a-f]{40}(:|$)/.test(reference));
  const marks = isPinned
    ? certain
    : {
        ...certain,
        unknown: {
          reason: `What ADD fetches from ${reference.replace(/\/\/[^/@]*@/, '//')} is only known by a build.`,
          pending: false,
        },
      };
  const id = making.hash(JSON.stringify(['remote', kind, reference, copy.checksum, copy.unpack]));
  spread(work, hiddenBy(id, marks));
}

/** `mv`. */

import { find, put } from '../draft.ts';
import { isMissing, kindOf } from '../entries.ts';
import { Unfollowed } from '../unfollowed.ts';
import type { Call } from './call.ts';
import { writableParent } from './files.ts';
import { options } from './operands.ts';
import { targets } from './targets.ts';

/** Renames. */
export function mv(call: Call): void {
  const { operands } = options(call, 'fv');
  const { sources, into } = targets(call, operands);
  for (const source of sources) {
    const from = find(call.draft.root, source.replace(/(.)\/$/, '$1'), false);
    if (!from.node || from.path === '/') throw new Unfollowed();
    const to = find(call.draft.root, into(source), false);
    writableParent(call.draft, to);
    if (to.path === from.path || `${to.path}/`.startsWith(`${from.path}/`)) throw new Unfollowed();
    const there = to.node && kindOf(to.node);
    if (
      there === 'folder' ||
      (there === null && !isMissing(to.node) && kindOf(from.node) === 'folder')
    )
      throw new Unfollowed();
    const { node } = from;
    // What is not seen may be nothing; then the command fails, and with it mostly the build.
    put(call.draft, from.path, null);
    put(call.draft, to.path, node);
  }
}

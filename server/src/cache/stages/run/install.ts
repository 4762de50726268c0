/** `install`. */

import { find, put } from '../draft.ts';
import { isMissing, kindOf } from '../entries.ts';
import { chmodOf } from '../modes.ts';
import { emptyFolder, parentOf } from '../nodes.ts';
import { Unfollowed } from '../unfollowed.ts';
import { type Call, makerOwner, operandPath } from './call.ts';
import { contentOf } from './content.ts';
import { writable } from './files.ts';
import { options, pathsOf } from './operands.ts';
import { sourceNode, targets } from './targets.ts';

/** Copies files with a mode, or makes folders. */
export function install(call: Call): void {
  const { flags, values, operands } = options(call, 'dDvCcp', 'm');
  const owner = makerOwner(call);
  const mode = chmodOf(values.get('m') ?? '755', 0);
  if (typeof mode !== 'number' || /[Cp]/.test(flags)) throw new Unfollowed();
  if (flags.includes('d')) {
    for (const path of pathsOf(call, operands)) {
      const place = find(call.draft.root, path);
      if (!isMissing(place.node)) throw new Unfollowed();
      put(call.draft, place.path, emptyFolder(mode, owner), { mode: 0o755, owner });
    }
    return;
  }
  const last = operands.at(-1) ?? '';
  if (flags.includes('D')) {
    const path = operandPath(call, last);
    const parent = parentOf(path);
    if (!find(call.draft.root, parent).node) put(call.draft, parent, emptyFolder(0o755, owner));
  }
  const { sources, into } = targets(call, operands);
  for (const source of sources) {
    const node = sourceNode(call, source);
    if (kindOf(node) === 'folder') throw new Unfollowed();
    const place = writable(call.draft, into(source));
    put(call.draft, place.path, {
      kind: 'file',
      mode,
      owner,
      content: contentOf(call.making, node),
    });
  }
}

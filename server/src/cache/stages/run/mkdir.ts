/** `mkdir`. */

import { find, isFolder, put } from '../draft.ts';
import { isMissing, kindOf } from '../entries.ts';
import { chmodOf } from '../modes.ts';
import { emptyFolder, folderOver } from '../nodes.ts';
import { Unfollowed } from '../unfollowed.ts';
import { type Call, makerOwner } from './call.ts';
import { hiddenOf, writableParent } from './files.ts';
import { options, pathsOf } from './operands.ts';

/** Makes folders. */
export function mkdir(call: Call): void {
  const { flags, values, operands } = options(call, 'pv', 'm');
  const owner = makerOwner(call);
  const given = values.get('m');
  const mode = given === undefined ? 0o755 : chmodOf(given, 0o777);
  if (typeof mode !== 'number') throw new Unfollowed();
  for (const path of pathsOf(call, operands)) {
    const place = find(call.draft.root, path);
    if (!flags.includes('p')) {
      writableParent(call.draft, place);
      // It is not there yet, or the command fails.
      if (place.node && kindOf(place.node) !== null) throw new Unfollowed();
      put(call.draft, place.path, emptyFolder(mode, owner));
      continue;
    }
    if (place.node && kindOf(place.node) === 'file') throw new Unfollowed();
    if (place.node && (kindOf(place.node) !== null || isFolder(place) === true)) continue;
    const folder =
      place.node && !isMissing(place.node)
        ? folderOver(hiddenOf(place.node), `${mode.toString(8)}?`, `${owner}?`)
        : emptyFolder(mode, owner);
    put(call.draft, place.path, folder, { mode: 0o755, owner });
  }
}

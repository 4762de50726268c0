/** `ln -s`. */

import { baseName } from '../../../shell/commandWords.ts';
import { at, find, isFolder, put } from '../draft.ts';
import { kindOf } from '../entries.ts';
import { joined } from '../nodes.ts';
import { Unfollowed } from '../unfollowed.ts';
import { type Call, makerOwner, mayBePattern, operandPath } from './call.ts';
import { writableParent } from './files.ts';
import { options } from './operands.ts';

/** Makes symlinks; other links are not followed. */
export function ln(call: Call): void {
  const { flags, operands } = options(call, 'sfnvT');
  // What is written to one name of a file is under its other names too; they are not kept together.
  if (!flags.includes('s')) throw new Unfollowed();
  const [target = '', link = '', ...more] = operands;
  if (more.length > 0 || link === '' || mayBePattern(call, target)) throw new Unfollowed();
  const named = find(call.draft.root, operandPath(call, link), false);
  const place = /[nT]/.test(flags) ? named : find(call.draft.root, operandPath(call, link));
  const inside = isFolder(place) === true && !flags.includes('T');
  const path = inside ? joined(place.path, baseName(target.replace(/\/$/, ''))) : named.path;
  const old = at(call.draft.root, path);
  if (old && kindOf(old) !== null && !flags.includes('f')) throw new Unfollowed();
  if (old && kindOf(old) === 'folder') throw new Unfollowed();
  writableParent(call.draft, { path, node: old });
  put(call.draft, path, { kind: 'link', owner: makerOwner(call), target });
}

/** Folders as COPY, ADD and WORKDIR make them where they are missing. */

import { at, type Draft, find, type Place, put } from './draft.ts';
import { isMissing, kindOf } from './entries.ts';
import type { Making } from './making.ts';
import { emptyFolder, folderOver, type Mode, type Owner } from './nodes.ts';

/** Makes the folder of a WORKDIR with all above it, for the user in force. */
export function applyWorkdir(making: Making, draft: Draft, path: string, user: string): void {
  makeFolders(draft, path, { mode: 0o755, owner: making.ownerOf(user, draft.root) });
}

/** Folders that are missing on the way to a path, and itself; what is there stays. */
export function makeFolders(
  draft: Draft,
  path: string,
  folders: { readonly mode: Mode; readonly owner: Owner },
): Place {
  const place = find(draft.root, path);
  if (place.node && kindOf(place.node) !== null) return place;
  if (place.path === '/') return place;
  if (!isMissing(place.node) && place.node) {
    // It may be there already, then with another mode; the folder stands for both.
    const below = place.node.kind === 'hidden' ? place.node : null;
    const [mode, owner] = [`${folders.mode.toString(8)}?`, `${folders.owner}?`];
    put(draft, place.path, folderOver(below, mode, owner));
  } else put(draft, place.path, emptyFolder(folders.mode, folders.owner), folders);
  return { path: place.path, node: at(draft.root, place.path) };
}

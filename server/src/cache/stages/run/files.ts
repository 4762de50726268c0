/** Files and folders as programs find and make them. */

import { type Draft, find, isFolder, type Place, put } from '../draft.ts';
import { kindOf, unveiled } from '../entries.ts';
import { givenMode } from '../modes.ts';
import { type Content, type HiddenNode, type Mode, type Node, parentOf } from '../nodes.ts';
import { Unfollowed } from '../unfollowed.ts';
import { type Call, makerOwner } from './call.ts';

/** Where a write to a path goes; its folder must not be surely missing. */
export function writable(draft: Draft, path: string): Place {
  const place = find(draft.root, path);
  writableParent(draft, place);
  if (place.node && kindOf(place.node) === 'folder') throw new Unfollowed();
  return place;
}

/** Throws Unfollowed where the folder of a path is surely missing, or gives its group to what is made. */
export function writableParent(draft: Draft, { path }: Place): void {
  const parent = find(draft.root, parentOf(path));
  const { node } = parent;
  if (!node || isFolder(parent) === false) throw new Unfollowed();
  if (node.kind === 'folder' && typeof node.mode === 'number' && node.mode & 0o2000)
    throw new Unfollowed();
}

const systemFiles = /^\/(bin|etc|lib|lib64|sbin|usr|boot)\/(?!local\/)/;

/** Where all images have files of their own, whose mode and owner stay when they are written. */
export function isSystemFile(path: string): boolean {
  return systemFiles.test(path);
}

/** Writes a file: one that is there keeps its mode and owner, a new one gets `fresh`. */
export function newFile(call: Call, place: Place, content: Content, fresh: Mode = 0o644): void {
  const { draft, making } = call;
  const node = place.node && unveiled(place.node);
  let mode = fresh;
  let owner = makerOwner(call);
  if (node?.kind === 'file') ({ mode, owner } = node);
  else if (node?.kind === 'given') {
    mode = givenMode(node);
    owner = node.owner;
  } else if (node?.kind === 'hidden' && isSystemFile(place.path)) {
    mode = `of ${making.digestOf(node).digest}`;
  }
  put(draft, place.path, { kind: 'file', mode, owner, content });
}

/** What only its maker knows; null: it is known. */
export function hiddenOf(node: Node): HiddenNode | null {
  const shown = unveiled(node);
  return shown.kind === 'hidden' ? shown : null;
}

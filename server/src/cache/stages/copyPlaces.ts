/** Where what a COPY or ADD takes goes, and what becomes of what is there. */

import type { ContentNode } from '../../context/contentFacts.ts';
import type { ResolvedCopy } from '../../model/plan.ts';
import { absolutePath } from '../../syntax/slashPaths.ts';
import { at, type Draft, find, isFolder, put } from './draft.ts';
import { childOf, isMissing, kindOf, namesIn, targetOf, unveiled } from './entries.ts';
import { makeFolders } from './folders.ts';
import { hiddenBy, type Making } from './making.ts';
import { joinMarks } from './marks.ts';
import { givenMode } from './modes.ts';
import {
  folderOver,
  given,
  joined,
  type Mode,
  type Node,
  type Owner,
  parentOf,
  withChild,
} from './nodes.ts';

/** A COPY or ADD with what it needs to be followed. */
export interface Work {
  readonly making: Making;
  readonly draft: Draft;
  readonly copy: ResolvedCopy;
  /** Null: as it is in the source. */
  readonly owner: Owner | null;
  readonly folders: { readonly mode: Mode; readonly owner: Owner };
}

/** With the owner and mode that the flags give; those of folders inside too. */
export function changed({ owner, copy: { chmod } }: Work, node: Node): Node {
  if (node.kind === 'given')
    return { ...node, owner: owner ?? node.owner, chmod: chmod ?? node.chmod };
  return node;
}

/** The content of a folder of the context goes into the destination. */
export function mergeFolder(work: Work, node: ContentNode): void {
  const { draft, folders, copy } = work;
  const { path } = makeFolders(draft, absolutePath(copy.dest), folders);
  merge(work, path, changed(work, given(node)));
}

/** Entries of a folder are put beside what is there; folders in it take the mode of the copied ones. */
export function merge(work: Work, path: string, from: Node): void {
  const { draft } = work;
  for (const name of namesIn(from).names) {
    const child = childOf(from, name);
    if (!child) continue;
    const to = joined(path, name);
    const there = at(draft.root, to);
    const seen = there && unveiled(there);
    if (
      child.kind === 'given' &&
      kindOf(child) === 'folder' &&
      seen?.kind === 'hidden' &&
      !isMissing(seen)
    ) {
      put(draft, to, { ...child, over: seen });
      continue;
    }
    const merges =
      kindOf(child) === 'folder' && there && !isMissing(there) && kindOf(there) !== 'file';
    if (!merges) {
      put(draft, to, child);
      continue;
    }
    if (targetOf(there) !== undefined) {
      spreadOver(work, path, child);
      return;
    }
    merge(work, to, child);
    const folder = at(draft.root, to);
    const { mode, owner } = folderMeta(child);
    if (folder?.kind === 'folder') put(draft, to, { ...folder, mode, owner });
    else if (folder) {
      let made = folderOver(folder.kind === 'hidden' ? folder : null, mode, owner);
      for (const each of namesIn(folder).names) made = withChild(made, each, childOf(folder, each));
      put(draft, to, made);
    }
  }
}

function folderMeta(node: Node): { readonly mode: Mode | null; readonly owner: Owner | null } {
  if (node.kind === 'given') return { mode: givenMode(node), owner: node.owner };
  if (node.kind === 'folder') return { mode: node.mode, owner: node.owner };
  return { mode: null, owner: null };
}

/** A file or link goes to the destination, or into it where that is a folder. */
export function placeEntry(work: Work, name: string, node: Node): void {
  const { draft, copy, folders } = work;
  const dest = absolutePath(copy.dest);
  const slashed = copy.dest.endsWith('/') || copy.dest.endsWith('/.');
  const place = slashed ? makeFolders(draft, dest, folders) : find(draft.root, dest);
  const inside = slashed || isFolder(place) === true;
  // Its folder may be there already, in an image that is not known.
  if (!inside && isFolder(find(draft.root, parentOf(place.path))) === null)
    makeFolders(draft, parentOf(place.path), folders);
  put(draft, inside ? joined(place.path, name) : place.path, node, folders);
}

/** Something that is not seen goes to the destination: all that is there may be of it now. */
export function spread(work: Work, node: Node): void {
  spreadOver(work, find(work.draft.root, absolutePath(work.copy.dest)).path, node);
}

function spreadOver({ making, draft, copy }: Work, path: string, node: Node): void {
  const there = at(draft.root, path);
  const found = making.digestOf(node);
  const old = there && !isMissing(there) ? making.digestOf(there) : null;
  const { chown, chmod, exclude, parents } = copy;
  const id = making.hash(
    JSON.stringify(['copied', found.digest, old?.digest ?? null, chown, chmod, exclude, parents]),
  );
  put(draft, path, hiddenBy(id, old ? joinMarks(found.marks, old.marks) : found.marks));
}

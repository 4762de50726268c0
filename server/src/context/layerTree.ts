/**
 * The files that one COPY or ADD puts into its layer, by destination. Kept as a tree because it is
 * what is there in the end that counts: a later file replaces an earlier one, and hard links of one
 * file count once (fsutil `copy`, moby/go-archive `Unpack`).
 */

import type { ArchiveContent } from './archive.ts';

/** One stored file; hard links share it. */
export interface Content {
  readonly bytes: number;
  /** Where it comes from, for people: the path in the context. */
  readonly path: string;
}

export interface Folder {
  readonly kind: 'directory';
  readonly children: Map<string, Node>;
}

export type Node =
  | Folder
  | { readonly kind: 'file'; readonly content: Content }
  | { readonly kind: 'symlink'; readonly target: string }
  | { readonly kind: 'other' };

/** The builder would fail here, for this reason (a full sentence). */
export class BuildFails extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** An entry below a copied folder: its path in it and what it is. */
export interface TreeEntry {
  readonly parts: readonly string[];
  readonly node: Exclude<Node, Folder> | { readonly kind: 'directory' };
}

export type Source =
  | { readonly kind: 'directory'; readonly entries: readonly TreeEntry[] }
  | { readonly kind: 'entry'; readonly name: string; readonly node: Exclude<Node, Folder> }
  | { readonly kind: 'archive'; readonly path: string; readonly content: UnpackedArchive };

export type UnpackedArchive = ArchiveContent & { readonly kind: 'archive' };

export interface Destination {
  /** Below the image's root. */
  readonly parts: readonly string[];
  /** A folder is there before the copy, or the path ends in a slash. */
  readonly isDirectory: boolean;
}

function newFolder(): Folder {
  return { kind: 'directory', children: new Map() };
}

/** What copying the sources in order leaves; throws BuildFails where the builder would. */
export function place(sources: readonly Source[], destination: Destination): Folder {
  const root = newFolder();
  const { parts } = destination;
  let isDirectory = destination.isDirectory || parts.length === 0;
  for (const source of sources) {
    if (source.kind === 'archive') {
      unpack(makeFolders(root, parts), source.path, source.content);
      isDirectory = true;
    } else if (source.kind === 'directory') {
      const folder = makeFolders(root, parts);
      for (const entry of source.entries) put(folder, entry.parts, entry.node);
      isDirectory = true;
    } else put(root, isDirectory ? [...parts, source.name] : parts, source.node);
  }
  return root;
}

function put(root: Folder, parts: readonly string[], node: TreeEntry['node']): void {
  const name = parts.at(-1);
  if (name === undefined) return;
  if (node.kind === 'directory') {
    makeFolders(root, parts);
    return;
  }
  const parent = makeFolders(root, parts.slice(0, -1));
  if (parent.children.get(name)?.kind === 'directory') {
    throw new BuildFails(`The build fails: a file cannot replace the folder ${parts.join('/')}.`);
  }
  parent.children.set(name, node);
}

/** Unpacking replaces what is in the way, folders too (go-archive `Unpack`). */
function unpack(root: Folder, archive: string, { files }: UnpackedArchive): void {
  const contents = new Map<string, Content>();
  for (const { path, bytes, sameAs } of files) {
    const linked = sameAs === undefined ? undefined : contents.get(sameAs);
    const content = linked ?? { bytes, path: `${archive}/${path}` };
    contents.set(path, content);
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    makeFolders(root, parts, true).children.set(name, { kind: 'file', content });
  }
}

function makeFolders(root: Folder, parts: readonly string[], replace = false): Folder {
  let folder = root;
  for (const part of parts) {
    const child = folder.children.get(part);
    const isFolder = child?.kind === 'directory';
    if (child && !isFolder && !replace) {
      throw new BuildFails(
        `The build fails: ${part} would have to be a folder and a file at once.`,
      );
    }
    const next = isFolder ? child : newFolder();
    if (!isFolder) folder.children.set(part, next);
    folder = next;
  }
  return folder;
}

export interface TreeSum {
  readonly bytes: number;
  /** Names that are no folders. */
  readonly files: number;
  /** Folders below the destination. */
  readonly directories: number;
  /** Each stored file once. */
  readonly contents: readonly Content[];
}

/** Adds up a tree: each stored file once, whatever its number of names. */
export function sumTree(root: Folder, destination: readonly string[]): TreeSum {
  const contents = new Set<Content>();
  let files = 0;
  // The way to the destination, and the destination itself, are not copied.
  let directories = -foldersAlong(root, destination);
  const todo: Folder[] = [root];
  for (let folder = todo.pop(); folder; folder = todo.pop()) {
    for (const child of folder.children.values()) {
      if (child.kind === 'directory') {
        directories++;
        todo.push(child);
        continue;
      }
      files++;
      if (child.kind === 'file') contents.add(child.content);
    }
  }
  let bytes = 0;
  for (const content of contents) bytes += content.bytes;
  return { bytes, files, directories, contents: [...contents] };
}

function foldersAlong(root: Folder, path: readonly string[]): number {
  let folder = root;
  for (const [index, part] of path.entries()) {
    const child = folder.children.get(part);
    if (child?.kind !== 'directory') return index;
    folder = child;
  }
  return path.length;
}

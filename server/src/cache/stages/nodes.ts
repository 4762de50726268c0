/**
 * A file system as far as it is told by text: entries that are known, and places where only a base
 * image or a RUN knows what is there. Readonly data; `draft.ts` changes it.
 */

import type { ContentNode } from '../../context/contentFacts.ts';
import { emptyMap, entriesOf, find, type OrderedMap, put } from '../../model/orderedMap.ts';
import type { Marks } from './marks.ts';
import { type NameTree, withName } from './nameTree.ts';

/** What made content that no text tells: a base image, a RUN, an archive. */
export interface Maker {
  /** Equal: it makes the same, as far as its marks allow. */
  readonly id: string;
  readonly marks: Marks;
  /** May a RUN have changed what was at this path before it? Absent: it replaces all. */
  readonly touches?: (path: string, node: Node) => boolean;
  /** Surely did not change what was at this path. */
  readonly spares?: (path: string) => boolean;
  /** A base image, of which lines mostly know what they replace. */
  readonly isImage?: true;
  /** Is surely nothing at this path? Absent: there may be anything. */
  readonly lacks?: (path: string) => boolean;
  /** Neither links folders to one another nor replaces programs of the system. */
  readonly isTame?: boolean;
}

/** The bytes of a file. */
export interface Content {
  /** SHA-256 of the bytes where they are known, else a digest of how they are made. */
  readonly digest: string;
  /** The bytes, where they are a short text. */
  readonly text: string | null;
  /** What it is joined of, one behind the other. Absent: it is not, or of too many. */
  readonly parts?: readonly Pick<Content, 'digest' | 'text'>[];
  readonly marks: Marks;
}

/** Permission bits; a text where something unknown decides on them. */
export type Mode = number | string;

/** `uid:gid`; with names where only a user database knows the numbers. */
export type Owner = string;

/** The owner of what nobody gives another. */
export const root: Owner = '0:0';

/** An entry, or a place where one may be. */
export type Node = FileNode | LinkNode | FolderNode | HiddenNode | GivenNode | VeiledNode;

/** A file that a line made. */
export interface FileNode {
  readonly kind: 'file';
  readonly mode: Mode;
  readonly owner: Owner;
  readonly content: Content;
}

/** A symlink. */
export interface LinkNode {
  readonly kind: 'link';
  readonly owner: Owner;
  readonly target: string;
}

/** A folder of which a line changed something. */
export interface FolderNode {
  readonly kind: 'folder';
  /** Null: that of what is below. */
  readonly mode: Mode | null;
  readonly owner: Owner | null;
  /** Null: surely nothing is there. */
  readonly children: OrderedMap<Node | null>;
  /** The same once more where they are many; null: they are few. */
  readonly many: NameTree<Node | null> | null;
  /** What has all names that are not in `children`; null: nothing has. */
  readonly below: HiddenNode | VeiledNode | null;
  /** All names that lines have put there, below veils too; what has none of them is found at once. */
  readonly named: Named;
}

/** Whatever the maker has put at a path, which may be nothing. */
export interface HiddenNode {
  readonly kind: 'hidden';
  readonly maker: Maker;
  readonly path: string;
}

/** An entry of the build context as it was copied. */
export interface GivenNode {
  readonly kind: 'given';
  readonly node: ContentNode;
  readonly owner: Owner;
  /** `--chmod` as written. */
  readonly chmod: string | null;
  /** A folder that was copied over whatever this has; null: over nothing. */
  readonly over: HiddenNode | null;
}

/** What was there before a RUN that is not seen to change it. */
export interface VeiledNode {
  readonly kind: 'veiled';
  readonly node: Node;
  readonly path: string;
  readonly maker: Maker;
  /** The first of the RUNs in a row up to this one that all spare the same places; null: itself. */
  readonly sparing: VeiledNode | null;
  /** What it is, and what is found in it; each made when it is first asked for. */
  shown: Exclude<Node, VeiledNode> | null;
  found: Map<string, Node> | null;
}

/** Names in a folder: those of lines, and of the folder of the context that it began as. */
export interface Named {
  readonly lines: OrderedMap<true>;
  readonly given: GivenNode | null;
}

const nobody: Named = { lines: emptyMap(), given: null };

/** Nothing is in it. */
export function emptyFolder(mode: Mode = 0o755, owner: Owner = root): FolderNode {
  return {
    kind: 'folder',
    mode,
    owner,
    children: emptyMap(),
    many: null,
    below: null,
    named: nobody,
  };
}

/** A folder of which nothing is known but what is below. */
export function folderOver(
  below: HiddenNode | VeiledNode | null,
  mode: Mode | null,
  owner: Owner | null,
): FolderNode {
  const named = below ? namedIn(below) : nobody;
  return { kind: 'folder', mode, owner, children: emptyMap(), many: null, below, named };
}

/** The folder with another entry; null: nothing is there any more. */
export function withChild(folder: FolderNode, name: string, child: Node | null): FolderNode {
  const { lines, given } = folder.named;
  const children = put(folder.children, name, child);
  const many = folder.many ? withName(folder.many, name, child) : manyOf(children);
  return { ...folder, children, many, named: { lines: put(lines, name, true), given } };
}

/** Folders with more entries are told apart by the parts of a tree. */
const few = 256;

function manyOf(children: OrderedMap<Node | null>): FolderNode['many'] {
  if (children.size <= few) return null;
  let many: FolderNode['many'] = null;
  for (const { key, value } of entriesOf(children)) many = withName(many, key, value);
  return many;
}

/** The folder with all of its entries changed. */
export function withChildren(folder: FolderNode, change: (child: Node) => Node): FolderNode {
  let { children } = folder;
  for (const { key, value } of entriesOf(children))
    if (value) children = put(children, key, change(value));
  return { ...folder, children, many: manyOf(children) };
}

/** The entries of a folder that lines have put there or removed. */
export function childrenOf({ children }: FolderNode): readonly (readonly [string, Node | null])[] {
  return entriesOf(children).map(({ key, value }) => [key, value] as const);
}

/** The names that lines have put into a folder. */
export function namedIn(node: Node): Named {
  let at = node;
  while (at.kind === 'veiled') at = at.node;
  if (at.kind === 'folder') return at.named;
  return at.kind === 'given' ? { lines: nobody.lines, given: at } : nobody;
}

/** Is it one of these names? */
export function isNamedIn({ lines, given: of }: Named, name: string): boolean {
  return find(lines, name) !== undefined || (of?.node.children.has(name) ?? false);
}

/** An entry of the context that nothing was done to. */
export function given(node: ContentNode): GivenNode {
  return { kind: 'given', node, owner: root, chmod: null, over: null };
}

/** A path with one more part. */
export function joined(path: string, name: string): string {
  return path === '/' ? `/${name}` : `${path}/${name}`;
}

/** The folder that a path is in. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

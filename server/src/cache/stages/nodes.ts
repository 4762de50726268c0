/**
 * A file system as far as it is told by text: entries that are known, and places where only a base
 * image or a RUN knows what is there. Readonly data; `draft.ts` changes it.
 */

import type { ContentNode } from '../../context/contentFacts.ts';
import type { Step } from '../../model/plan.ts';

/** What makes a digest less than certain; as in `StageContent`. */
export interface Marks {
  readonly reruns: ReadonlySet<Step>;
  readonly unstable: ReadonlySet<Step>;
  readonly lossy: ReadonlySet<Step>;
  /** Why the content is not known at all; null: it is. */
  readonly unknown: { readonly reason: string; readonly pending: boolean } | null;
}

const noSteps: ReadonlySet<Step> = new Set();

/** Nothing uncertain. */
export const certain: Marks = {
  reruns: noSteps,
  unstable: noSteps,
  lossy: noSteps,
  unknown: null,
};

/** The marks of something that is made of both. */
export function joinMarks(one: Marks, other: Marks): Marks {
  if (other === certain || one === other) return one;
  if (one === certain) return other;
  return {
    reruns: joinSteps(one.reruns, other.reruns),
    unstable: joinSteps(one.unstable, other.unstable),
    lossy: joinSteps(one.lossy, other.lossy),
    // What is on its way may yet say more than what is not known.
    unknown: one.unknown && !one.unknown.pending ? one.unknown : (other.unknown ?? one.unknown),
  };
}

function joinSteps(one: ReadonlySet<Step>, other: ReadonlySet<Step>): ReadonlySet<Step> {
  if (other.size === 0) return one;
  if (one.size === 0) return other;
  return new Set([...one, ...other]);
}

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
}

/** The bytes of a file. */
export interface Content {
  /** SHA-256 of the bytes where they are known, else a digest of how they are made. */
  readonly digest: string;
  /** The bytes, where they are a short text. */
  readonly text: string | null;
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
  readonly children: ReadonlyMap<string, Node | null>;
  /** What has all names that are not in `children`; null: nothing has. */
  readonly below: HiddenNode | VeiledNode | null;
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
}

/** Nothing is in it. */
export function emptyFolder(mode: Mode = 0o755, owner: Owner = root): FolderNode {
  return { kind: 'folder', mode, owner, children: new Map(), below: null };
}

/** An entry of the context that nothing was done to. */
export function given(node: ContentNode): GivenNode {
  return { kind: 'given', node, owner: root, chmod: null, over: null };
}

/** The node as it is behind a RUN that is not followed. */
export function veil(node: Node, maker: Maker, path: string): VeiledNode {
  return { kind: 'veiled', node, path, maker };
}

/** What a veiled node is: what the last RUN that may have changed it left, or what it was. */
export function unveiled(node: Node): Exclude<Node, VeiledNode> {
  if (node.kind !== 'veiled') return node;
  const { maker, path } = node;
  // The whole is always another, so that long stages are not gone through at each of their lines.
  if (maker.touches && path !== '/') {
    const inner = unveiled(node.node);
    if (!maker.touches(path, inner)) return inner;
  }
  return { kind: 'hidden', maker, path };
}

/** The entry of that name; null: surely none. */
export function childOf(node: Node, name: string): Node | null {
  switch (node.kind) {
    case 'folder': {
      const child = node.children.get(name);
      if (child !== undefined) return child;
      return node.below && childOf(node.below, name);
    }
    case 'hidden':
      return { ...node, path: joined(node.path, name) };
    case 'given': {
      const child = node.node.children.get(name);
      const over = node.over && (childOf(node.over, name) as HiddenNode);
      if (!child) return over;
      return { ...node, node: child, over: child.kind === 'directory' ? over : null };
    }
    case 'veiled': {
      const { maker } = node;
      const path = joined(node.path, name);
      const child = childOf(node.node, name);
      return child ? { kind: 'veiled', node: child, path, maker } : { kind: 'hidden', maker, path };
    }
    default:
      return null;
  }
}

/** A path with one more part. */
export function joined(path: string, name: string): string {
  return path === '/' ? `/${name}` : `${path}/${name}`;
}

/** The folder that a path is in. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** What kind of entry it is; null: not known, perhaps nothing. */
export function kindOf(node: Node): 'file' | 'folder' | 'link' | 'other' | null {
  switch (node.kind) {
    case 'given':
      if (node.node.kind === 'directory') return 'folder';
      return node.node.kind === 'symlink' ? 'link' : node.node.kind;
    case 'veiled':
      return kindOf(unveiled(node));
    case 'hidden':
      return null;
    default:
      return node.kind;
  }
}

/** Where a symlink points; undefined for all else. */
export function targetOf(node: Node): string | undefined {
  if (node.kind === 'link') return node.target;
  if (node.kind === 'given' && node.node.kind === 'symlink') return node.node.content;
  return node.kind === 'veiled' ? targetOf(unveiled(node)) : undefined;
}

/** What has all names of a folder that are not known; null: there are no others. */
export function belowOf(node: Node): HiddenNode | VeiledNode | null {
  switch (node.kind) {
    case 'hidden':
      return node;
    case 'folder':
      return node.below;
    case 'given':
      return node.over;
    case 'veiled':
      return { kind: 'hidden', maker: node.maker, path: node.path };
    default:
      return null;
  }
}

/** The names that are known to be in a folder; `all`: there are no others. */
export function namesIn(node: Node): { readonly names: readonly string[]; readonly all: boolean } {
  switch (node.kind) {
    case 'given':
      return { names: [...node.node.children.keys()], all: node.over === null };
    case 'veiled':
      return { ...namesIn(node.node), all: false };
    case 'folder': {
      const { children, below } = node;
      const own = [...children].flatMap(([name, child]) => (child ? [name] : []));
      if (!below) return { names: own, all: true };
      const others = namesIn(below).names.filter((name) => !children.has(name));
      return { names: [...own, ...others], all: false };
    }
    default:
      return { names: [], all: node.kind !== 'hidden' };
  }
}

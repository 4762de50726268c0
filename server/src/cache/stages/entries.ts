/** What is in nodes: their entries and kinds, behind RUNs that are not followed too. */

import { entriesOf, find } from '../../model/orderedMap.ts';
import {
  type HiddenNode,
  isNamedIn,
  joined,
  type Maker,
  type Node,
  namedIn,
  type VeiledNode,
} from './nodes.ts';

/** The node as it is behind a RUN that is not followed. */
export function veil(node: Node, maker: Maker, path: string): VeiledNode {
  const under = node.kind === 'folder' ? node.below : node;
  const isRow = maker.spares && under?.kind === 'veiled' && under.maker.spares;
  const sparing = isRow ? (under.sparing ?? under) : null;
  return { kind: 'veiled', node, path, maker, sparing, shown: null, found: null };
}

/** What a veiled node is: what the last RUN that may have changed it left, or what it was. */
export function unveiled(node: Node): Exclude<Node, VeiledNode> {
  if (node.kind !== 'veiled') return node;
  const open: VeiledNode[] = [];
  let at: Node = node;
  // The whole is always another, so that long stages are not gone through at each of their lines.
  while (at.kind === 'veiled' && !at.shown && at.maker.touches && at.path !== '/') {
    open.push(at);
    at = at.node;
  }
  let shown: Exclude<Node, VeiledNode> =
    at.kind === 'veiled' ? (at.shown ?? { kind: 'hidden', maker: at.maker, path: at.path }) : at;
  for (let next = open.pop(); next; next = open.pop()) {
    const { maker, path } = next;
    if (maker.touches?.(path, shown)) shown = { kind: 'hidden', maker, path };
    next.shown = shown;
  }
  return shown;
}

/** The entry of that name; null: surely none. */
export function childOf(node: Node, name: string): Node | null {
  switch (node.kind) {
    case 'folder': {
      const child = find(node.children, name);
      if (child !== undefined) return child.value;
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
    case 'veiled':
      return behind(node, name);
    default:
      return null;
  }
}

/** The entry of a veiled folder. Goes down as far as it must, without recursion. */
function behind(top: VeiledNode, name: string): Node {
  const path = joined(top.path, name);
  const isNew = !isNamedIn(namedIn(top), name);
  const open: VeiledNode[] = [];
  let at: Node | null = top;
  let child: Node | null | undefined;
  while (at && child === undefined) {
    if (at.kind === 'veiled') {
      const { maker, found }: VeiledNode = at;
      // What no line has put there is what the last RUN left that does not spare it.
      if (isNew && maker.touches?.(path, { kind: 'hidden', maker, path }) !== false) {
        child = { kind: 'hidden', maker, path };
        break;
      }
      if (isNew && at.sparing && maker.spares?.(path)) {
        at = at.sparing;
        continue;
      }
      child = found?.get(name);
      if (child !== undefined) break;
      open.push(at);
      at = at.node;
    } else if (at.kind === 'folder') {
      child = find(at.children, name)?.value;
      if (child === undefined) at = at.below;
    } else child = childOf(at, name);
  }
  let shown: Node | null = child ?? null;
  for (let next = open.pop(); next; next = open.pop()) {
    shown = covered(shown, next.maker, path);
    if (!isNew) {
      next.found ??= new Map();
      next.found.set(name, shown);
    }
  }
  return shown as Node;
}

/** A node as a RUN that is not followed leaves it. */
function covered(node: Node | null, maker: Maker, path: string): Node {
  if (node && maker.spares?.(path)) return node;
  const isOther = node?.kind === 'hidden' && maker.touches?.(path, node) !== false;
  return node && !isOther ? veil(node, maker, path) : { kind: 'hidden', maker, path };
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

/** Is surely nothing there, so that whoever makes something makes it anew? */
export function isMissing(node: Node | null): boolean {
  return !node || (node.kind === 'hidden' && node.maker.lacks?.(node.path) === true);
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
      const own = entriesOf(children).flatMap(({ key, value }) => (value ? [key] : []));
      if (!below) return { names: own, all: true };
      const others = namesIn(below).names.filter((name) => !find(children, name));
      return { names: [...own, ...others], all: false };
    }
    default:
      return { names: [], all: node.kind !== 'hidden' };
  }
}

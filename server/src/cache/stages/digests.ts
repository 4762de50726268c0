/** Digests of what is in a tree, as the builder compares it (`cache/contenthash`). */

import type { EntryDigests } from '../../context/contentDigests.ts';
import type { Hash } from '../hash.ts';
import { childOf, unveiled } from './entries.ts';
import { certain, joinMarks, type Marks } from './marks.ts';
import { givenMode } from './modes.ts';
import {
  childrenOf,
  type FolderNode,
  type GivenNode,
  type HiddenNode,
  type Maker,
  type Mode,
  type Node,
  type Owner,
  root,
} from './nodes.ts';

/** The digest of a node, and how certain it is. */
export interface Digested {
  readonly digest: string;
  readonly marks: Marks;
}

/** Digests of nodes. */
export type DigestOf = (node: Node) => Digested;

/** Digest of what only its maker knows. */
export function hiddenDigest(hash: Hash, { maker, path }: HiddenNode): string {
  return hash(JSON.stringify(['hidden', maker.id, path]));
}

/** Digests of nodes; each is made once. */
export function digester(hash: Hash, digests: EntryDigests): DigestOf {
  const known = new WeakMap<Node, Digested>();

  const file = (mode: Mode, owner: Owner, content: string) =>
    typeof mode === 'number' && owner === root
      ? digests.file(mode, content)
      : hash(JSON.stringify(['file', mode, owner, content]));

  const link = (owner: Owner, target: string) =>
    owner === root ? digests.symlink(target) : hash(JSON.stringify(['link', owner, target]));

  const folder = (
    mode: Mode | null,
    owner: Owner | null,
    below: string | null,
    children: readonly (readonly [string, string])[],
  ) => {
    const sorted = [...children].sort(byName);
    if (below === null && typeof mode === 'number' && owner === root)
      return digests.directory(mode, sorted);
    return hash(JSON.stringify(['folder', mode, owner, below, sorted]));
  };

  const ofGiven = ({ node, owner, chmod }: Omit<GivenNode, 'over'>): string => {
    if (owner === root && chmod === null) return node.digest;
    const mode = givenMode({ node, chmod });
    switch (node.kind) {
      case 'file':
        return file(mode, owner, node.content);
      case 'symlink':
        return link(owner, node.content);
      case 'directory': {
        const children = [...node.children].map(
          ([name, child]) => [name, ofGiven({ kind: 'given', node: child, owner, chmod })] as const,
        );
        return folder(mode, owner, null, children);
      }
      default:
        return hash(JSON.stringify(['other', node.digest, owner, chmod]));
    }
  };

  const ofFolder = (node: FolderNode): Digested => {
    const { mode, owner, below } = node;
    let marks = certain;
    const bottom = below && digestOf(below);
    if (bottom) marks = joinMarks(marks, bottom.marks);
    const children: (readonly [string, string])[] = [];
    for (const [name, child] of childrenOf(node)) {
      if (!child) {
        if (!below) continue;
        children.push([name, '']);
        continue;
      }
      const found = digestOf(child);
      const same = below && childOf(below, name);
      if (same && digestOf(same).digest === found.digest) continue;
      marks = joinMarks(marks, found.marks);
      children.push([name, found.digest]);
    }
    if (bottom && mode === null && owner === null && children.length === 0) return bottom;
    return { digest: folder(mode, owner, bottom?.digest ?? null, children), marks };
  };

  const make = (node: Node): Digested => {
    switch (node.kind) {
      case 'file': {
        const { mode, owner, content } = node;
        return { digest: file(mode, owner, content.digest), marks: content.marks };
      }
      case 'link':
        return { digest: link(node.owner, node.target), marks: certain };
      case 'given': {
        const digest = ofGiven(node);
        if (!node.over) return { digest, marks: certain };
        const below = digestOf(node.over);
        return { digest: hash(JSON.stringify(['over', digest, below.digest])), marks: below.marks };
      }
      case 'folder':
        return ofFolder(node);
      case 'hidden':
        return {
          digest: hiddenDigest(hash, node),
          marks: node.maker.marks,
        };
      case 'veiled': {
        const shown = unveiled(node);
        const found = digestOf(shown);
        const { reruns, unknown } = veilOf(node)?.marks ?? certain;
        const marks = joinMarks(found.marks, { ...certain, reruns, unknown });
        return { digest: found.digest, marks };
      }
    }
  };

  const digestOf = (node: Node): Digested => {
    // What is at the bottom of many RUNs comes first, so that no deep stack is needed.
    const open: Node[] = [];
    for (let at: Node | null = node; at && !known.has(at); at = underOf(at)) open.push(at);
    for (let next = open.pop(); next; next = open.pop()) known.set(next, make(next));
    return known.get(node) as Digested;
  };
  return digestOf;
}

function underOf(node: Node): Node | null {
  if (node.kind === 'folder') return node.below;
  return node.kind === 'veiled' ? unveiled(node) : null;
}

/** The last RUN that may have changed it after all. */
function veilOf(node: Node): Maker | null {
  let at = node;
  while (at.kind === 'veiled' && at.maker.spares?.(at.path)) at = at.node;
  return at.kind === 'veiled' ? at.maker : null;
}

/** Order of the UTF-8 bytes, which is that of code points. */
function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  if (a === b) return 0;
  const [one, other] = [[...a], [...b]];
  const at = one.findIndex((char, index) => char !== other[index]);
  if (at < 0) return -1;
  const [left, right] = [one[at]?.codePointAt(0) ?? 0, other[at]?.codePointAt(0)];
  return right === undefined || left > right ? 1 : -1;
}

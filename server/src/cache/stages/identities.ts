/** What tells one tree from another, without going through all of a folder at each line that adds to it. */

import type { Hash } from '../hash.ts';
import type { Digested, DigestOf } from './digests.ts';
import { certain, joinMarks } from './marks.ts';
import type { NameTree } from './nameTree.ts';
import { childrenOf, type FolderNode, type Node } from './nodes.ts';

/**
 * Trees with the same identity have the same content. Where no folder has very many entries it is the
 * digest of the content; else the same content may have other identities.
 */
export function identifier(hash: Hash, digestOf: DigestOf): DigestOf {
  const folders = new WeakMap<FolderNode, Digested>();
  const parts = new WeakMap<NameTree<Node | null>, Digested>();
  const large = new WeakMap<FolderNode, boolean>();

  const isLarge = (node: Node | null): boolean => {
    if (node?.kind !== 'folder') return false;
    let known = large.get(node);
    if (known === undefined) {
      known = node.many !== null || childrenOf(node).some(([, child]) => isLarge(child));
      large.set(node, known);
    }
    return known;
  };

  const ofPart = (tree: NameTree<Node | null> | null): Digested => {
    if (!tree) return { digest: '', marks: certain };
    let known = parts.get(tree);
    if (!known) {
      const [left, right] = [ofPart(tree.left), ofPart(tree.right)];
      const own = tree.value ? identityOf(tree.value) : { digest: '', marks: certain };
      const text = JSON.stringify([left.digest, tree.name, own.digest, right.digest]);
      const marks = joinMarks(joinMarks(left.marks, own.marks), right.marks);
      known = { digest: hash(text), marks };
      parts.set(tree, known);
    }
    return known;
  };

  const ofFolder = (node: FolderNode): Digested => {
    const below = node.below && digestOf(node.below);
    let marks = below?.marks ?? certain;
    let entries: unknown;
    if (node.many) {
      const all = ofPart(node.many);
      marks = joinMarks(marks, all.marks);
      entries = all.digest;
    } else {
      entries = childrenOf(node)
        .map(([name, child]) => {
          const own = child && identityOf(child);
          if (own) marks = joinMarks(marks, own.marks);
          return [name, own?.digest ?? ''] as const;
        })
        .sort(([a], [b]) => (a < b ? -1 : 1));
    }
    const { mode, owner } = node;
    const text = JSON.stringify(['large', mode, owner, below?.digest ?? null, entries]);
    return { digest: hash(text), marks };
  };

  const identityOf: DigestOf = (node) => {
    if (node.kind !== 'folder' || !isLarge(node)) return digestOf(node);
    let known = folders.get(node);
    if (!known) {
      known = ofFolder(node);
      folders.set(node, known);
    }
    return known;
  };
  return identityOf;
}

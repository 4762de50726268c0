/**
 * The entries of a folder by name, in a tree whose shape hangs only on the names (a treap, with ranks
 * made of the names): what is told of a part of it holds in all trees that share this part, so that a
 * folder of many entries in which one changes is told from others without going through all of them.
 */

export interface NameTree<V> {
  readonly name: string;
  readonly value: V;
  readonly rank: number;
  readonly left: NameTree<V> | null;
  readonly right: NameTree<V> | null;
}

/** The tree with another entry of that name. Takes logarithmic time. */
export function withName<V>(tree: NameTree<V> | null, name: string, value: V): NameTree<V> {
  if (!tree) return { name, value, rank: rankOf(name), left: null, right: null };
  if (name === tree.name) return { ...tree, value };
  if (name < tree.name) {
    const left = withName(tree.left, name, value);
    return isAbove(left, tree)
      ? { ...left, right: { ...tree, left: left.right } }
      : { ...tree, left };
  }
  const right = withName(tree.right, name, value);
  return isAbove(right, tree)
    ? { ...right, left: { ...tree, right: right.left } }
    : { ...tree, right };
}

function isAbove<V>(one: NameTree<V>, other: NameTree<V>): boolean {
  return one.rank === other.rank ? one.name > other.name : one.rank > other.rank;
}

/** FNV-1a, with its bits mixed once more, as names that follow one another have ranks that do. */
function rankOf(name: string): number {
  let rank = 0x811c9dc5;
  for (let at = 0; at < name.length; at++)
    rank = Math.imul(rank ^ name.charCodeAt(at), 0x01000193) >>> 0;
  rank = Math.imul(rank ^ (rank >>> 15), 0x2c1b3c6d) >>> 0;
  return (rank ^ (rank >>> 13)) >>> 0;
}

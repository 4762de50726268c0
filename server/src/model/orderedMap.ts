/**
 * A persistent map that remembers the order of its keys: every version shares nearly all of its
 * structure with the one before it. Each instruction of a Dockerfile has its own environment and
 * config; with copies, 10,000 ENV lines would cost 10,000 maps of 10,000 entries.
 *
 * Inside it is an AVL tree by key, so `put` and `find` take logarithmic time whatever the keys are.
 */

export interface Entry<V> {
  readonly key: string;
  readonly value: V;
  /** Grows with each new position; entries are listed by it. */
  readonly order: number;
}

interface Node<V> extends Entry<V> {
  readonly left: Node<V> | null;
  readonly right: Node<V> | null;
  readonly height: number;
}

export interface OrderedMap<V> {
  readonly root: Node<V> | null;
  readonly size: number;
  /** The position that the next new key gets. */
  readonly next: number;
}

const nothing: OrderedMap<never> = { root: null, size: 0, next: 0 };

/** The map with nothing in it. */
export function emptyMap<V>(): OrderedMap<V> {
  return nothing;
}

/** Sets a value; a key that exists keeps its position, as in a JavaScript `Map`. */
export function put<V>(map: OrderedMap<V>, key: string, value: V): OrderedMap<V> {
  const old = find(map, key);
  return store(map, { key, value, order: old?.order ?? map.next }, old !== undefined);
}

/** Sets a value and moves the key to the end, as BuildKit's `EnvList.AddOrReplace` does. */
export function putLast<V>(map: OrderedMap<V>, key: string, value: V): OrderedMap<V> {
  return store(map, { key, value, order: map.next }, find(map, key) !== undefined);
}

/** The entry of a key; undefined when there is none. Takes logarithmic time. */
export function find<V>(map: OrderedMap<V>, key: string): Entry<V> | undefined {
  let node = map.root;
  while (node && node.key !== key) node = key < node.key ? node.left : node.right;
  return node ?? undefined;
}

/** All entries in order; takes time for all of them, so ask only for what is shown. */
export function entriesOf<V>(map: OrderedMap<V>): readonly Entry<V>[] {
  const list: Entry<V>[] = [];
  const visit = (node: Node<V> | null) => {
    if (!node) return;
    visit(node.left);
    list.push(node);
    visit(node.right);
  };
  visit(map.root);
  return list.sort((a, b) => a.order - b.order);
}

function store<V>(map: OrderedMap<V>, entry: Entry<V>, known: boolean): OrderedMap<V> {
  return {
    root: insert(map.root, entry),
    size: map.size + (known ? 0 : 1),
    next: Math.max(map.next, entry.order + 1),
  };
}

function insert<V>(node: Node<V> | null, entry: Entry<V>): Node<V> {
  if (!node) return join(null, entry, null);
  if (entry.key === node.key) return join(node.left, entry, node.right);
  return entry.key < node.key
    ? balance(insert(node.left, entry), node, node.right)
    : balance(node.left, node, insert(node.right, entry));
}

function balance<V>(left: Node<V> | null, top: Entry<V>, right: Node<V> | null): Node<V> {
  const lean = heightOf(left) - heightOf(right);
  if (lean > 1 && left) {
    if (heightOf(left.left) >= heightOf(left.right) || !left.right) {
      return join(left.left, left, join(left.right, top, right));
    }
    const inner = left.right;
    return join(join(left.left, left, inner.left), inner, join(inner.right, top, right));
  }
  if (lean < -1 && right) {
    if (heightOf(right.right) >= heightOf(right.left) || !right.left) {
      return join(join(left, top, right.left), right, right.right);
    }
    const inner = right.left;
    return join(join(left, top, inner.left), inner, join(inner.right, right, right.right));
  }
  return join(left, top, right);
}

function join<V>(left: Node<V> | null, entry: Entry<V>, right: Node<V> | null): Node<V> {
  const { key, value, order } = entry;
  const height = Math.max(heightOf(left), heightOf(right)) + 1;
  return { key, value, order, left, right, height };
}

function heightOf<V>(node: Node<V> | null): number {
  return node ? node.height : 0;
}

/**
 * One digest for all variables of a RUN in their order, at each RUN of a file, without going through
 * all variables each time. A treap over the positions, whose shape hangs only on names and order:
 * each node's digest is made of those below it, so that equal lists have equal digests whatever
 * assignments led to them, and an assignment makes few nodes anew.
 */

import { Environment } from '../model/environment.ts';
import { emptyMap, find, type OrderedMap, put } from '../model/orderedMap.ts';
import { generations } from './generations.ts';
import type { Hash } from './hash.ts';

interface Node {
  readonly position: number;
  readonly name: string;
  /** Digest of name and value. */
  readonly value: string;
  readonly priority: string;
  readonly left: Node | null;
  readonly right: Node | null;
  /** Made when it is asked for. */
  digest: string | null;
}

interface State {
  readonly root: Node | null;
  /** Position of each name. */
  readonly positions: OrderedMap<number>;
  readonly next: number;
  /** Tells it from all other states. */
  readonly id: number;
}

export interface EnvironmentDigests {
  /** Of all variables in order. */
  whole(env: ReadonlyMap<string, string>): string;
  /** Of one variable, name and value; undefined: not set. */
  one(env: ReadonlyMap<string, string>, name: string): string | undefined;
}

/** So many assignments are remembered by what they assign, for as long as they are in use. */
const mostAssigned = 16_000;

/**
 * The digests of environments, each made once for as long as the environment lives. While someone
 * types, most environments are made anew with the assignments that they had: these are remembered.
 * `plainHash`: the same, for texts that do not come again.
 */
export function environmentDigests(hash: Hash, plainHash: Hash = hash): EnvironmentDigests {
  const states = new WeakMap<Environment, State>();
  const known = generations<State>(mostAssigned);
  let last = 0;
  const empty: State = { root: null, positions: emptyMap(), next: 0, id: 0 };

  const valueDigest = (name: string, value: string) => hash(`${name}=${value}`);

  const assigned = (state: State, name: string, value: string): State => {
    const key = `${state.id} ${name}=${value}`;
    // A long value is rather assigned again than kept.
    return key.length > 500
      ? assign(state, name, value)
      : known.get(key, () => assign(state, name, value));
  };

  const assign = (state: State, name: string, value: string): State => {
    const old = find(state.positions, name);
    const rest = old ? without(state.root, old.value) : state.root;
    const leaf: Node = {
      position: state.next,
      name,
      value: valueDigest(name, value),
      priority: hash(name),
      left: null,
      right: null,
      digest: null,
    };
    return {
      root: merge(rest, leaf),
      positions: put(state.positions, name, state.next),
      next: state.next + 1,
      id: ++last,
    };
  };

  const listed = (env: ReadonlyMap<string, string>): State => {
    let state = empty;
    for (const [name, value] of env) state = assigned(state, name, value);
    return state;
  };

  const followed = (state: State, most: number): State =>
    known.get(`${state.id} and ${most}`, () => following(`${digestOf(state.root)} ${most}`));

  const following = (digest: string): State => {
    const root: Node = {
      position: 0,
      name: '',
      value: digest,
      priority: digest,
      left: null,
      right: null,
      digest: null,
    };
    return { root, positions: emptyMap(), next: 1, id: ++last };
  };

  const stateOf = (env: Environment): State => {
    const open: Environment[] = [];
    let at = env;
    while (!states.has(at)) {
      const before: Environment | null = at.last?.before ?? (isLong(at) ? at.parent : null);
      if (!before) break;
      open.push(at);
      at = before;
    }
    let state = states.get(at);
    if (!state) {
      state = listed(at);
      states.set(at, state);
    }
    for (let next = open.pop(); next; next = open.pop()) {
      const name = next.last?.name;
      state =
        name === undefined
          ? followed(state, next.most)
          : assigned(state, name, next.get(name) ?? '');
      states.set(next, state);
    }
    return state;
  };

  const digestOf = (node: Node | null): string => {
    if (!node) return '';
    node.digest ??= plainHash(`${digestOf(node.left)} ${node.value} ${digestOf(node.right)}`);
    return node.digest;
  };

  return {
    whole: (env) => digestOf((env instanceof Environment ? stateOf(env) : listed(env)).root),
    one(env, name) {
      const value = env.get(name);
      return value === undefined ? undefined : valueDigest(name, value);
    },
  };
}

function isAbove(one: Node, other: Node): boolean {
  if (one.priority !== other.priority) return one.priority > other.priority;
  return one.name > other.name;
}

/** All of `left` stands before all of `right`. */
function merge(left: Node | null, right: Node | null): Node | null {
  if (!left) return right;
  if (!right) return left;
  return isAbove(left, right)
    ? { ...left, right: merge(left.right, right), digest: null }
    : { ...right, left: merge(left, right.left), digest: null };
}

function without(node: Node | null, position: number): Node | null {
  if (!node) return null;
  if (node.position === position) return merge(node.left, node.right);
  return position < node.position
    ? { ...node, left: without(node.left, position), digest: null }
    : { ...node, right: without(node.right, position), digest: null };
}

/**
 * A stage that is built from another begins with all variables of that, in another order. Of very
 * many, which nobody has, the digest at the end of the other stage stands for them all: equal lists
 * may then have unequal digests.
 */
function isLong(env: Environment): boolean {
  return env.most > 400;
}

/** At most so many of the last assigned variables are told apart. */
export const mostNamed = 100;

/** Names that were assigned between two points of a stage, the last one first, each once. */
export function assignedSince(
  env: ReadonlyMap<string, string>,
  before: ReadonlyMap<string, string> | null,
): readonly string[] {
  const names = new Set<string>();
  let at = env;
  while (at instanceof Environment && at !== before && at.last && names.size < mostNamed) {
    names.add(at.last.name);
    at = at.last.before;
  }
  if (at === before || names.size >= mostNamed) return [...names];
  // The start of the stage: what it took over from its base.
  if (at instanceof Environment && isLong(at)) return [...names];
  for (const name of at.keys()) {
    if (names.size >= mostNamed) break;
    names.add(name);
  }
  return [...names];
}

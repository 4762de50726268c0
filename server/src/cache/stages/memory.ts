/**
 * Trees of stages that are not made twice. While someone types, most lines find what they found
 * before and do what they did: then what they leave is the same object, and so is all that is known
 * of it. Known by content, since an edit makes all steps of its stage anew. Only what the last two
 * plans used is kept.
 */

import type { EntryDigests } from '../../context/contentDigests.ts';
import { type Generations, generations } from '../generations.ts';
import type { Hash } from '../hash.ts';
import { type DigestOf, digester } from './digests.ts';
import { firstLine, type Line, lineOn } from './line.ts';
import { ownerReader } from './making.ts';
import type { Node } from './nodes.ts';
import type { Script } from './run/script.ts';

/** What a stage has after one of its lines. */
export interface State {
  readonly root: Node;
  /** Digest of the image below all lines. */
  readonly image: string;
  readonly line: Line;
  /** Tells it from all other states. */
  readonly id: number;
}

/** What is remembered from one plan of a document to the next. */
export interface StageMemory {
  readonly hash: Hash;
  readonly digests: EntryDigests;
  readonly digestOf: DigestOf;
  readonly ownerOf: ReturnType<typeof ownerReader>;
  /** The number of an object; equal numbers, the same object. */
  readonly numberOf: (of: object) => number;
  /** What RUNs execute. */
  readonly scripts: Generations<Script>;
  /** The state of an image or the like, by what it is. */
  first(key: string, make: () => Node): State;
  /** The state after a line, by what that executes. */
  next(before: State, key: string, make: (line: Line) => Node): State;
  /** Another plan is gone through: what was not used since the last turn is forgotten. */
  turn(): void;
}

/** Longer texts are kept as digests. */
const longest = 400;

/** Nothing is remembered yet. */
export function createStageMemory(hash: Hash, digests: EntryDigests): StageMemory {
  const digestOf = digester(hash, digests);
  const numbers = new WeakMap<object, number>();
  let last = 0;
  const states = generations<State>();
  const scripts = generations<Script>();
  const remembered = (key: string, make: () => Omit<State, 'id'>): State =>
    states.get(key, () => ({ ...make(), id: ++last }));
  const short = (key: string) => (key.length > longest ? hash(key) : key);

  return {
    hash,
    digests,
    digestOf,
    ownerOf: ownerReader(hash, digestOf),
    numberOf(of) {
      let number = numbers.get(of);
      if (number === undefined) {
        number = ++last;
        numbers.set(of, number);
      }
      return number;
    },
    first: (key, make) =>
      remembered(`first ${key}`, () => {
        const root = make();
        return { root, image: digestOf(root).digest, line: firstLine() };
      }),
    next: (before, key, make) =>
      remembered(`${before.id} ${short(key)}`, () => {
        const line = lineOn(before.line);
        return { root: make(line), image: before.image, line };
      }),
    scripts,
    turn() {
      states.turn();
      scripts.turn();
    },
  };
}

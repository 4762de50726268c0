/**
 * Trees of stages that are not made twice. While someone types, most lines find what they found
 * before and do what they did: then what they leave is the same object, and so is all that is known
 * of it. Known by content, since an edit makes all steps of its stage anew. Only what the last two
 * plans used is kept.
 */

import type { EntryDigests } from '../../context/contentDigests.ts';
import type { Step } from '../../model/plan.ts';
import { type Generations, generations } from '../generations.ts';
import type { Hash } from '../hash.ts';
import { type DigestOf, digester } from './digests.ts';
import type { Found } from './found.ts';
import { identifier } from './identities.ts';
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
  /** The states after lines on it, by what these execute. */
  next: Map<string, State> | null;
  /** What was found in it, by paths. */
  found: Map<string, Found> | null;
  /** The last plan that it was used for, by its number. */
  used: number;
  /** The last plan for which `next` was gone through. */
  tidied: number;
}

/** What is remembered from one plan of a document to the next. */
export interface StageMemory {
  readonly hash: Hash;
  readonly digests: EntryDigests;
  readonly digestOf: DigestOf;
  readonly identityOf: DigestOf;
  readonly ownerOf: ReturnType<typeof ownerReader>;
  /** The number of an object; equal numbers, the same object. */
  readonly numberOf: (of: object) => number;
  /** What RUNs execute. */
  readonly scripts: Generations<Script>;
  /** What steps do, as a text, for as long as the steps live: a plan takes over most of the one before. */
  readonly texts: WeakMap<Step, string>;
  /** The state of an image or the like, by what it is. */
  first(key: string, make: () => Node): State;
  /** The state after a line, by what that executes. */
  next(before: State, key: string, make: (line: Line) => Node): State;
  /** Another plan is gone through: what was not used since the last turn is forgotten. */
  turn(): void;
}

/** Longer texts are kept as digests. */
const longest = 400;

/** Texts that are short enough to be kept. */
export function shortened(text: string, hash: Hash): string {
  return text.length > longest ? hash(text) : text;
}

/** Nothing is remembered yet. */
export function createStageMemory(hash: Hash, digests: EntryDigests): StageMemory {
  const digestOf = digester(hash, digests);
  const numbers = new WeakMap<object, number>();
  let last = 0;
  let plan = 0;
  const images = generations<State>();
  const scripts = generations<Script>();
  const made = (root: Node, image: string, line: Line): State => {
    last++;
    return { root, image, line, id: last, next: null, found: null, used: plan, tidied: plan };
  };
  /** Forgets what stood on it before the last plan; what nothing leads to any more goes with it. */
  const tidy = (state: State) => {
    state.tidied = plan;
    for (const [key, { used }] of state.next ?? []) if (used < plan - 1) state.next?.delete(key);
  };

  return {
    hash,
    digests,
    digestOf,
    identityOf: identifier(hash, digestOf),
    ownerOf: ownerReader(hash, digestOf),
    numberOf(of) {
      let number = numbers.get(of);
      if (number === undefined) {
        number = ++last;
        numbers.set(of, number);
      }
      return number;
    },
    first(key, make) {
      const state = images.get(key, () => {
        const root = make();
        return made(root, digestOf(root).digest, firstLine());
      });
      state.used = plan;
      return state;
    },
    next(before, key, make) {
      if (before.tidied !== plan) tidy(before);
      before.next ??= new Map();
      let state = before.next.get(key);
      if (!state) {
        const line = lineOn(before.line);
        state = made(make(line), before.image, line);
        before.next.set(key, state);
      }
      state.used = plan;
      return state;
    },
    scripts,
    texts: new WeakMap(),
    turn() {
      plan++;
      images.turn();
      scripts.turn();
    },
  };
}

/** What keys of one document have in common from one plan to the next. */

import type { EntryDigests } from '../context/contentDigests.ts';
import { type BaseKeys, baseMemory } from './baseKey.ts';
import { type EnvironmentDigests, environmentDigests } from './environmentDigest.ts';
import { generations } from './generations.ts';
import type { Hash } from './hash.ts';
import { type Operations, operationMemory } from './operationMemory.ts';
import { createStageMemory, type StageMemory } from './stages/memory.ts';

/** What is remembered; equal questions have equal answers with it and without. */
export interface KeyMemory {
  /** Answers for short texts are remembered. */
  readonly hash: Hash;
  readonly variables: EnvironmentDigests;
  readonly operations: Operations;
  readonly bases: BaseKeys;
  readonly stages: StageMemory;
}

/** Nothing is remembered yet. */
export function createKeyMemory(hash: Hash, entryDigests: (hash: Hash) => EntryDigests): KeyMemory {
  const remembered = rememberedHash(hash);
  const variables = environmentDigests(remembered, hash);
  return {
    hash: remembered,
    variables,
    operations: operationMemory(remembered, hash, variables),
    bases: baseMemory(remembered),
    // What is in stages after an edit is mostly new.
    stages: createStageMemory(hash, entryDigests(hash)),
  };
}

/** Longer texts are digested anew: keeping them would take more than it gives. */
const longest = 200;
const mostTexts = 8_000;

/** The same digests; those of short texts are made once for as long as they are in use. */
export function rememberedHash(hash: Hash): Hash {
  const known = generations<string>(mostTexts);
  return (text) => (text.length > longest ? hash(text) : known.get(text, () => hash(text)));
}

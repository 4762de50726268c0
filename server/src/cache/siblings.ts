/** Recorded steps that stand on the same, found by what they are: stages may all begin on one image. */

import { signatureOf } from './operation.ts';
import type { Recorded } from './recordIndex.ts';

export interface Siblings {
  readonly all: readonly Recorded[];
  /** The first with this text. */
  withText(text: string): Recorded | undefined;
  ofStage(stage: number): readonly Recorded[];
  /** Those that are the same operation, whatever their sources hold. */
  withOperation(signature: string): readonly Recorded[];
}

const known = new WeakMap<readonly Recorded[], Siblings>();
const nobody: readonly Recorded[] = [];

/** Each list is gone through once for each way in which it is asked. */
export function siblingsIn(all: readonly Recorded[]): Siblings {
  const found = known.get(all);
  if (found) return found;
  const texts = grouped(all, ({ step }) => step.text);
  const stages = grouped(all, ({ step }) => step.stage);
  const operations = grouped(all, ({ step }) => signatureOf(step.parts));
  const siblings: Siblings = {
    all,
    withText: (text) => texts().get(text)?.[0],
    ofStage: (stage) => stages().get(stage) ?? nobody,
    withOperation: (signature) => operations().get(signature) ?? nobody,
  };
  known.set(all, siblings);
  return siblings;
}

function grouped<K>(
  all: readonly Recorded[],
  keyOf: (one: Recorded) => K,
): () => ReadonlyMap<K, readonly Recorded[]> {
  let groups: Map<K, Recorded[]> | null = null;
  return () => {
    if (groups) return groups;
    groups = new Map();
    for (const one of all) {
      const group = groups.get(keyOf(one));
      if (group) group.push(one);
      else groups.set(keyOf(one), [one]);
    }
    return groups;
  };
}

/** Measured bytes of steps from builds that are remembered. */

import type { Step } from '../model/plan.ts';
import type { BuilderFacts, BuildRecord } from './buildRecord.ts';
import type { KeyedPlan } from './keyedStep.ts';
import { recordIndex } from './recordIndex.ts';

/** What a remembered build measured of a step. */
export interface RecordedSize {
  readonly bytes: number;
  /** Whose bytes these are. */
  readonly store: NonNullable<BuilderFacts['store']>;
  /** False: something outside of the file, too, decides on what the step makes. */
  readonly sure: boolean;
  /** Milliseconds since 1970: when the build began that measured it first. */
  readonly at: number | null;
  /** Lengths of links may be counted with the files. */
  readonly links: boolean;
}

/**
 * Bytes of steps whose key is that of a recorded step: equal keys are one result for the builder, and
 * so one layer. `records`: the newest first. Undefined: none is known.
 */
export function recordedSizes(
  keyed: KeyedPlan,
  records: readonly BuildRecord[],
): (step: Step) => RecordedSize | undefined {
  const index = recordIndex(records);
  const measured = new Map<string, Omit<RecordedSize, 'sure'>>();
  for (const { steps, builder, at } of records) {
    const store = builder?.store ?? 'classic';
    for (const { key, bytes, links = false } of steps) {
      const known = measured.get(key);
      if (bytes === null || (known && (known.bytes !== bytes || known.store !== store))) continue;
      measured.set(key, { bytes, store, at: Date.parse(at), links });
    }
  }
  const doubted = new Set<string>();
  for (const { parent, after, doubts } of keyed.steps) {
    const isOpen = doubts.some(({ of }) => of === null || index.byKey(of) === undefined);
    const isAbove = parent !== null && doubted.has(parent);
    if (after !== null && (isOpen || isAbove)) doubted.add(after);
  }
  return (step) => {
    const own = keyed.of(step);
    const found = own?.key ? measured.get(own.key) : undefined;
    return found && { ...found, sure: !doubted.has(own?.after ?? '') };
  };
}

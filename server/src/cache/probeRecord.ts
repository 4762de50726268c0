/** What a probe adds to the records: steps that the builder has, and keys that it has no more. */

import type { Step } from '../model/plan.ts';
import type { BuildRecord, RecordMeta, StepOutcome } from './buildRecord.ts';
import type { KeyedPlan } from './keyedStep.ts';
import { recordOf } from './recordOf.ts';

/** What the builder said. */
export interface ProbeFindings {
  readonly has: ReadonlyMap<Step, StepOutcome>;
  /** Steps that it began to make. */
  readonly misses: ReadonlySet<Step>;
  /** It had everything that the target needs. */
  readonly complete: boolean;
  /** The context came to the builder, so that it holds the files of now. */
  readonly transferred: boolean;
}

/** The record of a probe of `keyed`, which was made before the probe. */
export function probeRecord(
  keyed: KeyedPlan,
  meta: Omit<RecordMeta, 'complete' | 'source'>,
  { has, misses, complete, transferred }: ProbeFindings,
): BuildRecord {
  const made = recordOf(keyed, { ...meta, source: 'probe', complete }, has);
  const record = transferred ? made : { ...made, files: null };
  const known = new Set(record.steps.map(({ key }) => key));
  const gone = new Set(goneKeys(meta.earlier));
  for (const key of missedKeys(keyed, misses, known)) gone.add(key);
  for (const key of known) gone.delete(key);
  return gone.size === 0 ? record : { ...record, gone: [...gone] };
}

/** Keys that records say are gone, and no newer one has. `records`: the newest first. */
export function goneKeys(records: readonly BuildRecord[]): ReadonlySet<string> {
  const known = new Set<string>();
  const gone = new Set<string>();
  for (const { steps, gone: lost = [] } of records) {
    for (const { key } of steps) known.add(key);
    for (const key of lost) if (!known.has(key)) gone.add(key);
  }
  return gone;
}

/**
 * Keys of the missed steps and of all that stands on them: BuildKit finds a step by its definition
 * without making what is below, so where it makes that, it has not got the step either.
 */
function missedKeys(
  keyed: KeyedPlan,
  misses: ReadonlySet<Step>,
  known: ReadonlySet<string>,
): readonly string[] {
  const lost: string[] = [];
  const below = new Set<string>();
  for (const { step, key, parent, after } of keyed.steps) {
    const stands = parent !== null && below.has(parent) && step.copy?.link !== true;
    if (!misses.has(step) && !stands) continue;
    if (after !== null) below.add(after);
    if (key !== null && !known.has(key)) lost.push(key);
  }
  return lost;
}

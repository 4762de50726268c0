/** What a probe adds to a record: keys of steps that the builder has no more. */

import type { Step } from '../model/plan.ts';
import type { BuildRecord } from './buildRecord.ts';
import type { KeyedPlan } from './keyedStep.ts';

/**
 * The record with the keys that are gone: those of `misses`, which the builder began to make, and
 * what earlier records say, so that these may vanish from the store. `record` has the steps that the
 * builder has; `keyed` is what both were made of.
 */
export function withGone(
  record: BuildRecord,
  keyed: KeyedPlan,
  misses: ReadonlySet<Step>,
  earlier: readonly BuildRecord[],
): BuildRecord {
  const known = new Set(record.steps.map(({ key }) => key));
  const gone = new Set(goneKeys(earlier));
  for (const key of missedKeys(keyed, misses)) gone.add(key);
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
function missedKeys(keyed: KeyedPlan, misses: ReadonlySet<Step>): readonly string[] {
  const lost: string[] = [];
  const below = new Set<string>();
  for (const { step, key, parent, after } of keyed.steps) {
    const stands = parent !== null && below.has(parent) && step.copy?.link !== true;
    if (!misses.has(step) && !stands) continue;
    if (after !== null) below.add(after);
    if (key !== null) lost.push(key);
  }
  return lost;
}

/** What a probe adds to a record: steps that the builder has no more, and those of which it said nothing. */

import type { Step } from '../model/plan.ts';
import type { BuildRecord } from './buildRecord.ts';
import type { KeyedPlan, KeyedStep } from './keyedStep.ts';
import { signatureOf } from './operation.ts';

/**
 * The record with the keys that are gone: those of `misses`, which the builder began to make, and
 * what earlier records say, so that these may vanish from the store; and with the operations that it
 * may have, as it was stopped before it came to them and no earlier record has them. `record` has the
 * steps that the builder has; `keyed` is what both were made of.
 */
export function probeRecord(
  record: BuildRecord,
  keyed: KeyedPlan,
  misses: ReadonlySet<Step>,
  earlier: readonly BuildRecord[],
): BuildRecord {
  const known = new Set(record.steps.map(({ key }) => key));
  const gone = new Set(goneKeys(earlier));
  const lost = missedSteps(keyed, misses);
  for (const { key } of lost) if (key !== null) gone.add(key);
  for (const key of known) gone.delete(key);
  const open = [...(record.open ?? []), ...silentOperations(record, keyed, lost, earlier)];
  return {
    ...record,
    ...(gone.size > 0 && { gone: [...gone] }),
    ...(open.length > 0 && { open }),
  };
}

/** Not those of steps that earlier builds had: what differs from these is another step now. */
function silentOperations(
  record: BuildRecord,
  keyed: KeyedPlan,
  lost: ReadonlySet<KeyedStep>,
  earlier: readonly BuildRecord[],
): readonly KeyedStep['parts'][] {
  const all = [record, ...earlier].flatMap(({ steps }) => steps);
  const known = new Set(all.map(({ parts }) => signatureOf(parts)));
  return keyed.steps
    .filter((step) => !step.fails && !lost.has(step) && !known.has(signatureOf(step.parts)))
    .map(({ parts }) => parts);
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
 * The missed steps and all that stand on them: BuildKit finds a step by its definition without making
 * what is below, so where it makes that, it has not got the step either.
 */
function missedSteps(keyed: KeyedPlan, misses: ReadonlySet<Step>): ReadonlySet<KeyedStep> {
  const lost = new Set<KeyedStep>();
  const ends = new Set<number>();
  const below = new Set<string>();
  for (const each of keyed.steps) {
    const { step, parent, after, stage } = each;
    const base = keyed.plan.stages[stage]?.base.stage ?? null;
    const stands = parent !== null ? below.has(parent) : ends.has(stage) || ends.has(base ?? -1);
    if (!misses.has(step) && !stands) continue;
    ends.add(stage);
    if (after !== null) below.add(after);
    const isLinked = step.copy?.link === true && keyed.rules.merges;
    if (misses.has(step) || !isLinked) lost.add(each);
  }
  return lost;
}

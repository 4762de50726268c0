/** How the steps of one recorded build stood on each other. */

import type { BuildRecord, RecordedStep } from './buildRecord.ts';

type ByAfter = ReadonlyMap<string, readonly RecordedStep[]>;

const orders = new WeakMap<BuildRecord, ByAfter>();

/**
 * The step that this one stood on, of its own stage where equal steps of several did; undefined: an
 * image, or nothing.
 */
export function stepBelow(record: BuildRecord, step: RecordedStep): RecordedStep | undefined {
  const { parent, stage } = step;
  const below = orderOf(record).get(parent);
  return below?.find((each) => each.stage === stage) ?? below?.[0];
}

function orderOf(record: BuildRecord): ByAfter {
  const known = orders.get(record);
  if (known) return known;
  const made = new Map<string, RecordedStep[]>();
  for (const step of record.steps) {
    const same = made.get(step.after);
    if (same) same.push(step);
    else made.set(step.after, [step]);
  }
  orders.set(record, made);
  return made;
}

/** Did one stand on the other, whatever stood between them? */
export function stoodOn(record: BuildRecord, upper: RecordedStep, lower: RecordedStep): boolean {
  let at = stepBelow(record, upper);
  // Keys that a damaged record has may stand on each other in a ring.
  for (let left = record.steps.length; at && left > 0; left--) {
    if (at.after === lower.after) return true;
    at = stepBelow(record, at);
  }
  return false;
}

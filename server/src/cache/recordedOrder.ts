/** How the steps of one recorded build stood on each other. */

import type { BuildRecord, RecordedStep } from './buildRecord.ts';

type ByAfter = ReadonlyMap<string, RecordedStep>;

const orders = new WeakMap<BuildRecord, ByAfter>();

/** The step that this one stood on; undefined: an image, or nothing. */
export function stepBelow(record: BuildRecord, { parent }: RecordedStep): RecordedStep | undefined {
  let known = orders.get(record);
  if (!known) {
    known = new Map(record.steps.map((step) => [step.after, step]));
    orders.set(record, known);
  }
  return known.get(parent);
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

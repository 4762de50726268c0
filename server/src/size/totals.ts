/** Sums of a stage: what its own layers add, what it starts from, and both together. */

import type { Plan, Stage, Step } from '../model/plan.ts';
import { add, computed, nothingYet, type Size, settle, type Tally, unknown } from './size.ts';

export interface Totals {
  /** Own layers, inherited ones of stages below included. */
  readonly own: Size;
  /** The image at the bottom. */
  readonly base: Size;
  /** Both. */
  readonly size: Size;
  /** What the stage starts from: nothing, an image, or all of another stage. */
  readonly start: Size;
}

interface Sums {
  readonly own: Tally;
  readonly base: Size;
}

/** The totals of every stage, by index. */
export function totals(plan: Plan, sizes: ReadonlyMap<Step, Size>): readonly Totals[] {
  const sums: Sums[] = [];
  return plan.stages.map((stage) => {
    const below = stage.base.stage === null ? undefined : sums[stage.base.stage];
    const base = below?.base ?? imageSize(stage);
    const own = [...stage.triggers, ...stage.steps]
      .filter((step) => step.effect === 'layer')
      .map((step) => sizes.get(step) ?? unknown('Its size is not known.'))
      .reduce(add, below?.own ?? nothingYet);
    sums.push({ own, base });
    return {
      own: settle(own, 'layers'),
      base,
      size: together(own, base),
      start: below ? together(below.own, below.base) : base,
    };
  });
}

/** The base counts as one more part of the sum, unless it is empty. */
function together(own: Tally, base: Size): Size {
  return base.bytes === 0 ? settle(own, 'layers') : settle(add(own, base), 'layers and base image');
}

function imageSize({ base }: Stage): Size {
  if (base.scratch) return computed(0, 'scratch is empty.');
  return unknown(`The size of the image ${base.reference} is not known.`);
}

/** Sums of a stage: what its own layers add, what it starts from, and both together. */

import type { Fact } from '../context/fact.ts';
import type { BaseFacts } from '../images/baseFacts.ts';
import type { Plan, Stage } from '../model/plan.ts';
import type { StepSizes } from './estimate.ts';
import { computed, type Size, unknown } from './size.ts';
import { add, nothingYet, settle, type Tally } from './tally.ts';

export interface Totals {
  /** Own layers, inherited ones of stages below included. */
  readonly own: Size;
  /** The image at the bottom. */
  readonly base: Size;
  /** Both. */
  readonly size: Size;
}

/** Sums by the index of a stage, made when they are asked for; undefined where there is no such stage. */
export interface StageTotals {
  of(index: number): Totals | undefined;
  /** What the stage starts from: nothing, an image, or all of another stage. */
  start(index: number): Size | undefined;
}

interface Sums {
  readonly own: Tally;
  readonly base: Size;
}

/** The totals of the stages of a plan. */
export function totals({ stages }: Plan, sizes: StepSizes): StageTotals {
  const sums = new Map<Stage, Sums>();
  const below = ({ base, index }: Stage): Stage | undefined =>
    // A stage can only start from an earlier one, so going down ends.
    base.stage === null || base.stage >= index ? undefined : stages[base.stage];
  const sumsOf = (stage: Stage): Sums => {
    // From the bottom up, not by recursion: a file may have thousands of stages in a chain.
    const open: Stage[] = [];
    for (let at: Stage | undefined = stage; at && !sums.has(at); at = below(at)) open.push(at);
    for (const one of open.reverse()) sums.set(one, sumOf(one, below(one)));
    return sums.get(stage) as Sums;
  };
  const sumOf = (stage: Stage, parent: Stage | undefined): Sums => {
    const under = parent && sums.get(parent);
    let own = under?.own ?? nothingYet;
    for (const steps of [stage.triggers, stage.steps]) {
      for (const step of steps) {
        if (step.effect === 'layer') own = add(own, (stage.needed && sizes.get(step)) || noFigure);
      }
    }
    return { own, base: under?.base ?? imageSize(stage, sizes.base(stage.index)) };
  };
  return {
    of(index) {
      const stage = stages[index];
      if (!stage) return undefined;
      const { own, base } = sumsOf(stage);
      return { own: settle(own, 'layers'), base, size: together(own, base) };
    },
    start(index) {
      const stage = stages[index];
      if (!stage) return undefined;
      const parent = below(stage);
      if (!parent) return imageSize(stage, sizes.base(index));
      const { own, base } = sumsOf(parent);
      return together(own, base);
    },
  };
}

const noFigure = unknown('Its size is not known.');

/** The base counts as one more part of the sum, unless it is empty. */
function together(own: Tally, base: Size): Size {
  return base.bytes === 0 && base.store === undefined
    ? settle(own, 'layers')
    : settle(add(own, base), 'parts (layers and base image)');
}

function imageSize({ base }: Stage, fact: Fact<BaseFacts> | null): Size {
  if (base.scratch) return computed(0, 'scratch is empty.');
  if (fact?.state === 'pending') {
    return { ...unknown('The table of base images is being read.'), pending: true };
  }
  if (fact?.state !== 'known') {
    return unknown(`The size of the image ${base.reference} is not known.`);
  }
  const { size, basis = 'estimated', store, estimated, reason } = fact.value;
  if (!size) return unknown(reason);
  const before = estimated && {
    ...estimated.size,
    basis: 'estimated' as const,
    atLeast: false,
    reason: estimated.reason,
  };
  return {
    ...size,
    basis,
    atLeast: false,
    reason,
    ...(store && { store }),
    ...(before && { estimated: before }),
  };
}

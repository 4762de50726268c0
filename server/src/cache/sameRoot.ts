/**
 * Where a step takes files from the very root file system that it stands on. To BuildKit both are one
 * input then, which counts by how it was made, and what is taken from it does not count (`CacheMap` in
 * `solver/llbsolver/ops` file.go, `getMountDeps` in exec.go; built: another path of the same last name
 * is cached).
 */

import type { CopyOrigin, Plan, Stage, Step } from '../model/plan.ts';
import { formatPlatform } from '../model/platform.ts';
import { imageKey, platformOf } from './baseKey.ts';
import { layersOf } from './layers.ts';

/** What the builder is asked for to make a state: a stage without its last `without` layers. */
interface State {
  readonly stage: Stage;
  readonly without: number;
}

/** Are they one operation on sources of the same names? */
export type SameOperation = (one: Step, other: Step) => boolean;

/**
 * Is what `step` takes from `origin` what it stands on, made by the same steps from the same image?
 * Takes linear time; equal keys of both should be known to be equal before.
 */
export function isOnOrigin(
  plan: Plan,
  index: number,
  step: Step,
  origin: CopyOrigin,
  isSame: SameOperation,
): boolean {
  const stage = plan.stages[index];
  if (!stage) return false;
  const layers = layersOf(stage);
  const below = { stage, without: layers.length - layers.indexOf(step) };
  if (origin.kind === 'stage') {
    const from = plan.stages[origin.stage];
    return from !== undefined && isOne(plan, below, { stage: from, without: 0 }, isSame);
  }
  if (origin.kind !== 'image') return false;
  const base = bottomOf(plan, below);
  return base !== null && imageOf(plan, base) === placeOf(plan, origin.reference, null);
}

function isOne(plan: Plan, a: State, b: State, isSame: SameOperation): boolean {
  let [one, other] = [settled(plan, a), settled(plan, b)];
  while (one.stage !== other.stage || one.without !== other.without) {
    const [mine, others] = [topOf(one), topOf(other)];
    if (!mine || !others) {
      if (mine || others) return false;
      const image = imageOf(plan, one.stage);
      return image !== null && image === imageOf(plan, other.stage);
    }
    if (!isSame(mine, others)) return false;
    one = settled(plan, { stage: one.stage, without: one.without + 1 });
    other = settled(plan, { stage: other.stage, without: other.without + 1 });
  }
  return topOf(one) !== undefined || !one.stage.base.scratch;
}

/** The same state in the stage that has its last layer, or that starts from an image. */
function settled(plan: Plan, { stage, without }: State): State {
  let at = { stage, without };
  for (;;) {
    const { base } = at.stage;
    const below = base.stage === null ? undefined : plan.stages[base.stage];
    if (!below || at.without < layersOf(at.stage).length) return at;
    at = { stage: below, without: 0 };
  }
}

function topOf({ stage, without }: State): Step | undefined {
  return layersOf(stage).at(-1 - without);
}

/** The stage from whose image the state is, without any layer; null: it has some. */
function bottomOf(plan: Plan, state: State): Stage | null {
  const at = settled(plan, state);
  return topOf(at) ? null : at.stage;
}

/** By name, as two names are two inputs; null: no image that is named in the file. */
function imageOf(plan: Plan, { base }: Stage): string | null {
  return base.scratch || base.named !== null ? null : placeOf(plan, base.reference, base.platform);
}

function placeOf({ options }: Plan, reference: string, platform: string | null): string {
  return `${imageKey(reference)} ${formatPlatform(platformOf(platform, options))}`;
}

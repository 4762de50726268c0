/** A stage together with the stages that it is built from. */

import type { Plan, Stage, Step } from './plan.ts';

/** The stages that make an image, from the one on the base image to `index` itself. */
export function stageChain(plan: Plan, index: number): readonly Stage[] {
  const chain: Stage[] = [];
  let stage = plan.stages[index];
  while (stage) {
    chain.push(stage);
    const above = stage.base.stage;
    stage = above === null ? undefined : plan.stages[above];
  }
  return chain.reverse();
}

/** All steps whose effects an image has, in the order of its history, triggers included. */
export function imageSteps(plan: Plan, index: number): readonly Step[] {
  return stageChain(plan, index).flatMap(({ triggers, steps }) => [...triggers, ...steps]);
}

/** The same steps newest first, one by one: whoever looks for the last that did something stops early. */
export function* stepsBackwards(plan: Plan, index: number): Generator<Step> {
  for (let stage = plan.stages[index]; stage; ) {
    const { steps, triggers, base } = stage;
    for (let at = steps.length - 1; at >= 0; at--) yield steps[at] as Step;
    for (let at = triggers.length - 1; at >= 0; at--) yield triggers[at] as Step;
    stage = base.stage === null ? undefined : plan.stages[base.stage];
  }
}

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

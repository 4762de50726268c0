/** A stage together with the stages that it is built from. */

import type { Plan, Step } from './plan.ts';

/**
 * All steps whose effects an image has, triggers included, newest first and one by one: whoever
 * looks for the last that did something stops early.
 */
export function* stepsBackwards(plan: Plan, index: number): Generator<Step> {
  for (let stage = plan.stages[index]; stage; ) {
    const { steps, triggers, base } = stage;
    for (let at = steps.length - 1; at >= 0; at--) yield steps[at] as Step;
    for (let at = triggers.length - 1; at >= 0; at--) yield triggers[at] as Step;
    stage = base.stage === null ? undefined : plan.stages[base.stage];
  }
}

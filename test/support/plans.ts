/** Plans of texts, for tests. */

import { buildPlan } from '../../server/src/model/buildPlan.ts';
import type { Plan, PlanOptions, Stage, Step } from '../../server/src/model/plan.ts';
import { interpret } from '../../server/src/syntax/instructions.ts';
import { parse } from '../../server/src/syntax/parser.ts';

export const linux = { os: 'linux', arch: 'amd64', variant: '' } as const;

/** The plan of a Dockerfile's text, on linux/amd64 where nothing else is said. */
export function planOf(text: string, options: Partial<PlanOptions> = {}): Plan {
  return buildPlan(interpret(parse(text)), { platform: linux, buildPlatform: linux, ...options });
}

export interface HistoryEntry {
  readonly created_by: string;
  readonly empty_layer: boolean;
}

/** The history entries that the target adds to its base, oldest first. */
export function historyOf(plan: Plan): readonly HistoryEntry[] {
  return imageSteps(plan, plan.target).flatMap(({ createdBy, effect }) =>
    createdBy === null ? [] : [{ created_by: createdBy, empty_layer: effect !== 'layer' }],
  );
}

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

/** Plans of texts, for tests. */

import { buildPlan } from '../../server/src/model/buildPlan.ts';
import { imageSteps } from '../../server/src/model/chain.ts';
import type { Plan, PlanOptions } from '../../server/src/model/plan.ts';
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

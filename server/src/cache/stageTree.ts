/** What is in stages after their last step, told from the text and the build context. */

import type { Plan } from '../model/plan.ts';
import type { StageContentOf } from './stageContent.ts';
import type { StageInputs } from './stageTreeInputs.ts';

/** The content of stages of one plan. Stages are followed when they are asked for, each once. */
export function stageContents(plan: Plan, inputs: StageInputs): StageContentOf {
  void inputs;
  return (stage) => ({
    unknown: `What is in stage ${plan.stages[stage]?.name ?? stage} is not known.`,
    pending: false,
  });
}

/** The instructions of a plan in source order, each with the stage and step it became. */

import type { Plan, Stage, Step } from '../model/plan.ts';
import type { Instruction } from '../syntax/ast.ts';

export type Row =
  /** ARG before the first FROM. */
  | { readonly kind: 'global'; readonly instruction: Instruction; readonly step: Step }
  | { readonly kind: 'from'; readonly instruction: Instruction; readonly stage: Stage }
  | {
      readonly kind: 'step';
      readonly instruction: Instruction;
      readonly stage: Stage;
      readonly step: Step;
    };

const remembered = new WeakMap<Plan, readonly Row[]>();

/** All rows in source order; made once per plan. */
export function rowsOf(plan: Plan): readonly Row[] {
  const known = remembered.get(plan);
  if (known) return known;
  const rows: Row[] = plan.globals.map((step) => ({
    kind: 'global',
    instruction: step.instruction,
    step,
  }));
  for (const stage of plan.stages) {
    rows.push({ kind: 'from', instruction: stage.from.instruction, stage });
    for (const step of stage.steps) {
      rows.push({ kind: 'step', instruction: step.instruction, stage, step });
    }
  }
  remembered.set(plan, rows);
  return rows;
}

/** Problems that BuildKit finds when it plans the build (`dockerfile2llb`). */

import type { Instruction, Problem } from '../syntax/ast.ts';

export type PlanProblemCode =
  | 'base-image'
  | 'circular-dependency'
  | 'copy-source'
  | 'empty-command'
  | 'instruction-value'
  | 'no-stage'
  | 'onbuild-trigger'
  | 'stage-order'
  | 'unknown-target';

/** A problem at an instruction, with BuildKit's exact text. `located`: BuildKit names its lines. */
export function planProblem(
  code: PlanProblemCode,
  message: string,
  at: Pick<Instruction, 'span' | 'lines'> | null,
  located = true,
): Problem {
  return {
    code,
    severity: 'error',
    message,
    span: at?.span ?? { start: 0, end: 0 },
    buildkit: { phase: 'plan', message, lines: located && at ? at.lines : null },
  };
}

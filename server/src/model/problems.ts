/** Problems that BuildKit finds when it plans the build (`dockerfile2llb`). */

import type { Instruction, Problem, Span } from '../syntax/ast.ts';

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

/**
 * A problem at an instruction, with BuildKit's exact text and our advice on a line of its own.
 * `located`: BuildKit names the instruction's lines.
 */
export function planProblem(
  code: PlanProblemCode,
  error: string,
  at: Instruction | null,
  located = true,
): Problem {
  const advice = adviceFor(code, error);
  return {
    code,
    severity: 'error',
    message: advice ? `${error}\n${advice}` : error,
    span: at ? placeIn(at, code, error) : { start: 0, end: 0 },
    buildkit: { phase: 'plan', message: error, lines: located && at ? at.lines : null },
  };
}

/** The flag or the arguments that are meant, not the whole of a RUN that fills the screen. */
function placeIn(instruction: Instruction, code: PlanProblemCode, error: string): Span {
  const { args, flags, keywordSpan, name } = instruction;
  const first = args[0]?.span;
  if (code === 'base-image') {
    const platform = / platform /.test(error) && flags.find(({ name }) => name === 'platform');
    return (platform || args[0])?.span ?? keywordSpan;
  }
  if (code === 'onbuild-trigger' || code === 'unknown-target') return first ?? keywordSpan;
  const from = flags.find(({ name }) => name === 'from');
  if (from && name === 'COPY' && code !== 'instruction-value') return from.span;
  const words = name === 'RUN' ? flags.filter(({ name }) => name === 'mount') : args;
  const start = words[0]?.span.start ?? 0;
  // ENV and LABEL keep the separator behind the value, so the last word need not end last.
  const end = words.reduce((most, { span }) => Math.max(most, span.end), start);
  return end > start ? { start, end } : keywordSpan;
}

const advice: readonly (readonly [RegExp, string])[] = [
  [
    /^base name \(|^empty platform value/,
    'FROM sees only build arguments that an ARG above the first FROM declares, and the platform variables.',
  ],
  [/^failed to parse stage name/, 'This names neither a stage above nor an image.'],
  [
    /^circular dependency/,
    'A stage can only take files from stages that do not need it themselves.',
  ],
  [/^cannot (?:copy|mount) from stage/, 'A stage can only take files from stages above it.'],
  [/^invalid stage index/, 'Stages are numbered from 0, in the order of their FROM lines.'],
  [/^target stage/, 'The last stage is shown instead.'],
  [/^VOLUME specified/, 'A variable in it has no value here.'],
  [
    /^dockerfile contains no stages|Dockerfile cannot be empty$/,
    'A Dockerfile needs at least one FROM.',
  ],
];

function adviceFor(code: PlanProblemCode, error: string): string {
  if (code === 'onbuild-trigger') return 'This stands in an ONBUILD instruction of the base.';
  return advice.find(([pattern]) => pattern.test(error))?.[1] ?? '';
}

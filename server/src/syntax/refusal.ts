/** What BuildKit's `instructions.Parse` has against one instruction. */

import type { Instruction, Span } from './ast.ts';

export interface Refusal {
  readonly ok: false;
  /** Kebab-case; see `Problem.code`. */
  readonly code: string;
  /** BuildKit's text, without the prefix that names the line. */
  readonly error: string;
  readonly span: Span;
  /** Full sentences behind BuildKit's text; '' where that says it all. */
  readonly advice: string;
}

/** `span` defaults to the arguments, or the keyword where there are none. */
export function refuse(
  instruction: Instruction,
  code: string,
  error: string,
  { span = argumentSpan(instruction), advice = '' }: Partial<Pick<Refusal, 'span' | 'advice'>> = {},
): Refusal {
  return { ok: false, code, error, span, advice };
}

function argumentSpan({ args, keywordSpan }: Instruction): Span {
  const first = args[0]?.span;
  const last = args.at(-1)?.span;
  if (!first || !last || first.start === last.end) return keywordSpan;
  return { start: first.start, end: last.end };
}

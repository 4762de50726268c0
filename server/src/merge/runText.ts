/**
 * A RUN's script and where its text stands in the Dockerfile: the way between script offsets, which
 * the shell tree has, and the lines as the author broke and commented them.
 */

import type { Dockerfile, Instruction, Span } from '../syntax/ast.ts';
import { readHeredocWord } from '../syntax/heredocs.ts';
import { sourceOffset } from '../syntax/joined.ts';

export interface RunText {
  readonly instruction: Instruction;
  /** What the shell gets behind `-c`; undefined for exec form and for `#!` heredocs. */
  readonly script: string | undefined;
  /** The whole script is one heredoc's body. */
  readonly heredoc: boolean;
  /** Offset of the command line in the joined text of the instruction. */
  readonly at: number;
}

/** Reads a RUN as BuildKit's `dispatchRun` does: a lone heredoc is the script, others follow the line. */
export function readRunText(instruction: Instruction): RunText | undefined {
  const line = instruction.args[0]?.value;
  if (instruction.name !== 'RUN' || line === undefined) return undefined;
  const at = instruction.joined.text.lastIndexOf(line);
  const base = { instruction, at, heredoc: false };
  if (instruction.json || at < 0) return { ...base, script: undefined };
  const [first] = instruction.heredocs;
  if (!first) return { ...base, script: line };
  const word = readHeredocWord(line);
  if (!word.ok || !word.heredoc) {
    const bodies = instruction.heredocs.map(({ content, name }) => `\n${content}${name}`);
    return { ...base, script: line + bodies.join('') };
  }
  const body = first.chomp ? first.content.replace(/^\t+/gm, '') : first.content;
  return { ...base, heredoc: true, script: body.startsWith('#!') ? undefined : body };
}

/** Source span of a range of the command line, the author's line breaks and comments included. */
export function scriptSpan(run: RunText, start: number, end: number): Span {
  const { joined } = run.instruction;
  const from = sourceOffset(joined, run.at + start);
  return { start: from, end: end > start ? sourceOffset(joined, run.at + end - 1) + 1 : from };
}

/** Offsets in the command line where the author broke the line, in order. */
export function lineBreaks(run: RunText): readonly number[] {
  return run.instruction.joined.pieces.map((piece) => piece.at - run.at).filter((at) => at > 0);
}

/** Comment lines inside the instruction between two source offsets, trimmed. */
export function commentsWithin(
  dockerfile: Dockerfile,
  instruction: Instruction,
  start: number,
  end: number,
): readonly string[] {
  return instruction.innerComments
    .filter((span) => span.start >= start && span.start < end)
    .map((span) => dockerfile.text.slice(span.start, span.end).trim());
}

/** Comment lines between two instructions, trimmed. */
export function commentsBetween(
  dockerfile: Dockerfile,
  first: Instruction,
  second: Instruction,
): readonly string[] {
  return dockerfile.comments
    .filter((span) => span.start >= first.span.end && span.end <= second.span.start)
    .map((span) => dockerfile.text.slice(span.start, span.end).trim());
}

/** Comments that tools read for the instruction below them; they must stay above it. */
export function isPragma(comment: string): boolean {
  return /^#\s*(check\s*=|hadolint\b|dockerfile-layers\b|[\w-]+\s+(ignore|disable|skip)\b)/i.test(
    comment,
  );
}

/** White space before the keyword on its line. */
export function keywordIndent(dockerfile: Dockerfile, instruction: Instruction): string {
  const { text } = dockerfile;
  const start = text.lastIndexOf('\n', instruction.span.start - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start, instruction.span.start))?.[0] ?? '';
}

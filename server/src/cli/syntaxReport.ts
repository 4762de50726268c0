/** The syntax tree in the terms of BuildKit's own parser: what `syntax` prints. Lines are 1-based. */

import type { Escape, Heredoc, Instruction, Problem } from '../syntax/ast.ts';
import { interpret } from '../syntax/instructions.ts';
import { parse } from '../syntax/parser.ts';

export interface SyntaxNode {
  /** As written. */
  readonly keyword: string;
  readonly flags: readonly string[];
  /** BuildKit's argument chain (ENV and LABEL: name, value, separator); ONBUILD: one node, its lines 0. */
  readonly args: readonly (string | SyntaxNode)[];
  readonly json: boolean;
  readonly startLine: number;
  readonly endLine: number;
  readonly heredocs: readonly Pick<Heredoc, 'name' | 'fd' | 'expand' | 'chomp' | 'content'>[];
}

export interface ErrorReport {
  /** BuildKit's own text. */
  readonly message: string;
  readonly startLine: number;
  readonly endLine: number;
}

export interface SyntaxReport {
  readonly escape: Escape;
  readonly instructions: readonly SyntaxNode[];
  /** What BuildKit's parser refuses; it would stop at the first. */
  readonly errors: readonly ErrorReport[];
  /** What BuildKit refuses once it looks at each instruction. */
  readonly instructionErrors: readonly ErrorReport[];
}

/** Reads a Dockerfile as BuildKit's parser does, and goes on behind its errors. */
export function syntaxReport(text: string): SyntaxReport {
  const dockerfile = parse(text);
  const { problems } = interpret(dockerfile);
  return {
    escape: dockerfile.escape,
    instructions: dockerfile.instructions.map(nodeOf),
    errors: errorsOf(dockerfile.problems, 'parser'),
    instructionErrors: errorsOf(problems, 'instructions'),
  };
}

function nodeOf(instruction: Instruction): SyntaxNode {
  const { keyword, flags, args, json, lines, heredocs, trigger } = instruction;
  return {
    keyword,
    flags: flags.map((flag) => flag.text),
    args: trigger ? [nodeOf(trigger)] : args.map((argument) => argument.value),
    json,
    startLine: lines.start,
    endLine: lines.end,
    heredocs: heredocs.map(({ name, fd, expand, chomp, content }) => ({
      name,
      fd,
      expand,
      chomp,
      content,
    })),
  };
}

function errorsOf(
  problems: readonly Problem[],
  phase: 'parser' | 'instructions',
): readonly ErrorReport[] {
  return problems.flatMap(({ buildkit }) =>
    buildkit?.phase === phase
      ? [
          {
            message: buildkit.message,
            startLine: buildkit.lines?.start ?? 0,
            endLine: buildkit.lines?.end ?? 0,
          },
        ]
      : [],
  );
}

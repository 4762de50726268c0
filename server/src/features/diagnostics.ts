/**
 * Diagnostics: the problems that are ours to tell. What BuildKit itself refuses is told only where
 * no other extension tells it (setting `diagnostics.buildkitErrors`), apart from comments behind an
 * instruction, which nobody else explains. `# dockerfile-layers ignore=<code>[,<code>]` above an
 * instruction silences what is not an error.
 */

import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver-types';
import type { Analysis } from '../analysis.ts';
import type { Dockerfile, Problem } from '../syntax/ast.ts';
import { advice } from './advice.ts';
import { type Document, firstEndingAfter, rangeOf } from './places.ts';
import { volatileCopies } from './volatileCopy.ts';

const severities: Readonly<Record<Problem['severity'], DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
};

/** Other extensions in the same editor. */
export interface Peers {
  readonly otherDockerfileExtension: boolean;
  /** hadolint names some of the same lines, without bytes: then ours are hints. */
  readonly hadolint?: boolean;
}

/** The diagnostics of a document, in source order. */
export function diagnostics(
  analysis: Analysis,
  document: Document,
  { otherDockerfileExtension, hadolint = false }: Peers,
): Diagnostic[] {
  const { buildkitErrors, advice: isAdvising } = analysis.settings.diagnostics;
  const tellsBuildkit =
    buildkitErrors === 'on' || (buildkitErrors === 'auto' && !otherDockerfileExtension);
  const advised = isAdvising
    ? [...advice(analysis, hadolint), ...volatileCopies(analysis, hadolint)]
    : [];
  return [...analysis.problems, ...advised]
    .sort((a, b) => a.span.start - b.span.start)
    .filter((problem) => {
      if (problem.buildkit && !isTrailingComment(problem)) return tellsBuildkit;
      return problem.severity === 'error' || !isSilenced(analysis.dockerfile, problem);
    })
    .map((problem) => ({
      range: rangeOf(document, problem.span),
      severity: severities[problem.severity],
      code: problem.code,
      source: 'dockerfile-layers',
      message: problem.message,
    }));
}

/** Told by us whoever else tells BuildKit's errors, since BuildKit's text does not name the cause. */
function isTrailingComment({ code }: Problem): boolean {
  return code === 'trailing-comment';
}

/** Does a comment right above the instruction that the problem is in name the problem's code? */
function isSilenced({ instructions }: Dockerfile, { code, span }: Problem): boolean {
  const index = firstEndingAfter(instructions, (instruction) => instruction.span, span.start);
  const instruction = instructions[index];
  if (!instruction || instruction.span.start > span.end) return false;
  return instruction.comments.some((comment) => {
    const match = /^#?\s*dockerfile-layers\s+ignore\s*=\s*(.*)$/.exec(comment.trim());
    return match?.[1]?.split(/[\s,]+/).includes(code) ?? false;
  });
}

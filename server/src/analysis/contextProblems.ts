/**
 * Problems that only the files of the build context tell: sources that are not there or are
 * ignored, and ignore files that BuildKit refuses.
 */

import type { IgnoreState } from '../context/buildContext.ts';
import type { CopyFacts } from '../context/copyFacts.ts';
import type { Plan, Step } from '../model/plan.ts';
import type { Problem, Span } from '../syntax/ast.ts';
import type { ContextReading } from './contextFacts.ts';
import type { Held } from './facts.ts';

/** All of them, for the steps whose facts are known. */
export function contextProblems(
  plan: Plan,
  { state, copies, ignore }: ContextReading,
): readonly Problem[] {
  return [...ignoreProblems(plan, ignore, copies), ...copyProblems(copies, state.inferred)];
}

/** On the first instruction that takes files of the context, since the ignore file is another document. */
function ignoreProblems(
  plan: Plan,
  ignore: IgnoreState | null,
  copies: ReadonlyMap<Step, unknown>,
): readonly Problem[] {
  const [first] = copies.keys();
  const at = first?.instruction ?? plan.program.dockerfile.instructions[0];
  if (!ignore || !at) return [];
  const report = (message: string): Problem => ({
    code: 'ignore-file',
    severity: 'error',
    message,
    span: at.span,
  });
  return ignore.problems.map(({ message, line }) =>
    report(
      `${message}\nBuildKit refuses line ${line} of ${ignore.path}, so that no build can start.`,
    ),
  );
}

/**
 * In the order of the steps. A source that is missing is told only of a context that someone named:
 * in one that was guessed, it may be the guess that is wrong.
 */
function copyProblems(
  copies: ReadonlyMap<Step, Held<CopyFacts>>,
  inferred: boolean,
): readonly Problem[] {
  const found: Problem[] = [];
  for (const [step, { fact }] of copies) {
    if (fact.state !== 'known' || fact.value.kind !== 'known') continue;
    const { missing, ignored } = fact.value;
    for (const source of inferred ? [] : missing) {
      const message = `${source} does not exist in the build context, so the build will fail here.`;
      found.push(problem(step, source, 'copy-source-missing', message));
    }
    for (const source of ignored) {
      const message = `${source} exists, but the ignore file keeps it out of the build context, so the build will fail here.`;
      found.push(problem(step, source, 'copy-source-ignored', message));
    }
  }
  return found;
}

function problem(step: Step, source: string, code: string, message: string): Problem {
  return { code, severity: 'warning', message, span: sourceSpan(step, source) };
}

/** Where the source stands; the whole instruction where that cannot be told. */
function sourceSpan({ command, copy, instruction, fromTrigger }: Step, source: string): Span {
  if (fromTrigger || !copy || (command.kind !== 'copy' && command.kind !== 'add')) {
    return instruction.span;
  }
  // Expanded sources stand in the order of the written ones, unless some went elsewhere.
  const aligned = copy.sources.length === command.sources.length;
  const index = aligned ? copy.sources.indexOf(source) : -1;
  return command.sources[index]?.span ?? instruction.span;
}

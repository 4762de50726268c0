/** What is said of a build: its end as sentences, how far it is, and its error at the line that failed. */

import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver-types';
import type { BuildOrder } from '../builder/builder.ts';
import type { StepResult } from '../builder/outcomes.ts';
import type { Plan, Step } from '../model/plan.ts';
import type { Span } from '../syntax/ast.ts';
import { type Document, rangeOf } from './places.ts';
import { count, duration, oneLine } from './render.ts';

const stepChars = 80;

/**
 * The command that the output of a build begins with, as it would be typed: what was chosen, without
 * values of build arguments, since editors keep their output in files.
 */
export function commandLine(order: BuildOrder): string {
  const { context, dockerfile, target, platform, buildArgs, more } = order;
  const words = [
    ...['docker', 'buildx', 'build', ...more, '--file', dockerfile],
    ...(target === null ? [] : ['--target', target]),
    ...(platform === null ? [] : ['--platform', platform]),
    ...[...buildArgs.keys()].flatMap((name) => ['--build-arg', `${name}=…`]),
    context,
  ];
  const typed = words.map((word) => (/^[\w@%+=:,./…-]+$/.test(word) ? word : JSON.stringify(word)));
  return `$ ${typed.join(' ')}\n`;
}

/** `Built in 12 s: 5 of 12 steps came from cache.` */
export function builtSentence(results: ReadonlyMap<Step, StepResult>, ms: number): string {
  const all = [...results.values()];
  const cached = all.filter(({ outcome }) => outcome === 'cached').length;
  const took = `Built in ${duration(ms)}`;
  if (all.length === 0) return `${took}.`;
  if (all.every(({ outcome }) => outcome === 'notReported')) {
    return `${took}; the builder said nothing that can be read of what came from cache.`;
  }
  if (cached === all.length) return `${took}: all of ${count(all.length, 'step')} came from cache.`;
  return `${took}: ${cached} of ${count(all.length, 'step')} came from cache.`;
}

/** What failed: the line, the instruction, and the first line of the builder's message. */
export function failedSentence(
  failure: { readonly message: string; readonly line: number | null },
  instruction: string | null,
): string {
  const first = oneLine(failure.message.split('\n')[0] ?? '', 300).replace(/[.!?]$/, '');
  if (failure.line === null) return `The build failed: ${first}.`;
  const what = instruction === null ? '' : `, ${oneLine(instruction, stepChars)}`;
  return `The build failed at line ${failure.line}${what}: ${first}.`;
}

/** `step 4 of 12: RUN npm ci`. */
export function stepWords(number: number, total: number, text: string): string {
  return `step ${Math.min(number, total)} of ${total}: ${oneLine(text, stepChars)}`;
}

/** The span that a failure is shown at: the instruction that has the line, else the line. */
export function failureSpan(
  { program }: Plan,
  { line, step }: { readonly line: number | null; readonly step: Step | null },
): Span {
  const { text, instructions } = program.dockerfile;
  if (step) return step.instruction.span;
  const holding = instructions.find(
    ({ lines }) => line !== null && lines.start <= line && line <= lines.end,
  );
  if (holding) return holding.span;
  const lines = text.split('\n');
  const number = Math.min(Math.max(line ?? 1, 1), lines.length);
  const start = lines.slice(0, number - 1).reduce((sum, one) => sum + one.length + 1, 0);
  return { start, end: start + (lines[number - 1] ?? '').replace(/\r$/, '').length };
}

/** BuildKit's message, with the last lines that the step printed. */
export function buildDiagnostic(
  document: Document,
  {
    span,
    message,
    tail,
  }: { readonly span: Span; readonly message: string; readonly tail: readonly string[] },
): Diagnostic {
  const printed = tail.length === 0 ? '' : `\nIt printed last:\n${tail.join('\n')}`;
  return {
    range: rangeOf(document, span),
    severity: DiagnosticSeverity.Error,
    code: 'build-failed',
    source: 'dockerfile-layers',
    message: `${message}${printed}`,
  };
}

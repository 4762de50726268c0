/**
 * A RUN that is to be changed, and the proof of a change by reading it again: the text parses without
 * new problems, every other instruction stays as it is, and the RUN executes what was meant.
 */

import type { Analysis } from '../analysis.ts';
import type { Candidate } from '../merge/candidates.ts';
import { readCandidate } from '../merge/candidates.ts';
import type { Edit } from '../merge/mergeRun.ts';
import { readRunText } from '../merge/runText.ts';
import type { ResolvedMount, ResolvedRun, Stage, Step } from '../model/plan.ts';
import type { RunReading, ShellCommand } from '../shell/commands.ts';
import { readRun } from '../shell/readRun.ts';
import type { RunEstimate } from '../size/run/runSize.ts';
import type { Instruction } from '../syntax/ast.ts';
import { interpret } from '../syntax/instructions.ts';
import { parse } from '../syntax/parser.ts';

/** A change that makes a layer smaller. */
export interface SizeFix {
  readonly title: string;
  /** The diagnostic that it answers. */
  readonly code: string;
  readonly edits: readonly Edit[];
}

/** A RUN with what is known of it. */
export interface FixPlace {
  readonly analysis: Analysis;
  readonly stage: Stage;
  readonly step: Step;
  readonly run: ResolvedRun;
  readonly estimate: RunEstimate;
  readonly candidate: Candidate;
  readonly reading: RunReading;
  /** White space before a continued line, and the line end, where the RUN itself shows none. */
  readonly indent: string;
  readonly newline: '\n' | '\r\n';
}

/** The place of a RUN; undefined where its script is not understood or its layer is not made. */
export function fixPlace(
  analysis: Analysis,
  stage: Stage,
  step: Step,
  { indent, newline }: Pick<FixPlace, 'indent' | 'newline'>,
): FixPlace | undefined {
  const { run } = step;
  const estimate = run && analysis.sizes.run(step);
  if (!run || !estimate || estimate.size.pending) return undefined;
  const read = readCandidate(step);
  if (!read.ok) return undefined;
  const reading = readRun(run, analysis.plan.options.platform);
  return {
    analysis,
    stage,
    step,
    run,
    estimate,
    candidate: read.candidate,
    reading,
    indent,
    newline,
  };
}

/** What a RUN is after a change: how it runs, and what it then writes. */
export interface Changed {
  readonly reading: RunReading;
  readonly estimate: RunEstimate;
}

/**
 * The RUN after the edits; undefined where they change anything else. `mounts`: those that the edits
 * add. `gone`: an instruction that they take away.
 */
export function changed(
  place: FixPlace,
  edits: readonly Edit[],
  { mounts = [], gone }: { mounts?: readonly ResolvedMount[]; gone?: Instruction } = {},
): Changed | undefined {
  const { analysis, step, run } = place;
  const { dockerfile, program } = analysis;
  const after = interpret(parse(edited(dockerfile.text, edits)));
  if (after.problems.length > program.problems.length) return undefined;
  const kept = dockerfile.instructions.filter((one) => one !== gone);
  const { instructions } = after.dockerfile;
  if (instructions.length !== kept.length) return undefined;
  const at = kept.indexOf(step.instruction);
  const isSame = kept.every((one, index) => index === at || areEqual(one, instructions[index]));
  const instruction = instructions[at];
  const script = instruction && readRunText(instruction)?.script;
  if (!isSame || !instruction || script === undefined) return undefined;
  if (instruction.flags.length !== step.instruction.flags.length + mounts.length) return undefined;
  const changedRun: ResolvedRun = {
    ...run,
    // Made when it is read, so that spreading leaves it out.
    env: run.env,
    argv: [...run.argv.slice(0, -1), script],
    script,
    mounts: [...mounts, ...run.mounts],
  };
  const estimate = analysis.sizes.runAs(step, changedRun);
  if (!estimate) return undefined;
  return { reading: readRun(changedRun, analysis.plan.options.platform), estimate };
}

function edited(text: string, edits: readonly Edit[]): string {
  return [...edits]
    .sort((a, b) => b.span.start - a.span.start)
    .reduce(
      (all, { span, newText }) => all.slice(0, span.start) + newText + all.slice(span.end),
      text,
    );
}

function areEqual(one: Instruction, other: Instruction | undefined): boolean {
  return (
    one.joined.text === other?.joined.text &&
    one.heredocs.length === other.heredocs.length &&
    one.heredocs.every(({ content }, at) => content === other.heredocs[at]?.content)
  );
}

/** The commands as they are, with a change of their words; places and variables stay. */
export function isSameCommand(
  one: ShellCommand,
  other: ShellCommand | undefined,
  words: readonly string[] = one.words,
): boolean {
  if (!other) return false;
  const shape = ({ cwd, user, runs, outputs, input, pipedFrom, piped }: ShellCommand) =>
    JSON.stringify([cwd, user, runs, outputs, input, pipedFrom, piped]);
  return shape(one) === shape(other) && JSON.stringify(words) === JSON.stringify(other.words);
}

/** Does the RUN execute what it executed before, and then these commands, in every build? */
export function onlyAdds(
  before: RunReading,
  after: RunReading,
  added: readonly (readonly string[])[],
): boolean {
  const { commands } = before;
  if (after.unread !== before.unread) return false;
  if (after.commands.length !== commands.length + added.length) return false;
  if (!commands.every((one, at) => isSameCommand(one, after.commands[at]))) return false;
  return added.every((words, at) => {
    const command = after.commands[commands.length + at];
    const isThere = JSON.stringify(command?.words) === JSON.stringify(words);
    return isThere && command?.runs === 'always' && !command.piped && command.pipedFrom === null;
  });
}

/** By how many bytes the layer shrinks, of what is known. */
export function savedBytes(before: RunEstimate, after: RunEstimate): number {
  return knownBytes(before) - knownBytes(after);
}

function knownBytes({ contributions }: RunEstimate): number {
  return contributions.reduce((all, { size }) => all + (size.bytes ?? 0), 0);
}

/** What is smaller is not worth a change. */
export const smallestBytes = 1_000_000;

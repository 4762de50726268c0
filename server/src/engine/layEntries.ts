/** What the steps of a target are expected to leave in an image's history. */

import { stepsBackwards } from '../model/chain.ts';
import type { Plan, Step } from '../model/plan.ts';
import { type RunBodies, runBodies } from './layRow.ts';

/** A step that makes an entry, with what its text may be. */
export interface Entry {
  readonly step: Step;
  /** `RUN`, `COPY` …, upper case. */
  readonly keyword: string;
  /** RUN: what is run, the shell in front; null for the others. */
  readonly body: string | null;
  /** As it stands in the file, joined, without the keyword, with all heredocs: older builders write some of it. */
  readonly written: string;
  /** What BuildKit's text may leave out: flags, and the bodies of heredocs. */
  readonly hidden: string;
  /** The predicted text, made when it is read for the first time; null: too much text for one file. */
  readonly text: () => string | null;
  /** The text as it is with the values of ARG that the image was built with. */
  readonly builtText: () => string | null;
}

/** Texts of all RUN lines together: each repeats the ARGs above it, which can grow with the square of the file. */
const maxText = 16_000_000;

/**
 * Entries of a stage's chain, the oldest first. `built`: the same file with the image's own values of
 * ARG; null: they are the same.
 */
export function entriesOf(plan: Plan, stage: number, built: Plan | null): readonly Entry[] {
  const steps = imageSteps(plan, stage);
  const others = built ? imageSteps(built, stage) : steps;
  const budget = { left: maxText };
  const entries: Entry[] = [];
  for (const [at, step] of steps.entries()) {
    const keyword = keywordOf(step);
    if (keyword === null) continue;
    const other = others.length === steps.length ? (others[at] as Step) : step;
    const text = remembered(step, budget);
    entries.push({
      step,
      keyword,
      body: step.run ? step.run.argv.join(' ') : null,
      written: writtenOf(step),
      hidden: hiddenOf(step),
      text,
      builtText: other === step ? text : remembered(other, budget),
    });
  }
  return entries;
}

/** What is needed of a target to compare many images with it. */
export interface Target {
  readonly entries: readonly Entry[];
  readonly bodies: RunBodies;
  /** Texts of the entries, as `entryKey` makes them. */
  readonly keys: ReadonlySet<string>;
}

const targets = new WeakMap<Plan, Map<number, Target>>();

/** Made once for each plan and stage. */
export function targetOf(plan: Plan, stage: number): Target {
  const known = targets.get(plan) ?? new Map<number, Target>();
  targets.set(plan, known);
  let target = known.get(stage);
  if (!target) {
    const entries = entriesOf(plan, stage, null);
    const bodies = runBodies(entries.flatMap(({ body }) => (body === null ? [] : [body])));
    target = { entries, bodies, keys: new Set(entries.map(entryKey)) };
    known.set(stage, target);
  }
  return target;
}

/** Equal for entries of equal texts; values of ARG in front of a RUN count for nothing. */
export function entryKey({ keyword, body, text }: Entry): string {
  return body === null ? `${keyword} ${text()}` : `RUN ${body}`;
}

/** All steps whose effects an image has, triggers included, the oldest first. */
export function imageSteps(plan: Plan, stage: number): readonly Step[] {
  return [...stepsBackwards(plan, stage)].reverse();
}

function keywordOf(step: Step): string | null {
  const { command } = step;
  if (step.run) return 'RUN';
  // Only the classic builder has an entry for it; the text of others is null.
  if (command.kind === 'onbuild') return 'ONBUILD';
  const text = step.createdBy;
  if (text === null) return null;
  return text.split(' ', 1)[0] as string;
}

function writtenOf({ instruction, command }: Step): string {
  if (command.kind === 'onbuild') return command.expression;
  const { text } = instruction.joined;
  const line = text.slice(instruction.keyword.length).trim();
  return [line, ...instruction.heredocs.map(({ content }) => content.trim())].join('\n');
}

function hiddenOf({ instruction: { flags, heredocs } }: Step): string {
  if (flags.length === 0 && heredocs.length === 0) return '';
  return [...flags.map(({ text }) => text), ...heredocs.map(({ content }) => content)].join('\n');
}

function remembered(step: Step, budget: { left: number }): () => string | null {
  if (step.command.kind === 'onbuild') return () => null;
  let text: string | null | undefined;
  return () => {
    if (text !== undefined) return text;
    if (budget.left < 0) return null;
    text = step.createdBy;
    budget.left -= text?.length ?? 0;
    return text;
  };
}

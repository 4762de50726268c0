/**
 * Merges neighbouring RUN lines of a stage into one that does the same: same exit status at the
 * same command, same output, same files, and each script with the shell it would have had alone.
 * Where that is not known, nothing is offered, and the reason is a sentence.
 */

import type { Stage, Step } from '../model/plan.ts';
import { type Refusal, refuse } from '../shell/refusal.ts';
import { longestScript } from '../shell/shellTree.ts';
import type { Dockerfile, Span } from '../syntax/ast.ts';
import { type Candidate, readCandidate, tooLong } from './candidates.ts';
import { chainText } from './chainText.ts';
import { asLines, heredocText } from './heredocText.ts';
import { joinScripts } from './joinScripts.ts';
import { mergeableGroups, mergeGroups } from './mergeGroups.ts';
import { findFault } from './verify.ts';

export interface MergeOptions {
  /** `auto`: a heredoc where the scripts are heredocs, else lines joined with ` && \`. */
  readonly style: 'auto' | 'chain' | 'heredoc';
  /** White space before a continued line. */
  readonly indent: string;
  readonly newline: '\n' | '\r\n';
}

export interface Edit {
  readonly span: Span;
  readonly newText: string;
}

export type MergeResult =
  | {
      readonly ok: true;
      readonly edits: readonly Edit[];
      readonly title: string;
      readonly layersSaved: number;
    }
  | Refusal;

/**
 * One RUN instead of two or more neighbouring ones (only comments and blank lines between them).
 * `ok: false` with a full sentence where the merged one might do something else.
 */
export function mergeRuns(
  dockerfile: Dockerfile,
  steps: readonly Step[],
  options: MergeOptions,
): MergeResult {
  const candidates: Candidate[] = [];
  for (const step of steps) {
    const reading = readCandidate(step);
    if (!reading.ok) return reading;
    candidates.push(reading.candidate);
  }
  return mergeCandidates(dockerfile, candidates, options);
}

function mergeCandidates(
  dockerfile: Dockerfile,
  candidates: readonly Candidate[],
  options: MergeOptions,
): MergeResult {
  const [first] = candidates;
  const last = candidates.at(-1);
  if (!first || !last || candidates.length < 2) return refuse('Two RUN lines are needed.');
  const index = dockerfile.instructions.indexOf(first.text.instruction);
  if (isOnWindows(dockerfile, index)) {
    return refuse('The stage stands on a Windows image, whose shell reads another language.');
  }
  for (const [at, { surroundings, text }] of candidates.entries()) {
    if (index < 0 || dockerfile.instructions[index + at] !== text.instruction) {
      return refuse('The RUN lines are not next to each other.');
    }
    if (surroundings !== first.surroundings) return refuse(differentSurroundings);
  }
  const scripts = candidates.map(({ facts }) => facts);
  const length = scripts.reduce((sum, { text }) => sum + text.length, 0);
  if (length > longestScript) {
    return refuse(tooLong);
  }
  const hasHeredoc = candidates.some(({ text }) => text.heredoc);
  const counted = scripts.find(({ lineSense }) => lineSense?.includes('LINENO'));
  if (hasHeredoc && counted) return refuse(counted.lineSense ?? '');
  const tiedToLine = scripts.some(({ lineSense }) => lineSense !== undefined);
  const mayBeLines = options.newline === '\n' && !tiedToLine;
  if (hasHeredoc || (options.style === 'heredoc' && mayBeLines)) {
    return writeMerge(dockerfile, candidates, options, true);
  }
  const chain = writeMerge(dockerfile, candidates, options, false);
  if (chain.ok || !mayBeLines) return chain;
  // BuildKit takes some shell words next to a heredoc for something else; in a body it reads none.
  const written = writeMerge(dockerfile, candidates, options, true);
  return written.ok ? written : chain;
}

/** Joins and writes candidates that fit together, in lines of a heredoc or as one continued line. */
function writeMerge(
  dockerfile: Dockerfile,
  candidates: readonly Candidate[],
  options: MergeOptions,
  asHeredoc: boolean,
): MergeResult {
  const [first] = candidates;
  const last = candidates.at(-1);
  if (!first || !last) return refuse('Two RUN lines are needed.');
  const scripts = candidates.map(({ facts }) => facts);
  const joined = joinScripts(scripts, first.shell, first.place, asHeredoc);
  if (!joined.ok) return joined;
  const { errexit, trace } = first.shell;
  const join = (asHeredoc && !trace && asLines(joined.join, errexit)) || joined.join;
  const runs = candidates.map(({ text }) => text);
  const newText = asHeredoc
    ? heredocText(dockerfile, runs, join)
    : chainText(dockerfile, runs, join, options);
  const span = { start: first.text.instruction.span.start, end: last.text.instruction.span.end };
  const whole = dockerfile.text.slice(0, span.start) + newText + dockerfile.text.slice(span.end);
  const index = dockerfile.instructions.indexOf(first.text.instruction);
  const fault = findFault(dockerfile, whole, index, candidates.length, join);
  if (fault) return refuse(fault);
  return {
    ok: true,
    edits: [{ span, newText }],
    title: titleOf(candidates.length),
    layersSaved: candidates.length - 1,
  };
}

/** Follows the stage's FROM to the image it names, through other stages. */
function isOnWindows(dockerfile: Dockerfile, index: number): boolean {
  const earlier = dockerfile.instructions.slice(0, Math.max(index, 0));
  let at = earlier.findLastIndex(({ name }) => name === 'FROM');
  while (at >= 0) {
    const from = earlier[at];
    const [base = '', ...flags] = [
      from?.args[0]?.value ?? '',
      ...(from?.flags ?? []).map(({ text }) => text),
    ];
    if (flags.some((flag) => flag.includes('windows'))) return true;
    const parent = earlier
      .slice(0, at)
      .findLastIndex(
        ({ name, args }) => name === 'FROM' && args[2]?.value.toLowerCase() === base.toLowerCase(),
      );
    if (parent < 0) return /windows|nanoserver|servercore/i.test(base);
    at = parent;
  }
  return false;
}

const differentSurroundings =
  'The RUN lines differ in their flags or in the shell that runs them, so that one line cannot do both.';

/**
 * The merge for the steps that someone points at: all of them where that is possible, else of the
 * run of neighbours around or within them that can be merged. With one step, its neighbours count.
 */
export function mergeAround(
  dockerfile: Dockerfile,
  stage: Stage,
  chosen: readonly Step[],
  options: MergeOptions,
): MergeResult {
  const wanted = new Set(chosen);
  if (chosen.length > 1) {
    const whole = mergeRuns(dockerfile, chosen, options);
    if (whole.ok) return whole;
    for (const group of mergeableGroups(stage)) {
      const part = group.filter((step) => wanted.has(step));
      const merged = part.length > 1 ? mergeRuns(dockerfile, part, options) : undefined;
      if (merged?.ok) return merged;
    }
    return whole;
  }
  const group = mergeableGroups(stage).find((steps) => steps.some((step) => wanted.has(step)));
  if (group) return mergeRuns(dockerfile, group, options);
  const neighbors = mergeGroups(stage).find((steps) => steps.some((step) => wanted.has(step)));
  return neighbors
    ? mergeRuns(dockerfile, neighbors, options)
    : refuse('No other RUN line stands next to this one.');
}

/** Merges all that can be merged in a stage, as one change; what cannot stays as it is. */
export function mergeStage(
  dockerfile: Dockerfile,
  stage: Stage,
  options: MergeOptions,
): MergeResult {
  const edits: Edit[] = [];
  let layersSaved = 0;
  let reason = 'The stage has no RUN lines next to each other that can be merged.';
  for (const group of mergeableGroups(stage)) {
    const merged = mergeRuns(dockerfile, group, options);
    if (merged.ok) {
      edits.push(...merged.edits);
      layersSaved += merged.layersSaved;
    } else reason = merged.reason;
  }
  if (edits.length === 0) return refuse(reason);
  const layers = `${layersSaved} ${layersSaved === 1 ? 'layer' : 'layers'} fewer`;
  const title = `Merge all RUN lines of this stage (${layers}; a change in one then re-runs those merged with it)`;
  return { ok: true, edits, title, layersSaved };
}

function titleOf(count: number): string {
  const saved = count - 1;
  return count === 2
    ? 'Merge 2 RUN lines (1 layer fewer; a change in either then re-runs both)'
    : `Merge ${count} RUN lines (${saved} layers fewer; a change in one then re-runs all)`;
}

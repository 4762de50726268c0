/**
 * What the next build takes from cache and what it runs again, of lines and of the whole, as the
 * reports and cards have it. Lines are 1-based where a sentence names them.
 */

import type { Analysis } from '../analysis.ts';
import type { BuildRecord } from '../cache/buildRecord.ts';
import type { Prediction, Predictions } from '../cache/prediction.ts';
import type { Stage, Step } from '../model/plan.ts';
import type { AgainReport, CacheReport } from '../protocol.ts';
import { firstEndingAfter } from './places.ts';
import { again, count, moment } from './render.ts';
import { type Row, rowsOf } from './rows.ts';

/** A first miss with all that runs again because of it. */
export interface Miss {
  readonly step: Step;
  readonly stage: Stage;
  /** Zero-based line of the step, and of what causes it, which may be an ARG or ENV above. */
  readonly line: number;
  readonly causeLine: number;
  /** What changed, without a full stop. */
  readonly reason: string;
  /** This step included. */
  readonly steps: number;
  /** Further steps that missed first for the same cause, among `steps`. */
  readonly others: number;
  /** Of those whose time is known. */
  readonly ms: number;
  readonly unknownTimes: number;
}

/** The prediction of a row; undefined for all that is no step of a needed stage. */
export function predictionOf(analysis: Analysis, row: Row): Prediction | undefined {
  return row.kind === 'step' && row.stage.needed ? analysis.cache.of(row.step) : undefined;
}

/** The prediction as the contract has it; null for FROM, metadata and stages that are not needed. */
export function cacheReport(analysis: Analysis, row: Row): CacheReport | null {
  if (row.kind !== 'step' || row.step.effect !== 'layer' || !row.stage.needed) return null;
  const prediction = analysis.cache.of(row.step);
  if (!prediction) return nothingToCompare;
  const { word, cause, notes, last } = prediction;
  return {
    prediction: word,
    cause: cause && {
      line: cause.span && lineAt(analysis, cause.span.start),
      reason: cause.reason,
    },
    notes,
    lastMs: last?.ms ?? null,
  };
}

const nothingToCompare: CacheReport = {
  prediction: 'unknown',
  cause: { line: null, reason: 'There is no earlier build to compare with.' },
};

/** Zero-based line of the instruction at an offset; null where there is none. */
function lineAt({ plan }: Analysis, offset: number): number | null {
  const rows = rowsOf(plan);
  const row = rows[firstEndingAfter(rows, ({ instruction }) => instruction.span, offset)];
  return row ? row.instruction.lines.start - 1 : null;
}

const remembered = new WeakMap<Predictions, readonly Miss[]>();

/** The first misses in the order of the file, each with what follows it. */
export function missesOf(analysis: Analysis): readonly Miss[] {
  const known = remembered.get(analysis.cache);
  if (known) return known;
  const found = collect(analysis);
  remembered.set(analysis.cache, found);
  return found;
}

function collect(analysis: Analysis): readonly Miss[] {
  type Draft = { -readonly [Key in keyof Miss]: Miss[Key] };
  /** By where the cause stands, and also by where the steps that missed first stand. */
  const groups = new Map<number, Draft>();
  for (const stage of analysis.plan.stages) {
    if (!stage.needed) continue;
    const from = stage.from.instruction;
    /** Where the miss is that what has no cause of its own follows. */
    let miss: number | null = null;
    for (const step of [...stage.triggers, ...stage.steps]) {
      const prediction = analysis.cache.of(step);
      if (prediction?.word !== 'changed' && prediction?.word !== 'rebuild') continue;
      const { instruction } = step.fromTrigger ? stage.from : step;
      const own = instruction.span.start;
      const isFirst = prediction.word === 'changed';
      const at: number = prediction.cause?.span?.start ?? (isFirst ? own : (miss ?? own));
      miss = at;
      let group = groups.get(at);
      if (!group) {
        const line = (step.fromTrigger ? from : instruction).lines.start - 1;
        const reason = unstopped(prediction.cause?.reason ?? 'something changed');
        group = {
          step,
          stage,
          line,
          causeLine: lineAt(analysis, at) ?? line,
          reason,
          steps: 0,
          others: -1,
          ms: 0,
          unknownTimes: 0,
        };
        groups.set(at, group);
      }
      if (isFirst) {
        group.others += 1;
        groups.set(own, group);
      }
      const ms = prediction.last?.ms ?? null;
      group.steps += 1;
      group.ms += ms ?? 0;
      group.unknownTimes += ms === null ? 1 : 0;
    }
  }
  return [...new Set(groups.values())].map((group) => ({
    ...group,
    others: Math.max(0, group.others),
  }));
}

/** The miss that a step belongs to; undefined where it does not run again. */
export function missOf(analysis: Analysis, prediction: Prediction, step: Step): Miss | undefined {
  const at = prediction.cause?.span ? lineAt(analysis, prediction.cause.span.start) : null;
  const misses = missesOf(analysis);
  return misses.find(
    (miss) =>
      miss.step === step || (at === null ? false : miss.line === at || miss.causeLine === at),
  );
}

/**
 * Do steps that take time run again in stages of which none waits for the other? The builder runs such
 * stages at the same time.
 */
function runSideBySide({ cache, plan }: Analysis): boolean {
  /** Of each stage: the stages that it names. */
  const below: (readonly number[])[] = [];
  let last: number | null = null;
  for (const { index, needed, base, triggers, steps } of plan.stages) {
    const direct = base.stage === null ? [] : [base.stage];
    let takesTime = false;
    for (const step of needed ? [...triggers, ...steps] : []) {
      const origins = [step.copy?.origin, ...(step.run?.mounts ?? []).map(({ origin }) => origin)];
      for (const origin of origins) if (origin?.kind === 'stage') direct.push(origin.stage);
      const { word, last: before = null } = cache.of(step) ?? {};
      takesTime ||= (word === 'changed' || word === 'rebuild') && (before?.ms ?? 0) >= longEnoughMs;
    }
    below[index] = direct;
    if (!takesTime) continue;
    if (last !== null && !waitsFor(last, index, below)) return true;
    last = index;
  }
  return false;
}

/** Does a stage wait for another one above it? */
function waitsFor(other: number, stage: number, below: readonly (readonly number[])[]): boolean {
  const open = [stage];
  const seen = new Set(open);
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    for (const next of below[one] ?? []) {
      if (next === other) return true;
      if (next < other || seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return false;
}

/** Less is not seen in figures. */
const longEnoughMs = 100;

/** What the next build runs again, for the contract; null where there is nothing to compare with. */
export function againReport(analysis: Analysis): AgainReport | null {
  const { cache, plan } = analysis;
  if (cache.noBuild) return null;
  let unknown = 0;
  let since: BuildRecord | null = null;
  for (const stage of plan.stages) {
    if (!stage.needed) continue;
    for (const step of [...stage.triggers, ...stage.steps]) {
      const prediction = cache.of(step);
      if (prediction?.word === 'unknown') unknown += 1;
      since ??= prediction?.since ?? null;
    }
  }
  return {
    ...cache.again,
    sideBySide: runSideBySide(analysis),
    unknown,
    since: since && { at: since.at, source: since.source },
    causes: missesOf(analysis).map((miss) => ({
      line: miss.line,
      causeLine: miss.causeLine,
      reason: miss.reason,
      steps: miss.steps,
      ms: miss.unknownTimes < miss.steps ? miss.ms : null,
      text: missText(miss),
    })),
  };
}

/** `line 7: src/app.ts changed; this and 4 steps after it run again, about 1 min 40 s last time` */
function missText(miss: Miss): string {
  const { line, causeLine, reason } = miss;
  const what = causeLine === line ? runs('this', miss) : runs(`line ${line + 1}`, miss);
  return `line ${causeLine + 1}: ${reason}; ${what}`;
}

/** `this and the 4 steps after it run again, about 1 min 40 s last time` */
export function runs(subject: string, { steps, others, ...times }: Miss): string {
  const rest = steps - 1;
  const time = again({ steps, ...times });
  const tail = time === '' ? '' : `, ${time} last time`;
  if (rest === 0) return `${subject} runs again${tail}`;
  const more =
    others > 0
      ? count(rest, 'other step')
      : `the ${rest === 1 ? 'step' : count(rest, 'step')} after it`;
  return `${subject} and ${more} run again${tail}`;
}

/** A reason may be a sentence or a part of one. */
export function unstopped(reason: string): string {
  return reason.replace(/\.$/, '');
}

/** `the build of 14:02` */
export function recordWords({ at, source }: Pick<BuildRecord, 'at' | 'source'>, now: Date): string {
  const time = moment(at, now);
  const what = source === 'snapshot' || source === 'probe' ? source : 'build';
  return `the ${what}${time && ` of ${time}`}`;
}

/** Why a step runs again, or why that is not known; `''` where nothing is said. */
export function causeSentence(
  { cache }: Analysis,
  report: CacheReport | null,
  line: number,
): string {
  if (cache.noBuild || !report?.cause) return '';
  const { reason, line: at } = report.cause;
  const place = at === null || at === line ? '' : ` (line ${at + 1})`;
  return `${capital(unstopped(reason))}${place}.`;
}

/** A sentence may start with the name of a file or a variable, which stays as it is. */
export function capital(text: string): string {
  return /^(the|a|an|this|line|its|it|no|another|what|nothing)\s/.test(text)
    ? `${text.charAt(0).toUpperCase()}${text.slice(1)}`
    : text;
}

/** What the next build does, a sentence; `''` where there is nothing to compare with. */
export function nextBuild(report: AgainReport | null): string {
  if (!report) return '';
  const { steps, unknown } = report;
  const open = count(unknown, steps > 0 ? 'further step' : 'step');
  const rest = unknown === 0 ? '' : `; of ${open} it cannot be told`;
  if (steps === 0) {
    return unknown === 0
      ? 'The next build takes every step from cache.'
      : `The next build is not known to run a step again${rest}.`;
  }
  const time = again(report);
  const sum = report.sideBySide ? ', added up over stages that run side by side' : '';
  const took = time && `, ${time} last time${sum}`;
  return `The next build runs ${count(steps, 'step')} again${took}${rest}.`;
}

/**
 * The same for a status bar: `4 steps again, about 1 min 40 s`, or `≥ 4 steps again, ≥ 1 min 40 s`
 * where of some it cannot be told; `''` where there is nothing to compare with.
 */
export function nextBuildShort(report: AgainReport | null): string {
  if (!report) return '';
  const { steps, unknown } = report;
  if (steps === 0) return unknown === 0 ? 'all cached' : '';
  const least = unknown > 0 ? '≥ ' : '';
  const time = again(report);
  const sum = report.sideBySide && time !== '' ? ' in all' : '';
  const took = `${unknown > 0 ? time.replace(/^(about|at least) /, '≥ ') : time}${sum}`;
  return [`${least}${count(steps, 'step')} again`, took].filter(Boolean).join(', ');
}

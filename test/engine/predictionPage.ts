/** What the mutation suite comes to, and the page that shows it. */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { editKinds } from './predictionEdits.ts';
import { projects } from './predictionProjects.ts';
import type { Judged, JudgedEdit } from './predictionTrial.ts';

/** Where the page lies. */
export const predictionsPath = join(import.meta.dirname, '../../docs/cache.md');

/** Edits of each project, and the seed of the walks, of the page and of the engine test. */
export const walkLength = 16;
export const walkSeed = 4;

/** The goals: at least this share of what is known agrees, at most this share is unknown. */
export const leastAgreement = 0.99;
export const mostUnknown = 0.05;

const words = ['cached', 'changed', 'rebuild', 'unknown'] as const;
const actuals = ['cached', 'ran'] as const;

export interface PredictionSummary {
  readonly edits: number;
  /** Steps that the builder reported. */
  readonly steps: number;
  readonly unknown: number;
  readonly known: number;
  readonly agreed: number;
  /** Said to be cached, and ran. */
  readonly falseCached: readonly Judged[];
  /** Said to run, and was cached. */
  readonly falseMisses: readonly Judged[];
  /** Steps that the builder never came to. */
  readonly unreported: number;
  /** Edits whose first miss has to name something, and those where it does not. */
  readonly causes: number;
  readonly unnamed: readonly JudgedEdit[];
  /** By `word actual`. */
  readonly table: ReadonlyMap<string, number>;
}

/** Counts over all steps of the edits. */
export function predictionSummary(edits: readonly JudgedEdit[]): PredictionSummary {
  const all = edits.flatMap(({ steps }) => steps);
  const steps = all.filter(({ actual }) => actual !== 'unreported');
  const known = steps.filter(({ word }) => word !== 'unknown');
  const falseCached = known.filter(({ word, actual }) => word === 'cached' && actual === 'ran');
  const falseMisses = known.filter(({ word, actual }) => word !== 'cached' && actual === 'cached');
  const table = new Map<string, number>();
  for (const { word, actual } of steps) {
    const cell = `${word} ${actual}`;
    table.set(cell, (table.get(cell) ?? 0) + 1);
  }
  const named = edits.filter(
    ({ edit, steps }) => edit.names && steps.some(({ word }) => word === 'changed'),
  );
  return {
    edits: edits.length,
    steps: steps.length,
    unknown: steps.length - known.length,
    known: known.length,
    agreed: known.length - falseCached.length - falseMisses.length,
    falseCached,
    falseMisses,
    unreported: all.length - steps.length,
    causes: named.length,
    unnamed: named.filter(
      ({ edit, steps }) =>
        !steps.some(
          ({ word, reason }) =>
            word === 'changed' &&
            // Where the Dockerfile is copied, it has changed as well.
            (reason.includes(edit.names ?? '') || reason.startsWith('Dockerfile changed')),
        ),
    ),
    table,
  };
}

/** Digest of projects and kinds of edits: a page of others is noticed. */
export function suiteDigest(): string {
  const states = projects('').map(({ name, state }) => [
    name,
    state.blocks,
    [...state.files.keys()],
  ]);
  return createHash('sha256')
    .update(JSON.stringify([states, editKinds, walkLength, walkSeed]))
    .digest('hex')
    .slice(0, 16);
}

/** One line: what a step was said to do and did. */
export function describeJudged(judged: Judged): string {
  const { project, edit, kind, about, line, text, word, reason, actual } = judged;
  const why = reason ? `: ${reason}` : '';
  return `${project} ${edit}, ${kind} (${about}), line ${line} ${text}\n  said ${word}${why}; ${actual}`;
}

/** The whole page as Markdown. */
export function predictionPage(edits: readonly JudgedEdit[], engine: string, date: string): string {
  const summary = predictionSummary(edits);
  const { known, agreed, steps, unknown, falseCached, falseMisses, table } = summary;
  const wrong = [...falseCached, ...falseMisses];
  const about = projects('');
  const count = (word: string, actual: string) => table.get(`${word} ${actual}`) ?? 0;
  return [
    '# Predictions beside real builds',
    '',
    'Written by `npm run predictions`; do not edit.',
    `<!-- suite: ${suiteDigest()} -->`,
    '',
    `${about.length} projects, each built, then edited and built again ${walkLength} times in a row by Docker Engine ${engine}`,
    `on ${date}: ${summary.edits} edits of ${editKinds.length} kinds, generated from seed ${walkSeed}. Before each build the next steps were`,
    'predicted from the records of the builds before it; after it each step was compared with what the builder did.',
    '',
    '| Predicted | Cached by the builder | Run by the builder |',
    '| --- | ---: | ---: |',
    ...words.map(
      (word) => `| ${word} | ${actuals.map((actual) => count(word, actual)).join(' | ')} |`,
    ),
    '',
    `Of ${steps} steps ${unknown} (${percent(unknown, steps)}) are *unknown*; of the ${known} others ${agreed} agree (${percent(agreed, known)}).`,
    `False *cached*: ${falseCached.length}. False misses: ${falseMisses.length}.`,
    `The first miss names the file or variable of the edit in ${summary.causes - summary.unnamed.length} of ${summary.causes} edits that have one to name.`,
    '',
    '## Disagreements',
    '',
    ...(wrong.length > 0 ? tableOf(wrong) : ['None.']),
    '',
    '## Unknown',
    '',
    ...(unknown > 0
      ? tableOf(edits.flatMap((edit) => edit.steps.filter(({ word }) => word === 'unknown')))
      : ['None.']),
    '',
    '## Projects',
    '',
    '| Project | With | Edits | Steps | Agree | Unknown |',
    '| --- | --- | ---: | ---: | ---: | ---: |',
    ...about.map(({ name, about }) => {
      const row = predictionSummary(edits.filter(({ project }) => project === name));
      return `| ${[name, about, row.edits, row.steps, row.agreed, row.unknown].join(' | ')} |`;
    }),
    '',
    '## Edits',
    '',
    '| Edit | Times | Steps | Cached by the builder | Run | Agree | Unknown |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...editKinds.flatMap((kind) => {
      const of = edits.filter(({ edit }) => edit.kind === kind);
      if (of.length === 0) return [];
      const row = predictionSummary(of);
      const did = (actual: string) =>
        of.flatMap((edit) => edit.steps).filter((step) => step.actual === actual).length;
      const cells = [
        kind,
        row.edits,
        row.steps,
        did('cached'),
        did('ran'),
        row.agreed,
        row.unknown,
      ];
      return [`| ${cells.join(' | ')} |`];
    }),
    '',
  ].join('\n');
}

function percent(part: number, whole: number): string {
  return `${((part / Math.max(whole, 1)) * 100).toFixed(1)} %`;
}

function tableOf(judged: readonly Judged[]): readonly string[] {
  return [
    '| Project | Edit | Line | Predicted | Builder | What was said |',
    '| --- | --- | --- | --- | --- | --- |',
    ...judged.map(({ project, edit, kind, about, line, text, word, actual, reason, notes }) => {
      const cells = [
        `${project} ${edit}`,
        escaped(about ? `${kind}: ${about}` : kind),
        `${line} ${code(text)}`,
        word,
        actual,
        escaped([reason, ...(reason ? [] : notes)].join(' ')),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
}

const masked = (text: string) => text.replace(/\d{10,}-\d+/g, '…').replaceAll('|', '\\|');

function escaped(text: string): string {
  return masked(text).replace(/\s+/g, ' ').replaceAll('<', '&lt;');
}

function code(text: string): string {
  const short = text.length > 70 ? `${text.slice(0, 69)}…` : text;
  return `\`${masked(short).replaceAll('`', "'")}\``;
}

/** What became of entries that no step stands for: changed, or gone. */

import type { Entry } from './layEntries.ts';
import { type Laying, numbers, type Pair, type Settled } from './laying.ts';
import type { ReadRow } from './layRow.ts';

/** By positions: steps with the row that was theirs, and rows of no step. */
export interface Edits {
  readonly changed: readonly (readonly [number, number])[];
  readonly gone: readonly number[];
}

/** What stands between the pairs on both sides. `pairs`: in the order of the steps. */
export function editsOf(
  laying: Laying,
  pairs: readonly Pair[],
  { unsure, taken, start }: Omit<Settled, 'pairs'>,
): Edits {
  const { entries, read } = laying;
  const used = new Set(pairs.map(({ step }) => step));
  const stays = pairs.filter(({ moved }) => !moved);
  const changed: (readonly [number, number])[] = [];
  const gone: number[] = [];
  let step = 0;
  let row = start.rows;
  for (const pair of [...stays, { step: entries.length, row: read.length }]) {
    const gap: Leftovers = {
      steps: numbers(step, pair.step).filter(
        (at) => !used.has(at) && !unsure.has((entries[at] as Entry).step),
      ),
      rows: numbers(row, pair.row).filter((at) => !taken.has(at) && !isByFlag(laying, at)),
    };
    const found = changedPairs(gap, entries, read);
    changed.push(...found);
    const kept = new Set(found.map(([, at]) => at));
    for (const at of gap.rows) if (!kept.has(at)) gone.push(at);
    step = pair.step + 1;
    row = pair.row + 1;
  }
  return { changed, gone };
}

/** The classic builder ends the history with the labels of `--label`; no line is gone for it. */
function isByFlag({ read }: Laying, at: number): boolean {
  const row = read[at] as ReadRow;
  return at === read.length - 1 && row.keyword === 'LABEL' && row.form === 'classic';
}

/** The first step behind which other variables than in the image are in force; infinite: none. */
export function otherVariables(
  { entries, read }: Laying,
  pairs: readonly Pair[],
  { gone, changed }: Edits,
): number {
  const used = new Map(pairs.map((pair) => [pair.step, pair]));
  let first = Number.POSITIVE_INFINITY;
  for (const [step, { keyword }] of entries.entries()) {
    const pair = used.get(step);
    if (keyword === 'ENV' && (pair === undefined || pair.moved)) {
      first = step;
      break;
    }
  }
  const lost = [...gone, ...changed.map(([, row]) => row)].filter(
    (row) => (read[row] as ReadRow).keyword === 'ENV',
  );
  for (const row of lost) {
    const before = pairs.filter((pair) => pair.row < row && !pair.moved).at(-1);
    first = Math.min(first, before ? before.step : -1);
  }
  return first;
}

interface Leftovers {
  /** Steps and rows between two pairs that belong together. */
  readonly steps: readonly number[];
  readonly rows: readonly number[];
}

/** Texts longer than this are compared by their beginning. */
const maxCompared = 4000;

/**
 * Pairs of one gap that are taken as one line before and after an edit: of the same instruction, in
 * order; where their numbers differ, only those whose words are mostly the same.
 */
function changedPairs(
  { steps, rows }: Leftovers,
  entries: readonly Entry[],
  read: readonly ReadRow[],
): readonly (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  if (steps.length * rows.length > 10_000) return pairs;
  const keywords = new Set(steps.map((step) => (entries[step] as Entry).keyword));
  for (const keyword of keywords) {
    const ours = steps.filter((step) => (entries[step] as Entry).keyword === keyword);
    const theirs = rows.filter((row) => (read[row] as ReadRow).keyword === keyword);
    if (ours.length === theirs.length) {
      for (const [at, step] of ours.entries()) pairs.push([step, theirs[at] as number]);
      continue;
    }
    let from = 0;
    for (const step of ours) {
      const words = wordsOf((entries[step] as Entry).written);
      const rest = theirs.slice(from);
      const best = rest
        .map((row, at) => ({
          row,
          at,
          likeness: likeness(words, wordsOf((read[row] as ReadRow).text)),
        }))
        .reduce<{ row: number; at: number; likeness: number } | null>(
          (a, b) => (a && a.likeness >= b.likeness ? a : b),
          null,
        );
      if (!best || best.likeness < 0.5) continue;
      pairs.push([step, best.row]);
      from += best.at + 1;
    }
  }
  return pairs;
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(
    text
      .slice(0, maxCompared)
      .split(/[\s/=,;:"']+/)
      .filter((word) => word !== ''),
  );
}

function likeness(ours: ReadonlySet<string>, theirs: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of ours) if (theirs.has(word)) shared++;
  return (2 * shared) / Math.max(1, ours.size + theirs.size);
}

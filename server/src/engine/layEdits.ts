/** What became of entries that no step stands for: changed, or gone. */

import type { Entry } from './layEntries.ts';
import type { ReadRow } from './layRow.ts';

export interface Leftovers {
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
export function changedPairs(
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

/** Lines that stand in a file elsewhere than in the image. */

import { type Entry, entryKey } from './layEntries.ts';
import { fitOf, type Laying, numbers, type Pair } from './laying.ts';
import { type ReadRow, rowKey } from './layRow.ts';

/**
 * Pairs of what is left, where both texts stand only once. `start`: the first own row.
 */
export function movedPairs(laying: Laying, pairs: readonly Pair[], start: number): readonly Pair[] {
  const { read, entries, parts } = laying;
  const ofSteps = new Set(pairs.map(({ step }) => step));
  const ofRows = new Set(pairs.map(({ row }) => row));
  const loose = numbers(0, entries.length).filter((step) => !ofSteps.has(step));
  const left = numbers(start, read.length).filter((row) => !ofRows.has(row));
  if (loose.length === 0 || left.length === 0) return [];
  const keyOfRow = (row: number) => rowKey(read[row] as ReadRow, parts[row] ?? null);
  const keyOfStep = (step: number) => entryKey(entries[step] as Entry);
  // What may be the base's counts as well.
  const rowsOf = countBy(numbers(laying.border.rows, read.length).map(keyOfRow));
  const stepsOf = countBy(numbers(0, entries.length).map(keyOfStep));
  const byKey = new Map(left.map((row) => [keyOfRow(row), row]));
  const moved: Pair[] = [];
  for (const step of loose) {
    const key = keyOfStep(step);
    const row = byKey.get(key);
    if (row === undefined || rowsOf.get(key) !== 1 || stepsOf.get(key) !== 1) continue;
    if (fitOf(laying, step, row).fit !== null) moved.push({ step, row, oneOf: false, moved: true });
  }
  return [...moved, ...movedOlder(laying, loose, left)];
}

/** How many comparisons may be spent on lines that older builders do not write out. */
const maxCompared = 20_000;

/** COPY and ADD of older builders, whose entries do not name what they take: by all that fits. */
function movedOlder(
  laying: Laying,
  loose: readonly number[],
  left: readonly number[],
): readonly Pair[] {
  const { read, entries, border } = laying;
  const isCopy = (keyword: string) => keyword === 'COPY' || keyword === 'ADD';
  const rows = left.filter((row) => {
    const { form, keyword } = read[row] as ReadRow;
    return isCopy(keyword) && form !== 'buildkit';
  });
  const steps = loose.filter((step) => isCopy((entries[step] as Entry).keyword));
  if (rows.length * (entries.length + read.length) > maxCompared) return [];
  const fits = (step: number, row: number) => fitOf(laying, step, row).fit !== null;
  const all = numbers(border.rows, read.length);
  return rows.flatMap((row) => {
    const [step, more] = numbers(0, entries.length).filter((at) => fits(at, row));
    if (step === undefined || more !== undefined || !steps.includes(step)) return [];
    if (all.filter((at) => fits(step, at)).length !== 1) return [];
    return [{ step, row, oneOf: false, moved: true }];
  });
}

function countBy(keys: readonly (string | null)[]): ReadonlyMap<string | null, number> {
  const counts = new Map<string | null, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

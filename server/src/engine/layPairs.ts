/** Makes pairs of steps and rows of what the best alignments say, where that is certain. */

import type { Step } from '../model/plan.ts';
import type { HistoryRow } from './engine.ts';
import type { Aligned } from './layAlign.ts';
import { type Entry, entryKey } from './layEntries.ts';
import { fitOf, type Laying, numbers, type Pair, type Settled, type Start } from './laying.ts';
import { makesLayer } from './layLayers.ts';
import { movedPairs } from './layMoved.ts';
import type { ReadRow } from './layRow.ts';
import { isCertainPair } from './layTwins.ts';

/** What is not certain is left out, and named. */
export function settle(laying: Laying, aligned: readonly Aligned[]): Settled {
  const { read, entries, border } = laying;
  const pairs: Pair[] = [];
  const unsure = new Map<Step, readonly HistoryRow[]>();
  const taken = new Set<number>();
  // Not one line more or less than in the image.
  const asBuilt = aligned.every(({ rows, optional }, at) => {
    const [first] = aligned[0]?.rows ?? [];
    return !optional && rows.length === 1 && rows[0] === (first ?? 0) + at;
  });
  const byKey = groupBy(entries.map(entryKey));
  const certain = (step: number) =>
    isCertainPair(step, aligned, {
      counted: border.exact || border.split || asBuilt,
      alike: (ofStep, row, [from, to]) => {
        const equal = byKey.get(entryKey(entries[ofStep] as Entry)) ?? [];
        const { form } = read[row + border.rows] as ReadRow;
        const other = fitOf(laying, ofStep, row + border.rows).weight < 9;
        // Where an entry says less than the line, lines with other texts may fit it as well.
        const all = other || form !== 'buildkit' ? numbers(from, to) : equal;
        return all.filter((at) => at >= from && at < to);
      },
      fits: (ofStep, row) => fitOf(laying, ofStep, row + border.rows).fit,
      bytes: (row) => (read[row + border.rows] as ReadRow).row.bytes,
      secret: (ofStep, row) => {
        const { written, hidden } = entries[ofStep] as Entry;
        const { form } = read[row + border.rows] as ReadRow;
        return form === 'buildkit' ? hidden : written;
      },
    });
  for (const [step, { rows, optional }] of aligned.entries()) {
    const found = rows.map((row) => row + border.rows);
    for (const row of found) taken.add(row);
    const row = found[0];
    if (row === undefined) continue;
    if (!optional && found.length === 1 && certain(step)) {
      pairs.push({ step, row, oneOf: false, moved: false });
    } else if (!optional && found.length > 1 && haveEqualFigures(read, found)) {
      const next = found.find((at) => at > (pairs.at(-1)?.row ?? -1));
      pairs.push({ step, row: next ?? row, oneOf: true, moved: false });
    } else {
      const rowsOf = found.map((at) => (read[at] as ReadRow).row);
      unsure.set((entries[step] as Entry).step, rowsOf);
    }
  }
  const start = ownStart(laying, aligned, pairs);
  const moved = movedPairs(laying, pairs, start.rows);
  for (const { step, row } of moved) {
    taken.add(row);
    unsure.delete((entries[step] as Entry).step);
  }
  return { pairs: [...pairs, ...moved], unsure, taken, start };
}

function groupBy(keys: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const groups = new Map<string, number[]>();
  for (const [at, key] of keys.entries()) {
    const group = groups.get(key);
    if (group) group.push(at);
    else groups.set(key, [at]);
  }
  return groups;
}

function haveEqualFigures(read: readonly ReadRow[], rows: readonly number[]): boolean {
  const bytes = rows.map((row) => (read[row] as ReadRow).row.bytes);
  return bytes[0] !== null && bytes.every((each) => each === bytes[0]);
}

/** Own entries begin at a known border, else with the first that a step has, or that adds a layer to the base's. */
function ownStart(
  { border, read }: Laying,
  aligned: readonly Aligned[],
  pairs: readonly Pair[],
): Start {
  if (border.exact) return { rows: border.rows, certain: true };
  const [first] = pairs;
  let rows = read.length;
  for (const { rows: found } of aligned) {
    if (found[0] !== undefined) rows = Math.min(rows, found[0] + border.rows);
  }
  const above = border.split ? read.slice(border.rows, rows) : [];
  const layer = above.find((row) => makesLayer(row) !== false);
  if (layer) return { rows: layer.at, certain: false };
  return { rows, certain: first !== undefined && first.step === 0 && first.row === rows };
}

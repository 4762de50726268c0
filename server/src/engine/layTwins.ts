/** Lines with equal texts: whether it is certain which of them an entry belongs to. */

import type { Aligned, Range } from './layAlign.ts';
import type { Fit } from './layFit.ts';

/** What is to be known of steps and rows; rows are counted as in `Aligned`. */
export interface Texts {
  readonly fits: (step: number, row: number) => Fit;
  readonly bytes: (row: number) => number | null;
  /** Steps that may fit a row as well as this one, itself included. */
  readonly alike: (
    step: number,
    row: number,
    among: readonly [number, number],
  ) => readonly number[];
  /** False: some of the rows may be the base's, so that their number says nothing. */
  readonly counted: boolean;
  /** What the line says that a row's text does not. */
  readonly secret: (step: number, row: number) => string;
}

/**
 * Whether the one row that all best alignments give a step is surely its own. A text that stands
 * there again, with another figure, is only trusted where as many lines as rows have it, or where
 * what stands around it is as it was. Lines that differ in what the history does not tell, such as
 * `--from`, may have changed places.
 */
export function isCertainPair(step: number, aligned: readonly Aligned[], texts: Texts): boolean {
  const { rows, range } = aligned[step] as Aligned;
  const row = rows[0] as number;
  const mine = texts.fits(step, row);
  const others = twinRows(step, row, range, texts);
  let lines = 0;
  let settled = true;
  let alike = true;
  for (const other of texts.alike(step, row, range.steps)) {
    if (!isAsGood(texts.fits(other, row), mine)) continue;
    lines++;
    alike &&= texts.secret(other, row) === texts.secret(step, row);
    const its = aligned[other] as Aligned;
    settled &&= its.rows.length === 1 && !its.optional;
  }
  if (others.differ && !alike) return false;
  const count = others.rows.length + 1;
  if (others.differ ? texts.counted && lines === count && settled : lines <= count) return true;
  return isHeld(step, -1, aligned, texts) && isHeld(step, 1, aligned, texts);
}

function isAsGood(fit: Fit, than: Fit): boolean {
  return fit !== null && (fit === than || than === 'values');
}

interface Twins {
  readonly rows: readonly number[];
  /** Their figures are not all known to be that of the step's own row. */
  readonly differ: boolean;
}

/** Other rows that the step fits as well as its own. */
function twinRows(step: number, row: number, { rows }: Range, texts: Texts): Twins {
  const mine = texts.fits(step, row);
  const found: number[] = [];
  let differ = false;
  for (let other = rows[0]; other < rows[1]; other++) {
    if (other === row || !isAsGood(texts.fits(step, other), mine)) continue;
    found.push(other);
    differ ||= texts.bytes(other) === null || texts.bytes(other) !== texts.bytes(row);
  }
  return { rows: found, differ };
}

/**
 * Going up (-1) or down (1) from a pair, what stands next to it does so in the image as well, until
 * a text that stands there only once, or the end of both.
 */
function isHeld(step: number, way: 1 | -1, aligned: readonly Aligned[], texts: Texts): boolean {
  const { range, rows } = aligned[step] as Aligned;
  let row = rows[0] as number;
  for (let at = step + way; ; at += way) {
    row += way;
    const stepsEnd = at < range.steps[0] || at >= range.steps[1];
    const rowsEnd = row < range.rows[0] || row >= range.rows[1];
    if (stepsEnd || rowsEnd) return stepsEnd && rowsEnd;
    const next = aligned[at] as Aligned;
    if (next.optional || next.rows.length !== 1 || next.rows[0] !== row) return false;
    if (twinRows(at, row, range, texts).rows.length === 0) return true;
  }
}

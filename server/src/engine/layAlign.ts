/**
 * Lays two sequences over each other in order, and says where that can be done in more than one way:
 * the best alignments by weight, and for each step all rows that one of the best gives it.
 */

/** What the best alignments say of one step. */
export interface Aligned {
  /** Rows that it may have, ascending; more than one, or none as well where `optional`: not certain. */
  readonly rows: readonly number[];
  /** One of the best alignments leaves it out. */
  readonly optional: boolean;
  /** Steps and rows among which was chosen; ends exclusive. */
  readonly range: Range;
}

export interface Range {
  readonly steps: readonly [number, number];
  readonly rows: readonly [number, number];
}

export interface Problem {
  readonly steps: number;
  readonly rows: number;
  /** How well a step and a row fit; 0: not at all. */
  readonly weight: (step: number, row: number) => number;
  /** So many rows at the start may belong to something else: before the first pair they cost nothing. */
  readonly free: number;
  /** Equal only for what fits; null: it fits in other ways. Splits what is too large. */
  readonly stepKey: (step: number) => string | null;
  readonly rowKey: (row: number) => string | null;
}

/** What a row without a step costs, next to weights up to 9. */
const rowCost = 2;

/** Cells of a table; beyond it, texts that stand only once on both sides split the problem. */
const splitCells = 200_000;
/** What the parts together may have. */
const maxCells = 4_000_000;

/** For each step; null: too much is equal in too long a file. Time: linear, and `maxCells` at most. */
export function align(problem: Problem): readonly Aligned[] | null {
  const { steps, rows } = problem;
  const all: Range = { steps: [0, steps], rows: [0, rows] };
  if ((steps + 1) * (rows + 1) <= splitCells) return alignRange(problem, all, problem.free);
  const aligned: Aligned[] = [];
  let left = maxCells;
  let from: readonly [number, number] = [0, 0];
  for (const [step, row] of [...anchors(problem), [steps, rows] as const]) {
    const range: Range = { steps: [from[0], step], rows: [from[1], row] };
    left -= (step - from[0]) * (row - from[1]);
    if (left < 0) return null;
    aligned.push(...alignRange(problem, range, aligned.length === 0 ? problem.free : 0));
    if (step < steps) aligned.push({ rows: [row], optional: false, range: oneOf(step, row) });
    from = [step + 1, row + 1];
  }
  return aligned;
}

function oneOf(step: number, row: number): Range {
  return { steps: [step, step + 1], rows: [row, row + 1] };
}

/** Pairs of texts that stand once among the steps and once among the rows, as many as are in order. */
function anchors({
  steps,
  rows,
  stepKey,
  rowKey,
}: Problem): readonly (readonly [number, number])[] {
  const ofRows = once(rows, rowKey);
  const pairs: (readonly [number, number])[] = [];
  for (const [key, step] of once(steps, stepKey)) {
    const row = ofRows.get(key);
    if (row !== undefined) pairs.push([step, row]);
  }
  return ascending(pairs.sort((a, b) => a[0] - b[0]));
}

function once(count: number, keyOf: (at: number) => string | null): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const again = new Set<string>();
  for (let at = 0; at < count; at++) {
    const key = keyOf(at);
    if (key === null) continue;
    if (found.has(key)) again.add(key);
    found.set(key, at);
  }
  for (const key of again) found.delete(key);
  return found;
}

/** The longest part of the pairs whose rows ascend (patience sorting). */
function ascending(
  pairs: readonly (readonly [number, number])[],
): readonly (readonly [number, number])[] {
  const tops: number[] = [];
  const before: number[] = [];
  for (const [at, [, row]] of pairs.entries()) {
    let low = 0;
    let high = tops.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[tops[middle] as number] as readonly [number, number])[1] < row) low = middle + 1;
      else high = middle;
    }
    before.push(low > 0 ? (tops[low - 1] as number) : -1);
    tops[low] = at;
  }
  const chosen: (readonly [number, number])[] = [];
  for (let at = tops.at(-1) ?? -1; at >= 0; at = before[at] as number) {
    chosen.push(pairs[at] as readonly [number, number]);
  }
  return chosen.reverse();
}

const never = -1_000_000_000;

function alignRange(problem: Problem, range: Range, free: number): readonly Aligned[] {
  const [stepFrom, stepTo] = range.steps;
  const [rowFrom, rowTo] = range.rows;
  const n = stepTo - stepFrom;
  const m = rowTo - rowFrom;
  const wide = m + 1;
  const weights = new Uint8Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) weights[i * m + j] = problem.weight(stepFrom + i, rowFrom + j);
  }
  const weight = (i: number, j: number) => weights[i * m + j] as number;

  // Best from here to the end, where rows that no step has cost something.
  const rest = new Int32Array((n + 1) * wide);
  for (let i = n; i >= 0; i--) {
    for (let j = m; j >= 0; j--) {
      if (i === n && j === m) continue;
      let best = never;
      if (i < n) best = rest[(i + 1) * wide + j] as number;
      if (j < m) best = Math.max(best, (rest[i * wide + j + 1] as number) - rowCost);
      if (i < n && j < m && weight(i, j) > 0)
        best = Math.max(best, (rest[(i + 1) * wide + j + 1] as number) + weight(i, j));
      rest[i * wide + j] = best;
    }
  }
  // Before the first pair.
  const start = (j: number) => -rowCost * Math.max(0, j - free);
  // Best up to here, with at least one pair.
  const sofar = new Int32Array((n + 1) * wide).fill(never);
  const before = (i: number, j: number) => Math.max(start(j), sofar[i * wide + j] as number);
  for (let i = 1; i <= n; i++) {
    for (let j = 1; j <= m; j++) {
      let best = sofar[(i - 1) * wide + j] as number;
      best = Math.max(best, (sofar[i * wide + j - 1] as number) - rowCost);
      const fits = weight(i - 1, j - 1);
      if (fits > 0) best = Math.max(best, before(i - 1, j - 1) + fits);
      sofar[i * wide + j] = best;
    }
  }
  // The best that begins with this step or below.
  const begins = new Int32Array(n + 2).fill(start(m));
  for (let i = n - 1; i >= 0; i--) {
    let best = begins[i + 1] as number;
    for (let j = 0; j < m; j++) {
      const fits = weight(i, j);
      if (fits > 0)
        best = Math.max(best, start(j) + fits + (rest[(i + 1) * wide + j + 1] as number));
    }
    begins[i] = best;
  }
  const best = begins[0] as number;
  const aligned: Aligned[] = [];
  for (let i = 0; i < n; i++) {
    const rows: number[] = [];
    let optional = begins[i + 1] === best;
    for (let j = 0; j <= m; j++) {
      const after = rest[(i + 1) * wide + j] as number;
      if ((sofar[i * wide + j] as number) + after === best) optional = true;
      if (j === m || weight(i, j) === 0) continue;
      const total = before(i, j) + weight(i, j) + (rest[(i + 1) * wide + j + 1] as number);
      if (total === best) rows.push(rowFrom + j);
    }
    aligned.push({ rows, optional: optional || rows.length === 0, range });
  }
  return aligned;
}

/** Lays an image's history over the lines of a Dockerfile. */

import type { Plan, Step } from '../model/plan.ts';
import type { EngineImage, HistoryRow } from './engine.ts';
import type { Laid, LaidRow } from './laid.ts';
import { type Aligned, align } from './layAlign.ts';
import { type Border, findBorder, type KnownBase } from './layBorder.ts';
import { changedPairs, type Leftovers } from './layEdits.ts';
import { type Entry, entriesOf, entryKey, targetOf } from './layEntries.ts';
import { type Fitting, fitting } from './layFit.ts';
import { makesLayer, rowLayers } from './layLayers.ts';
import { type ReadRow, type RunParts, readRows, rowKey, runParts } from './layRow.ts';
import { isCertainPair } from './layTwins.ts';
import { declaredNames, planWith, valuesIn } from './layValues.ts';

/**
 * Lays the history of an image over the steps of a target (`stage`: another one), by the texts that
 * builders write. Each row that is given is that of its line; what can be read in two ways is left
 * out (`unsure`). Time: linear in the file and the history, but for a table of bounded size.
 */
export function lay(
  plan: Plan,
  image: EngineImage,
  base: KnownBase | null = null,
  stage: number = plan.target,
): Laid {
  const read = readRows(image);
  const border = findBorder(plan, stage, image, read, base);
  const { entries: first, bodies } = targetOf(plan, stage);
  const parts = read.map(({ keyword, text }) =>
    keyword === 'RUN' ? runParts(text, bodies) : null,
  );
  const built = planWith(
    plan,
    valuesIn(read.slice(border.rows), parts.slice(border.rows), declaredNames(plan)),
  );
  const entries = built ? entriesOf(plan, stage, built) : first;
  const laying: Laying = { image, read, parts, entries, border };

  const aligned = align({
    steps: entries.length,
    rows: read.length - border.rows,
    weight: (step, row) => fitOf(laying, step, row + border.rows).weight,
    free: freeRows(read, border),
    stepKey: (step) => entryKey(entries[step] as Entry),
    rowKey: (row) => {
      const at = row + border.rows;
      return rowKey(read[at] as ReadRow, parts[at] ?? null);
    },
  });
  if (aligned === null) {
    return without(
      image,
      'The file and the history are too long, and too many of their lines are equal, to say which belong together.',
    );
  }
  return settle(laying, aligned);
}

interface Laying {
  readonly image: EngineImage;
  readonly read: readonly ReadRow[];
  readonly parts: readonly (RunParts | null)[];
  readonly entries: readonly Entry[];
  readonly border: Border;
}

function fitOf({ read, parts, entries, border }: Laying, step: number, row: number): Fitting {
  return fitting(entries[step] as Entry, read[row] as ReadRow, parts[row] ?? null, border.other);
}

/** Entries above the lower end of the border that may be the base's; with its layers known, only what makes none. */
function freeRows(read: readonly ReadRow[], border: Border): number {
  if (border.exact) return 0;
  const above = read.slice(border.rows);
  if (!border.split) return above.length;
  const layer = above.findIndex((row) => makesLayer(row) !== false);
  return layer < 0 ? above.length : layer;
}

function without(image: EngineImage, reason: string): Laid {
  const none = { rows: new Map(), changed: new Map(), gone: [], unsure: new Map() };
  return { image, ...none, base: null, certain: false, reason };
}

interface Pair {
  readonly step: number;
  readonly row: number;
  /** One of several rows with equal figures. */
  readonly oneOf: boolean;
  readonly moved: boolean;
}

function settle(laying: Laying, aligned: readonly Aligned[]): Laid {
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
      written: (ofStep) => (entries[ofStep] as Entry).written,
    });
  for (const [step, { rows, optional }] of aligned.entries()) {
    const found = rows.map((row) => row + border.rows);
    for (const row of found) taken.add(row);
    const row = found[0];
    if (row === undefined) continue;
    if (!optional && found.length === 1 && certain(step)) {
      pairs.push({ step, row, oneOf: false, moved: false });
    } else if (!optional && found.length > 1 && haveEqualFigures(read, found)) {
      pairs.push({ step, row, oneOf: true, moved: false });
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
  return finish(laying, { pairs: [...pairs, ...moved], unsure, taken, start });
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

/** The first own row, and whether that is certain. */
interface Start {
  readonly rows: number;
  readonly certain: boolean;
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

/** Lines that stand elsewhere than in the image, where both texts stand only once. */
function movedPairs(laying: Laying, pairs: readonly Pair[], start: number): readonly Pair[] {
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

interface Settled {
  readonly pairs: readonly Pair[];
  readonly unsure: ReadonlyMap<Step, readonly HistoryRow[]>;
  readonly taken: ReadonlySet<number>;
  readonly start: Start;
}

function finish(laying: Laying, { pairs, unsure, taken, start }: Settled): Laid {
  const { image, read, entries, border } = laying;
  const base = baseOf(laying, start);
  const split = border.split ? { rows: border.rows, layers: border.layers ?? 0 } : base;
  const layers = rowLayers(image, read, split);
  if (layers.contradicts) {
    return without(
      image,
      `The image has ${image.diffIds.length} layers, which is not what its history says, so no layer can be said to be that of a line.`,
    );
  }
  // ONBUILD has an entry in images of the classic builder only.
  const expects = entries.some(({ keyword }) => keyword !== 'ONBUILD');
  if (pairs.length === 0 && unsure.size === 0 && expects && !isBaseAlone(laying)) {
    return without(image, 'No entry of the image has the text of a line of this file.');
  }
  const inOrder = [...pairs].sort((a, b) => a.step - b.step);
  const changed = new Map<Step, HistoryRow>();
  const gone: HistoryRow[] = [];
  const edited = edits(laying, inOrder, { unsure, taken, start });
  for (const [step, row] of edited.changed) {
    changed.set((entries[step] as Entry).step, (read[row] as ReadRow).row);
  }
  for (const row of edited.gone) gone.push((read[row] as ReadRow).row);

  const rows = new Map<Step, LaidRow>();
  const other = otherVariables(laying, inOrder, edited);
  for (const pair of inOrder) {
    const { row } = read[pair.row] as ReadRow;
    const entry = entries[pair.step] as Entry;
    if (hasOtherBody(entry, row, image)) {
      changed.set(entry.step, row);
      continue;
    }
    const layer = pair.oneOf ? null : (layers.of[pair.row] ?? null);
    const isOther =
      pair.moved ||
      fitOf(laying, pair.step, pair.row).fit === 'values' ||
      (entry.keyword === 'RUN' && pair.step > other);
    rows.set(entry.step, {
      row,
      at: pair.row,
      diffId: layer === null ? null : (image.diffIds[layer] ?? null),
      layer,
      match: isOther ? 'values' : 'same',
    });
  }
  const reason = reasonOf(
    laying,
    { rows: rows.size, changed: changed.size, gone: gone.length, unsure: unsure.size },
    start,
  );
  return { image, rows, changed, gone, unsure, base, certain: true, reason };
}

/** Nothing above the base makes a layer, as far as its border is known. */
function isBaseAlone({ border, read, image }: Laying): boolean {
  if (border.exact) return border.rows === read.length;
  return border.layers !== null && border.layers === image.diffIds.length;
}

/** Entries and layers of the base, where both are certain. */
function baseOf({ border, read, image }: Laying, start: Start): Laid['base'] {
  if (border.exact && border.layers !== null) return { rows: border.rows, layers: border.layers };
  if (!start.certain) return null;
  if (border.layers !== null) return { rows: start.rows, layers: border.layers };
  const { of, contradicts } = rowLayers(image, read, null);
  if (contradicts) return null;
  // The first own layer says how many are below it, where nothing before it is open.
  for (let row = start.rows; row < read.length; row++) {
    const layer = of[row] ?? null;
    if (layer !== null) return { rows: start.rows, layers: layer };
    if (makesLayer(read[row] as ReadRow) === null) return null;
  }
  return { rows: start.rows, layers: image.diffIds.length };
}

interface Edits {
  readonly changed: readonly (readonly [number, number])[];
  readonly gone: readonly number[];
}

/** What stands between the pairs on both sides. */
function edits(
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

function numbers(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
}

/** The classic builder ends the history with the labels of `--label`; no line is gone for it. */
function isByFlag({ read }: Laying, at: number): boolean {
  const row = read[at] as ReadRow;
  return at === read.length - 1 && row.keyword === 'LABEL' && row.form === 'classic';
}

/** The first step behind which other variables than in the image are in force; infinite: none. */
function otherVariables(
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

/**
 * A COPY of heredocs whose text was changed: its entry names only the delimiters, but where the
 * store counts file bytes, they are those of the texts.
 */
function hasOtherBody({ step }: Entry, row: HistoryRow, { store }: EngineImage): boolean {
  const { copy } = step;
  if (!copy || copy.files.length === 0 || copy.doubt?.files) return false;
  if (copy.sources.length > 0 || copy.remotes.length > 0) return false;
  if (store !== 'classic' || row.bytes === null) return false;
  const names = new Set(copy.files.map(({ name }) => name));
  if (names.size < copy.files.length) return false;
  const encoder = new TextEncoder();
  const bytes = copy.files.reduce((sum, { content }) => sum + encoder.encode(content).length, 0);
  return bytes !== row.bytes;
}

function reasonOf(
  { entries, read, border }: Laying,
  counts: {
    readonly rows: number;
    readonly changed: number;
    readonly gone: number;
    readonly unsure: number;
  },
  start: Start,
): string {
  if (
    counts.rows === 0 &&
    counts.unsure === 0 &&
    entries.length > 0 &&
    start.rows === read.length
  ) {
    return 'The image has no entry of its own above the base image.';
  }
  const said = [
    counts.rows === entries.length && counts.gone === 0
      ? 'Every line stands in the image as it does here'
      : `${counts.rows} of ${entries.length} lines stand in the image`,
    ...(counts.changed > 0 ? [`${counts.changed} changed since`] : []),
    ...(counts.gone > 0 ? [`${counts.gone} of its entries belong to no line any more`] : []),
    ...(counts.unsure > 0 ? [`${counts.unsure} could be more than one of them`] : []),
  ].join(', ');
  return border.other
    ? `${said}. It was built on another base image than FROM names now.`
    : `${said}.`;
}

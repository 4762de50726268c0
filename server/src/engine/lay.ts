/** Lays an image's history over the lines of a Dockerfile. */

import type { Plan, Step } from '../model/plan.ts';
import type { EngineImage, HistoryRow } from './engine.ts';
import type { Laid, LaidRow } from './laid.ts';
import { align } from './layAlign.ts';
import { type Border, findBorder, type KnownBase } from './layBorder.ts';
import { editsOf, otherVariables } from './layEdits.ts';
import { type Entry, entriesOf, entryKey, targetOf } from './layEntries.ts';
import { fitOf, type Laying, type Settled, type Start } from './laying.ts';
import { makesLayer, rowLayers } from './layLayers.ts';
import { settle } from './layPairs.ts';
import { type ReadRow, readRows, rowKey, runParts } from './layRow.ts';
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
  return finish(laying, settle(laying, aligned));
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
  const edited = editsOf(laying, inOrder, { unsure, taken, start });
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
    {
      rows: rows.size,
      other: [...rows.values()].filter(({ match }) => match === 'values').length,
      changed: changed.size,
      gone: gone.length,
      unsure: unsure.size,
    },
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
    readonly other: number;
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
  const { gone } = counts;
  const all = counts.rows === entries.length;
  const said = [
    all && gone === 0 && counts.other === 0
      ? 'Every line stands in the image as it does here'
      : `${all ? 'All' : `${counts.rows} of ${entries.length}`} lines stand in the image`,
    ...(counts.other > 0 ? [`${counts.other} elsewhere or with other values`] : []),
    ...(counts.changed > 0 ? [`${counts.changed} changed since`] : []),
    ...(gone > 0
      ? [`${gone} of its entries ${gone === 1 ? 'belongs' : 'belong'} to no line any more`]
      : []),
    ...(counts.unsure > 0 ? [`${counts.unsure} could be more than one of its entries`] : []),
  ].join(', ');
  return border.other
    ? `${said}. It was built on another base image than FROM names now.`
    : `${said}.`;
}

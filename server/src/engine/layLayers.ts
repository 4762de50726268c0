/** Which entries of an image's history are its layers. */

import type { EngineImage } from './engine.ts';
import type { ReadRow } from './layRow.ts';

/** Position of the layer that each entry made; null: it makes none, or it is not certain which. */
export interface RowLayers {
  readonly of: readonly (number | null)[];
  /**
   * Entries and layers cannot belong together, as after a build that put all layers into one: no
   * figure of this image is that of one line.
   */
  readonly contradicts: boolean;
}

/**
 * By what the history tells, else by kind (BuildKit makes a layer of every RUN, COPY, ADD, and
 * WORKDIR but `/`), else by count: `base` is how many entries and layers belong to the base.
 */
export function rowLayers(
  image: EngineImage,
  rows: readonly ReadRow[],
  base: { readonly rows: number; readonly layers: number } | null,
): RowLayers {
  const made = rows.map(makesLayer);
  const total = image.diffIds.length;
  const of: (number | null)[] = rows.map(() => null);
  const parts = base
    ? [
        { from: 0, to: base.rows, first: 0, layers: base.layers },
        { from: base.rows, to: rows.length, first: base.layers, layers: total - base.layers },
      ]
    : [{ from: 0, to: rows.length, first: 0, layers: total }];
  let contradicts = false;
  for (const part of parts) {
    const own = made.slice(part.from, part.to);
    const sure = own.filter((layer) => layer === true).length;
    const open = own.filter((layer) => layer === null).length;
    const misfits = sure > part.layers || sure + open < part.layers;
    if (misfits) {
      // What is below a border that is known is none of our lines.
      if (!base || part.from === base.rows) contradicts = true;
      continue;
    }
    const settled = own.map(
      (layer) =>
        layer ?? (sure === part.layers ? false : sure + open === part.layers ? true : null),
    );
    number(settled, part, of);
  }
  return { of, contradicts };
}

/** Counts from the bottom up to the first entry that is open, and from the top down to the last. */
function number(
  made: readonly (boolean | null)[],
  part: { readonly from: number; readonly first: number; readonly layers: number },
  of: (number | null)[],
): void {
  let up = part.first;
  for (const [at, layer] of made.entries()) {
    if (layer === null) break;
    if (layer) of[part.from + at] = up++;
  }
  let down = part.first + part.layers - 1;
  for (let at = made.length - 1; at >= 0; at--) {
    const layer = made[at];
    if (layer === null) break;
    if (layer) of[part.from + at] = down--;
  }
}

/** True, false, or null where kind and size do not tell. */
export function makesLayer({ row, form, keyword, text, byBuildkit }: ReadRow): boolean | null {
  if (row.emptyLayer !== null) return !row.emptyLayer;
  if (row.bytes !== null && row.bytes > 0) return true;
  switch (keyword) {
    case 'RUN':
    case 'COPY':
    case 'ADD':
      return byBuildkit ? true : null;
    case 'WORKDIR':
      if (form === 'podman' || text === 'WORKDIR /') return false;
      return byBuildkit ? true : null;
    case '':
      return null;
    default:
      return false;
  }
}

/** Where the base image's entries end in an image's history. */

import type { Plan, StageBase } from '../model/plan.ts';
import type { EngineImage } from './engine.ts';
import { rowLayers } from './layLayers.ts';
import type { ReadRow } from './layRow.ts';

/** What is known of the base image beforehand. */
export interface KnownBase {
  readonly diffIds: readonly string[];
  /** How many history entries it has. */
  readonly rows?: number;
}

export interface Border {
  /** No entry below this is of an own instruction. */
  readonly rows: number;
  /** Entries from there on are all own ones. */
  readonly exact: boolean;
  /** Layers of the base; null: not known. */
  readonly layers: number | null;
  /** The base's layers are below it, and only they. */
  readonly split: boolean;
  /** The base image as it is known is not that which this image was built from. */
  readonly other: boolean;
}

const unknown: Border = { rows: 0, exact: false, layers: null, split: false, other: false };

/** The border by diff IDs, which only the base's own layers have; else by the base's history. */
export function findBorder(
  plan: Plan,
  stage: number,
  image: EngineImage,
  read: readonly ReadRow[],
  base: KnownBase | null,
): Border {
  const root = rootBase(plan, stage);
  if (root?.scratch) return { rows: 0, exact: true, layers: 0, split: true, other: false };
  if (base) {
    const fits = base.diffIds.every((id, at) => image.diffIds[at] === id);
    if (!fits) return { ...unknown, other: true };
    return borderByLayers(image, read, base);
  }
  const history = root?.image?.history ?? [];
  const layers = root?.image?.layers ?? 0;
  const equal = history.every(({ createdBy }, at) => read[at]?.row.createdBy === createdBy);
  if (history.length === 0 || !equal || layers === 0) return unknown;
  return { rows: history.length, exact: true, layers, split: true, other: false };
}

function borderByLayers(
  image: EngineImage,
  read: readonly ReadRow[],
  { diffIds, rows }: KnownBase,
): Border {
  const layers = diffIds.length;
  if (rows !== undefined && rows > 0 && rows <= read.length) {
    const fits = !rowLayers(
      { ...image, diffIds: image.diffIds.slice(0, layers) },
      read.slice(0, rows),
      null,
    ).contradicts;
    if (fits) return { rows, exact: true, layers, split: true, other: false };
  }
  if (layers === 0) return { ...unknown, layers };
  const { of } = rowLayers(image, read, null);
  const last = of.indexOf(layers - 1);
  return { rows: last + 1, exact: false, layers, split: last >= 0, other: false };
}

/** What the lowest stage of a chain is built from. */
export function rootBase(plan: Plan, stage: number): StageBase | null {
  let found = plan.stages[stage];
  while (found && found.base.stage !== null) found = plan.stages[found.base.stage];
  return found?.base ?? null;
}

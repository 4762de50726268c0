/** What is gone through while an image is laid over a file, and what comes of its steps. */

import type { Step } from '../model/plan.ts';
import type { EngineImage, HistoryRow } from './engine.ts';
import type { Border } from './layBorder.ts';
import type { Entry } from './layEntries.ts';
import { type Fitting, fitting } from './layFit.ts';
import type { ReadRow, RunParts } from './layRow.ts';

export interface Laying {
  readonly image: EngineImage;
  readonly read: readonly ReadRow[];
  readonly parts: readonly (RunParts | null)[];
  readonly entries: readonly Entry[];
  readonly border: Border;
}

/** How well a step and a row fit. */
export function fitOf(
  { read, parts, entries, border }: Laying,
  step: number,
  row: number,
): Fitting {
  return fitting(entries[step] as Entry, read[row] as ReadRow, parts[row] ?? null, border.other);
}

/** A step with the row that is its own, by their positions. */
export interface Pair {
  readonly step: number;
  readonly row: number;
  /** One of several rows with equal figures. */
  readonly oneOf: boolean;
  readonly moved: boolean;
}

/** The first own row, and whether that is certain. */
export interface Start {
  readonly rows: number;
  readonly certain: boolean;
}

/** Which rows belong to which steps. */
export interface Settled {
  readonly pairs: readonly Pair[];
  /** Steps with the rows that they may be. */
  readonly unsure: ReadonlyMap<Step, readonly HistoryRow[]>;
  /** Rows that some step has, or may have. */
  readonly taken: ReadonlySet<number>;
  readonly start: Start;
}

/** From one number to below another. */
export function numbers(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
}

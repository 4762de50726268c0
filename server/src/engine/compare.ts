/** An image against the one that was built before it from the same Dockerfile: what grew or shrank. */

import type { Plan, Step } from '../model/plan.ts';
import { formatPlatform } from '../model/platform.ts';
import { alignRows, type ComparedRow } from './alignRows.ts';
import type { Comparison, RememberedImage } from './comparison.ts';
import type { HistoryRow } from './engine.ts';
import type { Laid } from './laid.ts';
import { readableText, rememberedText } from './rememberedText.ts';

/**
 * What is remembered of an image to compare later ones with; null where it is not certain which of
 * its entries are the Dockerfile's own, or a figure is missing.
 */
export function rememberedOf(laid: Laid, plan: Plan): RememberedImage | null {
  const own = ownRows(laid);
  const createdAt = builtAt(laid);
  if (!own || createdAt === null) return null;
  const { id, platform, store } = laid.image;
  return {
    version: 1,
    id,
    createdAt,
    target: targetOf(plan),
    platform: formatPlatform(platform),
    store,
    rows: own.map(({ text, diffId, bytes }) => ({ text, diffId, bytes })),
  };
}

/**
 * The image against the newest remembered one that is older, of the same target, platform and store;
 * null where there is none, or where nothing can be said for certain. `remembered`: in any order.
 */
export function compareWith(
  laid: Laid,
  plan: Plan,
  remembered: readonly RememberedImage[],
): Comparison | null {
  const now = rememberedOf(laid, plan);
  const own = ownRows(laid);
  if (!now || !own) return null;
  const before = newestBefore(now, remembered);
  if (!before) return null;
  const pairs = alignRows(before.rows, own);
  const found = new Map<Step, number>();
  const lines: Comparison['lines'][number][] = [];
  for (const [from, to] of pairs) {
    const old = from === null ? null : (before.rows[from] ?? null);
    const one = to === null ? null : (own[to] ?? null);
    if (old && one?.step) found.set(one.step, old.bytes);
    if (old && one && old.bytes === one.bytes) continue;
    lines.push({
      step: one?.step ?? one?.standsFor ?? null,
      text: readableText((one ?? old)?.text ?? ''),
      before: old?.bytes ?? null,
      now: one?.bytes ?? null,
    });
  }
  return {
    before,
    of: (step) => found.get(step),
    own: sum(own) - sum(before.rows),
    lines: lines.sort((a, b) => change(b) - change(a)),
  };
}

interface OwnRow extends ComparedRow {
  /** Of the plan as it stands. */
  readonly step: Step | null;
  /** The step that stands in its place now, with another text. */
  readonly standsFor: Step | null;
}

/** Entries of layers that are the Dockerfile's own, the oldest first; null: which ones is not certain. */
function ownRows(laid: Laid): readonly OwnRow[] | null {
  if (!laid.certain) return null;
  const { history, diffIds } = laid.image;
  const steps = new Map([...laid.rows].map(([step, { at }]) => [at, step]));
  const changed = new Map([...laid.changed].map(([step, row]) => [row, step]));
  const start = laid.base?.rows ?? Math.min(...steps.keys());
  // Without a border and without a step nothing says what is own.
  if (!Number.isFinite(start)) return null;
  const layers = history
    .map((row, at) => ({ row, step: steps.get(at) ?? null, at }))
    .slice(start)
    .filter(({ row, step }) => makesLayer(row, step));
  // Where the numbers agree, entries and layers stand in the same order.
  const isWhole = laid.base !== null && layers.length === diffIds.length - laid.base.layers;
  const rows: OwnRow[] = [];
  for (const [index, { row, step }] of layers.entries()) {
    // An entry without a figure leaves every sum open.
    if (row.bytes === null) return null;
    const told = step ? (laid.rows.get(step)?.diffId ?? null) : null;
    rows.push({
      text: rememberedText(row.createdBy, step?.run?.argv ?? null),
      diffId: told ?? (isWhole ? (diffIds[diffIds.length - layers.length + index] ?? null) : null),
      bytes: row.bytes,
      step,
      standsFor: changed.get(row) ?? null,
    });
  }
  return rows;
}

/**
 * Whether an entry has a layer. Engines do not tell; the kind of its instruction does, for BuildKit's
 * images, and bytes do for all others (a layer without bytes changes no sum).
 */
function makesLayer({ emptyLayer, bytes, createdBy }: HistoryRow, step: Step | null): boolean {
  if (emptyLayer !== null) return !emptyLayer;
  if (step) return step.effect === 'layer';
  return (bytes ?? 0) > 0 || /^(?:RUN|COPY|ADD) |^WORKDIR (?!\/$)/.test(createdBy);
}

/** Milliseconds since 1970; the newest entry says it where the image does not. */
function builtAt({ image }: Laid): number | null {
  return image.createdAt ?? image.history.at(-1)?.createdAt ?? null;
}

/** What a target is called in memory: its name, else its number; null: the last stage, without a name. */
function targetOf({ stages, target }: Plan): string | null {
  return stages[target]?.name ?? (target === stages.length - 1 ? null : String(target));
}

function newestBefore(
  now: RememberedImage,
  remembered: readonly RememberedImage[],
): RememberedImage | null {
  const fits = remembered.filter(
    (one) =>
      one.id !== now.id &&
      one.createdAt < now.createdAt &&
      one.target === now.target &&
      one.platform === now.platform &&
      one.store === now.store,
  );
  return fits.reduce<RememberedImage | null>(
    (best, one) => (best && best.createdAt >= one.createdAt ? best : one),
    null,
  );
}

function change({ before, now }: Comparison['lines'][number]): number {
  return Math.abs((now ?? 0) - (before ?? 0));
}

function sum(rows: readonly { readonly bytes: number }[]): number {
  return rows.reduce((total, { bytes }) => total + bytes, 0);
}

/** Figures of table rows, with the bands that were measured for each way to them. */

import type { BaseFigure } from './baseFacts.ts';
import type { ImageRow, PlatformFigures } from './baseTable.ts';

/** The same tag some weeks later, or another patch of the same version. */
const tagBand = 0.03;
/** Made from the compressed size by a ratio, or from other versions of the same variant. */
const wideBand = 0.15;

export interface FoundFigure {
  readonly figure: BaseFigure;
  /** A full sentence: source and date. */
  readonly reason: string;
  readonly date: string;
}

/**
 * The unpacked size of a row: the published one, else from its compressed size by the ratio of rows
 * `like` it; undefined where neither is known.
 */
export function figureOf(
  row: ImageRow,
  platform: string,
  like: readonly ImageRow[],
): FoundFigure | undefined {
  const figures = row.platforms.get(platform);
  if (!figures) return undefined;
  const { date } = row;
  const name = `${row.repository}:${row.tag}`;
  if (figures.unpacked !== null) {
    const reason = `The size of ${name} as published, of ${date}.`;
    return { figure: banded(figures.unpacked, tagBand), reason, date };
  }
  const ratio = figures.compressed === null ? undefined : ratioFor(row, like);
  if (figures.compressed === null || ratio === undefined) return undefined;
  const bytes = Math.round(figures.compressed * ratio);
  const megabytes = (figures.compressed / 1e6).toFixed(1);
  const reason = `Unpacked from the ${megabytes} MB that ${name} has compressed (${date}), by the ratio of images like it.`;
  return { figure: banded(bytes, wideBand), reason, date };
}

/** The median of several rows; undefined when none has a figure. */
export function medianFigure(
  rows: readonly ImageRow[],
  platform: string,
  like: readonly ImageRow[],
): FoundFigure | undefined {
  const found = rows.flatMap((row) => figureOf(row, platform, like) ?? []);
  if (found.length === 0) return undefined;
  const bytes = Math.round(median(found.map(({ figure }) => figure.bytes)));
  const date = found
    .map((one) => one.date)
    .sort()
    .at(-1) as string;
  const names = found.length === 1 ? 'one image' : `${found.length} images`;
  const reason = `it is the median of ${names} of the same repository and variant, of ${date} or before.`;
  return { figure: banded(bytes, wideBand), reason, date };
}

function banded(bytes: number, band: number): BaseFigure {
  return { bytes, low: Math.round(bytes * (1 - band)), high: Math.round(bytes * (1 + band)) };
}

/** Unpacked by compressed bytes: the row's own on another platform, else the median of those like it. */
function ratioFor(row: ImageRow, like: readonly ImageRow[]): number | undefined {
  const own = ratios(row);
  if (own.length > 0) return median(own);
  const variant = variantOf(row);
  const others = like.filter((other) => variantOf(other) === variant).flatMap(ratios);
  return others.length > 0 ? median(others) : undefined;
}

function ratios({ platforms }: ImageRow): readonly number[] {
  return [...platforms.values()].flatMap(({ unpacked, compressed }: PlatformFigures) =>
    unpacked && compressed ? [unpacked / compressed] : [],
  );
}

function variantOf({ tag, release }: ImageRow): string {
  if (release?.startsWith('alpine')) return 'alpine';
  return /(?:^|-)slim(?:-|$)/.test(tag) ? 'slim' : 'full';
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] as number;
  return Number.isInteger(middle) ? ((sorted[middle - 1] as number) + upper) / 2 : upper;
}

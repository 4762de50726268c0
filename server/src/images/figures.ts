/** Figures of table rows, with the bands that were measured for each way to them. */

import type { BaseFigure, Ratio } from './baseFacts.ts';
import type { BaseTable, ImageRow, PlatformFigures } from './baseTable.ts';

/** The same tag some weeks later, or another patch of the same version. */
const tagBand = 0.03;
/** Made from the compressed size by a ratio. */
const wideBand = 0.15;
/** By the ratio of Alpine images of other repositories: they differ more than others do. */
const alpineBand = 0.25;
/** Figures that are older than this may be of another build of the tag. */
const oldMonths = 36;

export interface FoundFigure {
  readonly figure: BaseFigure;
  /** A full sentence: source and date. */
  readonly reason: string;
  readonly date: string;
}

/**
 * The unpacked size of a row: the published one, else from its compressed size by the ratio of rows
 * like it; undefined where neither is known.
 */
export function figureOf(
  row: ImageRow,
  platform: string,
  table: BaseTable,
): FoundFigure | undefined {
  const figures = row.platforms.get(platform);
  if (!figures) return undefined;
  const date = (figures.unpacked === null ? null : figures.unpackedDate) ?? row.date;
  const name = `${row.repository}:${row.tag}`;
  if (figures.unpacked !== null) {
    const how = figures.built ? 'as built from its packages' : 'as published';
    const reason = `The size of ${name} ${how}, of ${date}.`;
    const band = monthsBetween(date, table.date) > oldMonths ? wideBand : tagBand;
    return { figure: banded(figures.unpacked, band), reason, date };
  }
  const found = figures.compressed === null ? undefined : ratioFor(row, table);
  if (figures.compressed === null || !found) return undefined;
  const bytes = Math.round(figures.compressed * found.ratio);
  const megabytes = (figures.compressed / 1e6).toFixed(1);
  const reason = `Unpacked from the ${megabytes} MB that ${name} has compressed (${date}), by the ratio of ${found.by}.`;
  return { figure: banded(bytes, found.band), reason, date };
}

function monthsBetween(earlier: string, later: string): number {
  const months = (day: string) => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7));
  return months(later) - months(earlier);
}

function banded(bytes: number, band: number): BaseFigure {
  return { bytes, low: Math.round(bytes * (1 - band)), high: Math.round(bytes * (1 + band)) };
}

/**
 * What an image like that of the row takes unpacked for each compressed byte; undefined where no
 * figures tell. Another build of the same image keeps its ratio better than its size.
 */
export function ratioOf(row: ImageRow, platform: string, table: BaseTable): Ratio | undefined {
  const { unpacked, compressed } = row.platforms.get(platform) ?? { unpacked: 0, compressed: 0 };
  if (!unpacked || !compressed) return ratioFor(row, table);
  return { ratio: unpacked / compressed, band: wideBand, by: `${row.repository}:${row.tag}` };
}

/**
 * Unpacked by compressed bytes: the row's own on another platform, else the median of those like it
 * in its repository, else in all.
 */
function ratioFor(row: ImageRow, table: BaseTable): Ratio | undefined {
  const own = ratios(row);
  if (own.length > 0) return { ratio: median(own), band: wideBand, by: 'its other platform' };
  const variant = variantOf(row);
  const isLike = (other: ImageRow) => variantOf(other) === variant && isSameAge(row, other);
  const near = (table.rows.get(row.repository) ?? []).filter(isLike).flatMap(ratios);
  if (near.length > 0) return { ratio: median(near), band: wideBand, by: 'images like it' };
  const far = [...table.rows.values()].flatMap((rows) => rows.filter(isLike).flatMap(ratios));
  if (far.length === 0) return undefined;
  const band = variant === 'alpine' ? alpineBand : wideBand;
  return { ratio: median(far), band, by: 'images of other repositories' };
}

/** Ratios age, as what is compressed and how it is changes. */
function isSameAge(a: ImageRow, b: ImageRow): boolean {
  return Math.abs(monthsBetween(a.date, b.date)) <= oldMonths;
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

/** The size of an official image, from the row of the table that is most like it. */

import type { BaseFacts, BaseFigure } from './baseFacts.ts';
import type { BaseTable, ImageRow, PlatformFigures, RepositoryRules } from './baseTable.ts';
import { noRules, type ReadTag, readTag } from './distributionOf.ts';
import { figureOf, ratioOf } from './figures.ts';
import type { ImageName } from './imageName.ts';
import type { TagParts } from './tagParts.ts';

/** What the table says of the size of one image. */
export interface SizeFacts
  extends Pick<BaseFacts, 'size' | 'reason' | 'layers' | 'compressedLayers' | 'date' | 'ratio'> {
  /** What the image of the table's row stands on. */
  readonly release: string | null;
}

const noSize = { size: null, layers: null, compressedLayers: null, date: null, release: null };

/** The size and the layers of an official image on a platform (`amd64`, `arm64`), with source and date. */
export function sizeFacts(
  table: BaseTable,
  name: ImageName,
  tag: ReadTag,
  platform: string,
): SizeFacts {
  const { repository } = name;
  const shown = `${repository}${name.tag && `:${name.tag}`}`;
  const rows = table.rows.get(repository) ?? [];
  if (rows.length === 0) {
    return { ...noSize, reason: `The table of ${table.date} has no figures for ${repository}.` };
  }
  if (name.tag === '') {
    return { ...noSize, reason: 'The reference names a digest alone, which no table knows.' };
  }
  const rules = table.rules.get(repository) ?? noRules;
  const exactly = rows.filter((row) => isAlike(row, tag, rules, table, flavorOf));
  // `eclipse-temurin-17` is like `eclipse-temurin-21` where there is nothing closer.
  const alike =
    exactly.length > 0 ? exactly : rows.filter((row) => isAlike(row, tag, rules, table, kindOf));
  const here = alike.filter((row) => row.platforms.has(platform));
  if (here.length === 0) {
    const reason =
      alike.length > 0
        ? `There are no figures for linux/${platform}.`
        : `The table of ${table.date} has no figures for ${shown}, nor for one like it.`;
    return { ...noSize, reason };
  }
  const row = exactly.length > 0 ? sameImage(here, tag, name.tag, rules, table) : undefined;
  if (!row) return ofLike(closest(here, tag, rules, table), tag, rules, table, shown, platform);
  const figures = row.platforms.get(platform) as PlatformFigures;
  const found = figureOf(row, platform, table);
  const reason = found?.reason ?? `The unpacked size of ${shown} is not known.`;
  const ofDigest = ' The figure is that of the tag; which build the digest names is not known.';
  return {
    size: found ? (name.digest ? widened(found.figure, nearBand) : found.figure) : null,
    reason: name.digest ? reason + ofDigest : reason,
    layers: figures.count,
    compressedLayers: figures.layers,
    date: found?.date ?? row.date,
    release: row.release,
    ...withRatio(row, platform, table),
  };
}

function withRatio(row: ImageRow, platform: string, table: BaseTable): Pick<BaseFacts, 'ratio'> {
  const ratio = ratioOf(row, platform, table);
  return ratio ? { ratio } : {};
}

function widened({ bytes, low, high }: BaseFigure, band: number): BaseFigure {
  return {
    bytes,
    low: Math.min(low, Math.round(bytes * (1 - band))),
    high: Math.max(high, Math.round(bytes * (1 + band))),
  };
}

/** Of the same flavour, variant and kind of distribution. */
function isAlike(
  row: ImageRow,
  tag: ReadTag,
  rules: RepositoryRules,
  table: BaseTable,
  flavor: typeof flavorOf,
): boolean {
  const other = readRow(row, table);
  const isOfKind =
    tag.release === null ? other.parts.release === null : tag.release.id === other.release?.id;
  return (
    isOfKind &&
    tag.parts.slim === other.parts.slim &&
    flavor(tag.parts, rules).join('-') === flavor(other.parts, rules).join('-')
  );
}

/** The flavour without its numbers. */
function kindOf(parts: TagParts, rules: RepositoryRules): readonly string[] {
  return flavorOf(parts, rules).filter((word) => !/^\d/.test(word));
}

const readRows = new WeakMap<ImageRow, ReadTag>();

/** The row's own tag as the rules read it, on the release that was seen in it. */
function readRow(row: ImageRow, table: BaseTable): ReadTag {
  const known = readRows.get(row);
  if (known) return known;
  const name = {
    registry: 'docker.io',
    repository: row.repository,
    official: true,
    arch: null,
    tag: row.tag,
    digest: '',
  };
  const read = readTag(name, table);
  readRows.set(row, read);
  return read;
}

/** The row of the tag itself, or of one that differs in the last part of the version at most. */
function sameImage(
  rows: readonly ImageRow[],
  tag: ReadTag,
  text: string,
  rules: RepositoryRules,
  table: BaseTable,
): ImageRow | undefined {
  const wanted = newestOf(tag.parts.version, rules);
  const depth = Math.max(1, (rules.newest[0]?.length ?? 3) - 1);
  return (
    rows.find((row) => row.tag === text) ??
    rows.find((row) => {
      const read = readRow(row, table);
      const isOnIt = read.release?.suite === tag.release?.suite;
      return isOnIt && sameStart(newestOf(read.parts.version, rules), wanted, depth);
    })
  );
}

/** `3` is the newest 3.x that the rules know; a version of two parts or more stands for itself. */
function newestOf(version: readonly number[], { newest }: RepositoryRules): readonly number[] {
  if (version.length > 1) return version;
  return newest.find((one) => version.every((part, at) => part === one[at])) ?? version;
}

function sameStart(a: readonly number[], b: readonly number[], depth: number): boolean {
  for (let at = 0; at < depth; at += 1) if (a[at] !== b[at]) return false;
  return true;
}

/**
 * The image that an unknown one is most like: on the same release where there is any, and of those
 * the one of the nearest version.
 */
function closest(
  rows: readonly ImageRow[],
  tag: ReadTag,
  rules: RepositoryRules,
  table: BaseTable,
): ImageRow {
  const onRelease = rows.filter((row) => isOnRelease(readRow(row, table), tag));
  const likely = onRelease.length > 0 ? onRelease : rows;
  const wanted = newestOf(tag.parts.version, rules);
  const distance = (row: ImageRow) =>
    distanceOf(newestOf(readRow(row, table).parts.version, rules), wanted);
  return likely.reduce((best, row) => (distance(row) < distance(best) ? row : best));
}

function isOnRelease(row: ReadTag, tag: ReadTag): boolean {
  return row.release?.suite === tag.release?.suite;
}

/** How far two versions lie apart: the first part counts most. */
function distanceOf(a: readonly number[], b: readonly number[]): number {
  const [major = 0, minor = 0] = a;
  const [otherMajor = 0, otherMinor = 0] = b;
  return Math.abs(major - otherMajor) * 1000 + Math.abs(minor - otherMinor);
}

/** Shares by which the sizes of two images of a repository and variant differ at most, nearly always. */
const nearBand = 0.15;
const farBand = 0.25;

function ofLike(
  row: ImageRow,
  tag: ReadTag,
  rules: RepositoryRules,
  table: BaseTable,
  shown: string,
  platform: string,
): SizeFacts {
  const found = figureOf(row, platform, table);
  const ratio = withRatio(row, platform, table);
  if (!found) return { ...noSize, ...ratio, reason: `The unpacked size of ${shown} is not known.` };
  const other = readRow(row, table);
  const version = newestOf(other.parts.version, rules);
  const wanted = newestOf(tag.parts.version, rules);
  const isSameLine =
    isOnRelease(other, tag) &&
    version[0] === wanted[0] &&
    flavorOf(other.parts, rules).join() === flavorOf(tag.parts, rules).join();
  const isNear = isSameLine && distanceOf(version, wanted) <= 3;
  return {
    size: widened(found.figure, isNear ? nearBand : farBand),
    reason: `The table has no figure for ${shown}; this is that of the image most like it. ${found.reason}`,
    layers: isSameLine ? (row.platforms.get(platform)?.count ?? null) : null,
    compressedLayers: null,
    date: found.date,
    ...ratio,
    release: tag.parts.version.length === 0 ? row.release : null,
  };
}

/** The flavour that a tag stands for, that of its repository where it names none. */
export function flavorOf({ flavor }: TagParts, rules: RepositoryRules): readonly string[] {
  return flavor.length === 0 && rules.flavor ? [rules.flavor] : flavor;
}

/**
 * What is known of a base image without asking anyone: from the settings, else from the table, else
 * from its name. Bands are those that SIZES measured for each kind of figure.
 */

import type { Platform } from '../model/plan.ts';
import { formatPlatform } from '../model/platform.ts';
import type { BaseFacts, BaseFigure, Distribution } from './baseFacts.ts';
import type { BaseTable, ImageRow, PlatformFigures, RepositoryRules } from './baseTable.ts';
import { distributionOf, noRules, type ReadTag, readTag } from './distributionOf.ts';
import { figureOf, medianFigure } from './figures.ts';
import { type ImageMapping, mappedDistribution, mappedImage } from './imageMapping.ts';
import { type ImageName, imageName } from './imageName.ts';
import type { TagParts } from './tagParts.ts';

/**
 * Facts about the image that a FROM names. `mapping`: what the user set for images by pattern.
 * A figure is of the asked platform, never another one's.
 */
export function findBase(
  table: BaseTable,
  reference: string,
  platform: Platform,
  mapping: ImageMapping = [],
): BaseFacts {
  const set = mappedImage(mapping, reference);
  if (!set) return fromTable(table, reference, platform);
  const facts = fromTable(table, set.like ?? reference, platform);
  const own = mappedDistribution(set);
  const distribution = own ?? facts.distribution;
  const packages = own === null || isSameRelease(own, facts.distribution) ? facts.packages : null;
  if (set.size === null) {
    const reason =
      set.like === null ? facts.reason : `As set, it is like ${set.like}. ${facts.reason}`;
    return { ...facts, reason, layers: set.layers ?? facts.layers, distribution, packages };
  }
  return {
    size: { bytes: set.size, low: set.size, high: set.size },
    reason: 'The size is as set for this image.',
    layers: set.layers ?? (set.like === null ? null : facts.layers),
    compressedLayers: null,
    distribution,
    packages,
    date: null,
  };
}

function isSameRelease(a: Distribution, b: Distribution | null): boolean {
  return b !== null && a.id === b.id && a.suite === b.suite;
}

function fromTable(table: BaseTable, reference: string, asked: Platform): BaseFacts {
  const name = imageName(reference);
  if (!name) return nothing(`${reference} is no image reference.`);
  const tag = readTag(name, table);
  if (
    tag.parts.windows ||
    /(?:^|\/)(?:windows|nanoserver|windowsservercore)/.test(name.repository)
  ) {
    return nothing('Images of Windows are not estimated.');
  }
  if (asked.os !== 'linux') return nothing(`There are no figures for ${formatPlatform(asked)}.`);
  const known = { ...factsOfName(table, name, tag) };
  if (!name.official) {
    return { ...known, reason: withRelease(elsewhere(name), tag, name, table) };
  }
  const platform = name.arch ?? [asked.arch, asked.variant].filter(Boolean).join('/');
  return { ...known, ...sizeFacts(table, name, tag, platform) };
}

function nothing(reason: string): BaseFacts {
  return {
    size: null,
    reason,
    layers: null,
    compressedLayers: null,
    distribution: null,
    packages: null,
    date: null,
  };
}

function factsOfName(table: BaseTable, name: ImageName, tag: ReadTag): BaseFacts {
  const rules = name.official ? table.rules.get(name.repository) : undefined;
  return {
    ...nothing(''),
    distribution: distributionOf(tag),
    packages: name.official ? packagesOf(rules ?? noRules, tag, name) : null,
  };
}

/** Distributions' own images have nothing on top; others have what the rules say. */
function packagesOf(
  rules: RepositoryRules,
  { parts, release, slim }: ReadTag,
  { repository }: ImageName,
): readonly string[] | null {
  if (repository === release?.id || (repository === 'debian' && release)) return [];
  const variant = release?.id === 'alpine' ? 'alpine' : slim && parts.slim ? 'slim' : '';
  const flavor = flavorOf(parts, rules);
  for (const key of [
    [...flavor, variant, release?.suite ?? ''],
    [...flavor, variant],
    [variant, release?.suite ?? ''],
    [variant],
  ]) {
    const packages = rules.packages.get(key.filter(Boolean).join('-'));
    if (packages) return packages;
  }
  return null;
}

function flavorOf({ flavor }: TagParts, rules: RepositoryRules): readonly string[] {
  return flavor.length === 0 && rules.flavor ? [rules.flavor] : flavor;
}

function elsewhere({ registry, repository }: ImageName): string {
  const name = registry === 'docker.io' ? repository : `${registry}/${repository}`;
  return `${name} is not an official image; name its size in the setting dockerfileLayers.images.`;
}

function withRelease(reason: string, tag: ReadTag, name: ImageName, table: BaseTable): string {
  const distribution = distributionOf(tag);
  if (!distribution) return reason;
  const { id, suite } = distribution;
  const from = tag.written ? `${name.repository}:${name.tag}` : `the table of ${table.date}`;
  return `${reason} That it is made of ${id}${suite ? ` ${suite}` : ''} is read from ${from}.`;
}

type SizeFacts = Pick<BaseFacts, 'size' | 'reason' | 'layers' | 'compressedLayers' | 'date'>;

function sizeFacts(table: BaseTable, name: ImageName, tag: ReadTag, platform: string): SizeFacts {
  const none = { size: null, layers: null, compressedLayers: null, date: null };
  const { repository } = name;
  const shown = `${repository}${name.tag && `:${name.tag}`}`;
  const rows = table.rows.get(repository) ?? [];
  if (rows.length === 0) {
    return { ...none, reason: `The table of ${table.date} has no figures for ${repository}.` };
  }
  if (name.tag === '') {
    return { ...none, reason: 'The reference names a digest alone, which no table knows.' };
  }
  const rules = table.rules.get(repository) ?? noRules;
  const alike = rows.filter((row) => isAlike(row, tag, rules, table));
  const here = alike.filter((row) => row.platforms.has(platform));
  if (here.length === 0) {
    const reason =
      alike.length > 0
        ? `There are no figures for linux/${platform}.`
        : `The table of ${table.date} has no figures for ${shown}, nor for one like it.`;
    return { ...none, reason };
  }
  const exact = nearest(here, tag, name.tag, rules, table);
  if (!exact) return ofMedian(here, rows, shown, platform);
  const { row, isSame } = exact;
  const figures = row.platforms.get(platform) as PlatformFigures;
  const found = figureOf(row, platform, rows);
  const by = `${row.repository}:${row.tag}`;
  const size = found ? (isSame ? found.figure : widened(found.figure, lineBand)) : null;
  return {
    size,
    reason: `${found ? found.reason : `The unpacked size of ${by} is not known.`}${
      isSame ? '' : ` ${shown} is another version of the same line.`
    }${name.digest ? ' The digest is not looked at: the figure is the tag’s.' : ''}`,
    layers: figures.count,
    compressedLayers: figures.layers,
    date: row.date,
  };
}

/** Share by which images of one line but another minor version differ at most. */
const lineBand = 0.15;

function widened({ bytes, low, high }: BaseFigure, band: number): BaseFigure {
  return {
    bytes,
    low: Math.min(low, Math.round(bytes * (1 - band))),
    high: Math.max(high, Math.round(bytes * (1 + band))),
  };
}

/** Of the same flavour, variant and kind of distribution. */
function isAlike(row: ImageRow, tag: ReadTag, rules: RepositoryRules, table: BaseTable): boolean {
  const other = readRow(row, table);
  return (
    tag.parts.slim === other.parts.slim &&
    tag.release?.id === other.release?.id &&
    flavorOf(tag.parts, rules).join('-') === flavorOf(other.parts, rules).join('-')
  );
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

/**
 * The row of the tag itself, or of another version on the same release. `isSame`: they differ in
 * the last part of the version at most.
 */
function nearest(
  rows: readonly ImageRow[],
  tag: ReadTag,
  text: string,
  rules: RepositoryRules,
  table: BaseTable,
): { readonly row: ImageRow; readonly isSame: boolean } | null {
  const own = rows.find((row) => row.tag === text);
  if (own) return { row: own, isSame: true };
  const wanted = newestOf(tag.parts.version, rules);
  let best: ImageRow | null = null;
  for (const row of rows) {
    const { parts, release } = readRow(row, table);
    if (release?.suite !== tag.release?.suite) continue;
    const version = newestOf(parts.version, rules);
    const depth = Math.max(1, (rules.newest[0]?.length ?? 3) - 1);
    if (sameStart(version, wanted, depth)) return { row, isSame: true };
    if (version[0] === wanted[0]) best = row;
  }
  return best && { row: best, isSame: false };
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

function ofMedian(
  here: readonly ImageRow[],
  rows: readonly ImageRow[],
  shown: string,
  platform: string,
): SizeFacts {
  const none = { size: null, layers: null, compressedLayers: null, date: null };
  const found = medianFigure(here, platform, rows);
  if (!found) return { ...none, reason: `The unpacked size of ${shown} is not known.` };
  const counts = new Set(here.map((row) => row.platforms.get(platform)?.count ?? null));
  const [count] = counts;
  return {
    size: found.figure,
    reason: `The table has no figure for ${shown}: ${found.reason}`,
    layers: counts.size === 1 ? (count ?? null) : null,
    compressedLayers: null,
    date: found.date,
  };
}

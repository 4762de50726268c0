/**
 * What is known of a base image without asking anyone: from the settings, else from the table, else
 * from its name. Bands are those that SIZES measured for each kind of figure.
 */

import type { Platform } from '../model/plan.ts';
import { formatPlatform } from '../model/platform.ts';
import type { BaseFacts, Distribution } from './baseFacts.ts';
import type { BaseTable, RepositoryRules } from './baseTable.ts';
import {
  distributionOf,
  isDistribution,
  noRules,
  type ReadTag,
  readTag,
} from './distributionOf.ts';
import { flavorOf, sizeFacts } from './findSize.ts';
import { type ImageMapping, mappedDistribution, mappedImage } from './imageMapping.ts';
import { type ImageName, imageName } from './imageName.ts';
import { distribution, releaseOf } from './releases.ts';

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
  const made = own ?? facts.distribution;
  const packages = own === null || isSameRelease(own, facts.distribution) ? facts.packages : null;
  if (set.size === null) {
    const reason =
      set.like === null ? facts.reason : `As set, it is like ${set.like}. ${facts.reason}`;
    return { ...facts, reason, layers: set.layers ?? facts.layers, distribution: made, packages };
  }
  return {
    size: { bytes: set.size, low: set.size, high: set.size },
    reason: 'The size is as set for this image.',
    layers: set.layers ?? (set.like === null ? null : facts.layers),
    compressedLayers: null,
    distribution: made,
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
  const known = factsOfName(table, name, tag);
  if (!name.official) {
    return { ...known, reason: withRelease(elsewhere(name), tag, name, table) };
  }
  const platform = name.arch ?? [asked.arch, asked.variant].filter(Boolean).join('/');
  const { release, ...sizes } = sizeFacts(table, name, tag, platform);
  return { ...known, ...sizes, distribution: known.distribution ?? ofRow(release, tag) };
}

/** What was seen in the image of the row, where the rules do not know. */
function ofRow(release: string | null, tag: ReadTag): Distribution | null {
  const found = release === null ? undefined : releaseOf(release);
  return found ? distribution(found, tag.slim) : null;
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
  if (release && isDistribution(repository)) return [];
  if (!release || !['debian', 'ubuntu', 'alpine'].includes(release.id)) return null;
  const variant = release.id === 'alpine' ? 'alpine' : slim && parts.slim ? 'slim' : '';
  const flavor = flavorOf(parts, rules);
  for (const key of [
    [...flavor, variant, release.suite ?? ''],
    [...flavor, variant],
    [variant, release.suite ?? ''],
    [variant],
  ]) {
    const packages = rules.packages.get(key.filter(Boolean).join('-'));
    if (packages) return packages;
  }
  return null;
}

function elsewhere({ registry, repository }: ImageName): string {
  const name = registry === 'docker.io' ? repository : `${registry}/${repository}`;
  return `${name} is not an official image; name its size in the setting dockerfileLayers.images.`;
}

function withRelease(reason: string, tag: ReadTag, name: ImageName, table: BaseTable): string {
  const made = distributionOf(tag);
  if (!made) return reason;
  const { id, suite } = made;
  const from = tag.written ? `${name.repository}:${name.tag}` : `the table of ${table.date}`;
  return `${reason} That it is made of ${id}${suite ? ` ${suite}` : ''} is read from ${from}.`;
}

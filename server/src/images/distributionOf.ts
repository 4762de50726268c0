/** Which distribution an image is made of, from its name and tag alone. */

import type { Distribution } from './baseFacts.ts';
import type { BaseTable, RepositoryRules } from './baseTable.ts';
import type { ImageName } from './imageName.ts';
import {
  debianSuite,
  distribution,
  type Release,
  releaseNumber,
  releaseOf,
  ubuntuSuite,
} from './releases.ts';
import { compareVersions, type TagParts, tagParts } from './tagParts.ts';

/** An image's tag read with the rules of its repository. */
export interface ReadTag {
  readonly parts: TagParts;
  /** What the image stands on; null: not known. */
  readonly release: Release | null;
  /** Its Debian leaves documentation out. */
  readonly slim: boolean;
  /** The tag or the name says it itself; otherwise the table's rules do. */
  readonly written: boolean;
}

/** Repositories that are distributions themselves: `ID` of os-release, and the newest release. */
const distributions: Readonly<Record<string, { readonly id: string; readonly latest?: string }>> = {
  debian: { id: 'debian', latest: 'trixie' },
  ubuntu: { id: 'ubuntu', latest: 'resolute' },
  alpine: { id: 'alpine', latest: 'v3.24' },
  fedora: { id: 'fedora', latest: '44' },
  almalinux: { id: 'almalinux', latest: '10' },
  rockylinux: { id: 'rocky' },
  amazonlinux: { id: 'amzn', latest: '2023' },
  oraclelinux: { id: 'ol' },
  centos: { id: 'centos', latest: '8' },
  archlinux: { id: 'arch', latest: 'rolling' },
  photon: { id: 'photon', latest: '5.0' },
  mageia: { id: 'mageia', latest: '9' },
  leap: { id: 'opensuse-leap' },
  tumbleweed: { id: 'opensuse-tumbleweed', latest: 'rolling' },
  minideb: { id: 'debian' },
};

/** The repository is a distribution itself, with nothing on top. */
export function isDistribution(repository: string): boolean {
  return Object.hasOwn(distributions, repository);
}

/** Names that stand for a distribution wherever they lie. */
const elsewhere: readonly (readonly [RegExp, (found: RegExpExecArray) => Release])[] = [
  [/(?:^|\/)ubi(\d+)(?:\/|-|$)/, ([, version = '']) => ({ id: 'rhel', suite: version })],
  [/(?:^|\/)rhel(\d+)(?:\/|$)/, ([, version = '']) => ({ id: 'rhel', suite: version })],
  [/-debian(\d+)$/, ([, version = '']) => ({ id: 'debian', suite: debianSuite(version) })],
];

/** The rules of a repository that has none. */
export const noRules: RepositoryRules = {
  words: new Map(),
  newest: [],
  flavor: null,
  releases: new Map(),
  slim: false,
  strict: false,
  packages: new Map(),
};

/** Reads the tag of an image; what neither tag nor rules tell stays open. */
export function readTag(name: ImageName, table: BaseTable): ReadTag {
  const { tag, official, repository } = name;
  const rules = rulesFor(name, table);
  const read = tagParts(joined(tag), rules.words);
  const moving = official && repository === 'buildpack-deps' ? movingRelease(tag) : null;
  const parts = moving ? withoutAlias(read) : read;
  const last = repository.split('/').at(-1) ?? '';
  const self = Object.hasOwn(distributions, last) ? distributions[last] : undefined;
  if (self && (official || parts.release === null)) {
    const release = ownRelease(self, tag);
    // Such a tag names nothing but the release, in one of several spellings.
    const plain = { ...parts, version: releaseNumber(release), flavor: [], release };
    return { parts: plain, release, slim: parts.slim || last === 'minideb', written: true };
  }
  if (!official) {
    for (const [pattern, make] of elsewhere) {
      const found = pattern.exec(repository);
      if (found) return { parts, release: make(found), slim: true, written: true };
    }
  }
  const named = moving ?? parts.release;
  const slim = parts.slim || rules.slim || last === 'minideb';
  if (named?.suite) return { parts, release: named, slim, written: true };
  // What is not released yet was built on what was current then.
  const ruled = parts.early ? null : ruledRelease(rules, parts);
  const release = ruled && (!named || ruled.id === named.id) ? ruled : named;
  return { parts, release, slim, written: false };
}

/** `stable-curl` of buildpack-deps, which is tagged by releases alone. */
function movingRelease(tag: string): Release | null {
  const [word = ''] = tag.split('-');
  const ubuntu = ubuntuSuite(word);
  if (ubuntu !== null) return { id: 'ubuntu', suite: ubuntu };
  const suite = debianSuite(['latest', 'curl', 'scm'].includes(word) ? 'stable' : word);
  return suite === null ? null : { id: 'debian', suite };
}

function withoutAlias(parts: TagParts): TagParts {
  return {
    ...parts,
    version: [],
    flavor: parts.flavor.filter((word) => debianSuite(word) === null),
  };
}

/** Rules of an official repository, or of a family of others: `mcr.microsoft.com/dotnet`. */
function rulesFor({ official, registry, repository }: ImageName, table: BaseTable) {
  const family = `${registry}/${repository.split('/', 1)[0]}`;
  return table.rules.get(official ? repository : family) ?? noRules;
}

/** The distribution of an image as the rest of the program knows it. */
export function distributionOf({ release, slim }: ReadTag): Distribution | null {
  return release && distribution(release, slim);
}

/** `debian-12`, `ubuntu-22.04` and `alpine-3.20` are one word. */
function joined(tag: string): string {
  return tag.replace(/\b(debian|ubuntu|alpine)-(?=\d+(?:\.\d+)?\b)/g, '$1');
}

function ownRelease({ id, latest }: { id: string; latest?: string }, tag: string): Release {
  const [word = ''] = tag.split('-');
  const newest = latest ?? null;
  if (id === 'debian') return { id, suite: word === 'latest' ? newest : debianSuite(word) };
  if (id === 'ubuntu') {
    if (word === 'latest' || word === 'rolling') return { id, suite: newest };
    return { id, suite: word === 'devel' ? 'stonking' : ubuntuSuite(word) };
  }
  if (id === 'alpine') {
    if (word === 'edge' || /^\d{8}$/.test(word)) return { id, suite: 'edge' };
    const version = /^\d+\.\d+/.exec(word);
    if (version) return { id, suite: `v${version[0]}` };
    return { id, suite: word === 'latest' || word === '3' ? newest : null };
  }
  if (word === 'latest' || word === 'base') return { id, suite: newest };
  const version = /^(?:centos|stream|v)?(\d+(?:\.\d+)?)/.exec(word);
  if (!version?.[1])
    return { id, suite: id === 'arch' || id === 'opensuse-tumbleweed' ? newest : null };
  // Leap and Photon name their mirrors by both numbers, the others by the first.
  const isWhole = id === 'opensuse-leap' || id === 'photon';
  return { id, suite: isWhole ? version[1] : (version[1].split('.')[0] ?? null) };
}

function ruledRelease(rules: RepositoryRules, parts: TagParts): Release | null {
  const { version, flavor, slim, release } = parts;
  const shortest = rules.strict ? Math.min(1, flavor.length) : 0;
  const variants = release ? [release.id] : slim ? ['slim', ''] : [''];
  for (let length = flavor.length; length >= shortest; length -= 1) {
    for (const variant of variants) {
      const key = [...flavor.slice(0, length), ...(variant ? [variant] : [])].join('-');
      const runs = rules.releases.get(key);
      if (!runs) continue;
      const run = runs.findLast(({ from }) => compareVersions(from, version) <= 0);
      return (run?.release && releaseOf(run.release)) || null;
    }
  }
  return null;
}

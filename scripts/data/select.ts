/** Which packages of a release are bundled: those that Dockerfiles name, and what comes with them. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DebPackage, type DebRelease, settled } from './debian.ts';

/** Names that people install, those seen most often first. */
export function wantedNames(): readonly { readonly name: string; readonly count: number }[] {
  const text = readFileSync(join(import.meta.dirname, 'names.txt'), 'utf8');
  return text.split('\n').flatMap((line) => {
    const [, count = '', name = ''] = /^(\d+) (\S+)$/.exec(line) ?? [];
    return name ? [{ name, count: Number(count) }] : [];
  });
}

/** What debootstrap's smallest variant installs: all that is required, apt, and what these need. */
export function baseNames(release: DebRelease): readonly string[] {
  const required = [...release.packages.values()].filter(
    ({ essential, priority, name }) => essential || priority === 'required' || name === 'apt',
  );
  // The folders are merged from the start, so that the package that would merge them is not needed.
  const merged = release.packages.get('usr-is-merged');
  return [...closure(release, [...(merged ? [merged] : []), ...required], false)].sort();
}

/** Real packages for a name, best first. */
export function realPackages(release: DebRelease, name: string): readonly DebPackage[] {
  const real = release.packages.get(name);
  const others = (release.providers.get(name) ?? []).map(({ by }) => by);
  return real ? [real, ...others.filter((one) => one !== real)] : others;
}

/**
 * Names of what is installed with some packages. Alternatives take what is there already, else the
 * first; what a real resolver would choose otherwise is at most a few packages more.
 */
export function closure(
  release: DebRelease,
  roots: readonly DebPackage[],
  withRecommends: boolean,
  installed: ReadonlySet<string> = new Set(),
): ReadonlySet<string> {
  const found = new Set(roots.map(({ name }) => name));
  const open = [...roots];
  for (let one = open.shift(); one; one = open.shift()) {
    for (const group of [...one.depends, ...(withRecommends ? one.recommends : [])]) {
      const candidates = settled(release, group).flatMap((name) => realPackages(release, name));
      if (candidates.some(({ name }) => found.has(name) || installed.has(name))) continue;
      const [best] = candidates;
      if (!best) continue;
      found.add(best.name);
      open.push(best);
    }
  }
  return found;
}

/** What nobody asks for by name in an image: debug symbols, other languages, other machines. */
const unlikely =
  /-(?:dbg|dbgsym|doc|docs|examples|l10n|cross|multilib)(?:-|$)|-(?:l10n|help|lang|source|unsigned)-|-linux-gnu|-mingw|^librust-|^golang-|^linux-(?:image|headers)-\d|^gobjc|-rt(?:-|$)|^haskell|^libghc-|^fcitx|^gettext-/;
const likelySections = new Set(['php', 'httpd', 'database', 'vcs', 'shells', 'web']);

/**
 * More packages, up to a number: those that need nothing but what is chosen already, first from the
 * same sources as what Dockerfiles name, then of kinds that servers run, then those that many others
 * need.
 */
export function further(
  release: DebRelease,
  chosen: ReadonlySet<string>,
  base: ReadonlySet<string>,
  count: number,
): readonly DebPackage[] {
  const sources = new Set(
    wantedNames().flatMap(({ name }) => release.packages.get(name)?.source ?? []),
  );
  const needed = new Map<string, number>();
  for (const { depends, recommends } of release.packages.values()) {
    for (const { name } of [...depends, ...recommends].flat()) {
      needed.set(name, (needed.get(name) ?? 0) + 1);
    }
  }
  const isThere = ({ name }: DebPackage) => chosen.has(name) || base.has(name);
  const isMet = (group: DebPackage['depends'][number], orMissing: boolean) => {
    const candidates = settled(release, group).flatMap((name) => realPackages(release, name));
    return candidates.some(isThere) || (orMissing && candidates.length === 0);
  };
  const addsOnlyItself = ({ depends, recommends }: DebPackage) =>
    depends.every((group) => isMet(group, false)) &&
    recommends.every((group) => isMet(group, true));
  const rank = (one: DebPackage) => {
    const section = one.section.replace(/^.*\//, '');
    if (sources.has(one.source)) return 2e6;
    if (likelySections.has(section)) return 1e6;
    return needed.get(one.name) ?? 0;
  };
  return [...release.packages.values()]
    .filter((one) => !isThere(one) && !unlikely.test(one.name) && addsOnlyItself(one))
    .map((one) => ({ one, rank: rank(one) }))
    .sort((a, b) => b.rank - a.rank || (a.one.name < b.one.name ? -1 : 1))
    .slice(0, Math.max(0, count))
    .map(({ one }) => one);
}

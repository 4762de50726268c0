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

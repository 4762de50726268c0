/** An index as a whole: what is read from a mirror or measured, before it is stored or asked. */

import type { IndexKey, InstallTerms, PackageFacts, PackageFamily } from './packageIndex.ts';

/** All that a `PackageIndex` knows, with nothing left to look up. */
export interface IndexContent extends GatheredPackages {
  readonly key: IndexKey;
  readonly family: PackageFamily;
  readonly date: string;
  readonly source: string;
  readonly partial: boolean;
  readonly terms: { readonly plain: InstallTerms; readonly slim: InstallTerms };
  readonly lists: number | null;
}

/** What a reader of a format gives; who fetched it adds where it came from (`IndexContent`). */
export interface GatheredPackages {
  readonly packages: readonly PackageFacts[];
  /** Virtual name → names of packages that provide it, best first. */
  readonly provides: ReadonlyMap<string, readonly string[]>;
  readonly base: readonly string[] | null;
}

/**
 * Names of all that some packages need, themselves included: plain dependencies, of alternatives the
 * first that is there already or exists. For the packages that an image of the release begins with.
 */
export function closureOf(
  roots: Iterable<string>,
  packages: ReadonlyMap<string, PackageFacts>,
  provides: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const found = new Set<string>();
  const open: string[] = [];
  const take = (name: string | undefined) => {
    if (name === undefined || found.has(name)) return;
    found.add(name);
    open.push(name);
  };
  const realName = (name: string) => (packages.has(name) ? name : provides.get(name)?.[0]);
  for (const root of roots) take(realName(root));
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const names of packages.get(name)?.depends ?? []) {
      const isMet = names.some(
        (one) => found.has(one) || provides.get(one)?.some((other) => found.has(other)),
      );
      if (!isMet) take(names.map(realName).find((one) => one !== undefined));
    }
  }
  return [...found].sort();
}

/** Names that can stand in an index: visible characters of ASCII. What is none is passed over. */
export function isPackageName(name: string): boolean {
  return name.length > 0 && name.length <= 200 && /^[!-~]+$/.test(name);
}

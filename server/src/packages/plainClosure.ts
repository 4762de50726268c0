/**
 * All packages that some need, where nothing but names decides: Alpine, and the RPM family once its
 * requirements are names. What is there already, or comes anyway, is preferred among alternatives.
 */

import type { Alternatives, PackageFacts, PackageIndex } from './packageIndex.ts';

export interface PlainClosure {
  /** All that is installed in the end, what was there before included. */
  readonly names: ReadonlySet<string>;
  /** Of the roots, those that the index does not have. */
  readonly missing: readonly string[];
}

/** What to do with recommended packages. `together`: the first of each group comes if all others are there. */
export type Recommended = 'no' | 'yes' | 'together';

/** The roots with all that they need, on top of what is there. */
export function plainClosure(
  index: PackageIndex,
  roots: Iterable<string>,
  before: ReadonlySet<string>,
  recommended: Recommended,
): PlainClosure {
  const names = new Set(before);
  const missing: string[] = [];
  const added: PackageFacts[] = [];
  let next = 0;
  const take = (facts: PackageFacts | undefined): boolean => {
    if (!facts) return false;
    if (!names.has(facts.name)) {
      names.add(facts.name);
      added.push(facts);
    }
    return true;
  };
  const settle = () => {
    for (; next < added.length; next++) {
      for (const group of added[next]?.depends ?? []) need(index, group, names, take);
    }
  };
  for (const root of roots) if (!need(index, [root], names, take)) missing.push(root);
  settle();
  if (recommended === 'yes') {
    // What is recommended may recommend more, so the list grows while it is gone through.
    for (let at = 0; at < added.length; at++) {
      for (const group of added[at]?.recommends ?? []) need(index, group, names, take);
      settle();
    }
  }
  if (recommended === 'together') comeAlong(index, names, added, take, settle);
  return { names, missing };
}

/** Takes one of the alternatives, if none is there yet; false where none exists. */
function need(
  index: PackageIndex,
  group: Alternatives,
  names: ReadonlySet<string>,
  take: (facts: PackageFacts | undefined) => boolean,
): boolean {
  if (group.some((name) => names.has(name))) return true;
  for (const name of group) {
    const providers = index.package(name) ? [] : index.providers(name);
    if (providers.some((one) => names.has(one.name))) return true;
  }
  return group.some((name) => take(index.package(name) ?? index.providers(name)[0]));
}

/** Goes round until nothing comes along any more; every round adds a package, so it ends. */
function comeAlong(
  index: PackageIndex,
  names: ReadonlySet<string>,
  added: readonly PackageFacts[],
  take: (facts: PackageFacts | undefined) => boolean,
  settle: () => void,
): void {
  for (let at = 0; at < added.length; at++) {
    for (const [name = '', ...others] of added[at]?.recommends ?? []) {
      if (names.has(name) || !others.every((other) => isThere(index, other, names))) continue;
      take(index.package(name));
      settle();
    }
  }
}

function isThere(index: PackageIndex, name: string, names: ReadonlySet<string>): boolean {
  return names.has(name) || index.providers(name).some((one) => names.has(one.name));
}

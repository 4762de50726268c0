/**
 * Which packages are left when apt removes some: those that need them go with them, and what nobody
 * needs any more goes where that was asked for (apt-get(8), `autoremove`).
 */

import type { PackageFacts, PackageIndex } from './packageIndex.ts';

/** Packages with those that were asked for by name. */
export interface Marked {
  readonly names: ReadonlySet<string>;
  readonly manual: ReadonlySet<string>;
}

export interface RemovalOptions {
  /** Also what nobody needs any more (`--auto-remove`, `autoremove`). */
  readonly auto: boolean;
  /** What an installed package recommends is kept (`APT::AutoRemove::RecommendsImportant`). */
  readonly recommendsImportant: boolean;
}

/** What is left without some packages. Packages of the plain base image stay unless they are named. */
export function without(
  index: PackageIndex,
  { names, manual }: Marked,
  gone: readonly string[],
  { auto, recommendsImportant }: RemovalOptions,
): Marked {
  const left = new Set(names);
  for (const name of gone) left.delete(name);
  if (left.size < names.size) dropDependents(index, left, new Set(index.base ?? []));
  const asked = new Set([...manual].filter((name) => left.has(name)));
  if (!auto) return { names: left, manual: asked };
  const kept = needed(index, left, asked, recommendsImportant);
  return { names: kept, manual: asked };
}

/** Takes away what depends on something that is gone, until nothing does. */
function dropDependents(index: PackageIndex, left: Set<string>, base: ReadonlySet<string>): void {
  const isMet = (name: string) =>
    left.has(name) || index.providers(name).some((one) => left.has(one.name));
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (const name of left) {
      if (base.has(name)) continue;
      const facts = index.package(name);
      // A dependency that was never there is met by something that the index does not know.
      const lacks = facts?.depends.some((group) => !group.some(isMet) && couldBeMet(index, group));
      if (!lacks) continue;
      left.delete(name);
      isChanged = true;
    }
  }
}

function couldBeMet(index: PackageIndex, group: readonly string[]): boolean {
  return group.some((name) => index.package(name) || index.providers(name).length > 0);
}

/** What the base image and the packages that were asked for need, any alternative that is there. */
function needed(
  index: PackageIndex,
  left: ReadonlySet<string>,
  asked: ReadonlySet<string>,
  recommendsImportant: boolean,
): ReadonlySet<string> {
  const kept = new Set<string>();
  const open: string[] = [];
  const keep = (name: string) => {
    if (!left.has(name) || kept.has(name)) return;
    kept.add(name);
    open.push(name);
  };
  const isEssential = (facts: PackageFacts | undefined) => facts?.essential === true;
  for (const name of [...(index.base ?? []), ...asked]) keep(name);
  for (const name of left) if (isEssential(index.package(name)) || !index.package(name)) keep(name);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const facts = index.package(name);
    if (!facts) continue;
    for (const group of [...facts.depends, ...(recommendsImportant ? facts.recommends : [])]) {
      for (const one of group) {
        keep(one);
        for (const other of index.providers(one)) keep(other.name);
      }
    }
  }
  return kept;
}

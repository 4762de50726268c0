/** A downloaded index together with the bundled one of the same release. */

import type { PackageFacts, PackageIndex } from './packageIndex.ts';

/** Sizes are stored rounded, so equal ones differ a little; versions that near are as good as equal. */
function isSameArchive(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(a, b) * 0.02 + 1024;
}

/**
 * The downloaded index with what was measured for the bundled one. Where both have a package of the
 * same archive size, it is the same version, and its measured bytes hold. The bundled index knows
 * its base image and its terms from real installs, so those stay.
 */
export function mergedIndex(downloaded: PackageIndex, bundled: PackageIndex): PackageIndex {
  const isNewer = downloaded.date >= bundled.date;
  const known = new Map<string, PackageFacts | undefined>();
  const read = (name: string) => {
    const before = bundled.package(name);
    const now = downloaded.package(name);
    if (!now || !before) return now ?? (isNewer ? undefined : before);
    if (!isNewer && before.measured) return before;
    if (!before.measured) return now;
    const { depends, recommends, conflicts = [] } = now;
    return isSameArchive(before.archive, now.archive)
      ? { ...before, depends, recommends, conflicts }
      : { ...now, extra: before.extra, templates: before.templates };
  };
  const at = (name: string) => {
    if (!known.has(name)) known.set(name, read(name));
    return known.get(name);
  };
  return {
    key: downloaded.key,
    family: downloaded.family,
    date: downloaded.date,
    source: downloaded.source,
    partial: downloaded.partial,
    package: at,
    providers: (name) =>
      downloaded
        .providers(name)
        .map((one) => at(one.name))
        .filter((one) => one !== undefined),
    names: () => downloaded.names(),
    base: bundled.base ?? downloaded.base,
    terms: bundled.terms,
    lists: isNewer ? downloaded.lists : bundled.lists,
  };
}

/** The bundled file of one release of Debian: packages of its architectures with real bytes. */

import { encodeIndex, joinPages } from '../../server/src/packages/indexText.ts';
import type { PackageFacts } from '../../server/src/packages/packageIndex.ts';
import {
  type DebPackage,
  type DebRelease,
  readRelease,
  settled,
  settledConflicts,
} from './debian.ts';
import { extras } from './extras.ts';
import type { KnownMeasures } from './measures.ts';
import { fetchPackages, fetchRelease } from './mirror.ts';
import { baseNames, closure, realPackages, wantedNames } from './select.ts';
import { declaredRatios, installTerms } from './terms.ts';

export interface Fetched {
  readonly suite: string;
  readonly arch: string;
  readonly day: string;
  readonly release: DebRelease;
}

/** Reads the indexes of a suite, its updates and its security archive. */
export async function fetchSuite(suite: string, arch: string): Promise<Fetched> {
  const releases = await Promise.all([
    fetchRelease('debian', suite),
    fetchRelease('debian', `${suite}-updates`),
    fetchRelease('debian-security', `${suite}-security`),
  ]);
  const indexes = await Promise.all(
    releases.map(async (release) => ({
      archive: release.archive,
      text: (await fetchPackages(release, arch)).toString(),
    })),
  );
  const day =
    releases
      .map((release) => release.day)
      .sort()
      .at(-1) ?? '';
  return { suite, arch, day, release: readRelease(indexes) };
}

/** Packages to bundle, those in most installs first. */
export function chosen({ release }: Fetched): readonly DebPackage[] {
  const base = baseNames(release);
  const installed = new Set(base);
  const weights = new Map(base.map((name) => [name, 1e9]));
  for (const { name, count } of wantedNames()) {
    const [root] = realPackages(release, name);
    if (!root) continue;
    const plain = closure(release, [root], false, installed);
    const full = closure(release, [root], true, installed);
    for (const one of full) {
      const weight = (count + 0.5) * (plain.has(one) ? 2 : 1);
      weights.set(one, (weights.get(one) ?? 0) + weight);
    }
  }
  return [...weights]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .flatMap(([name]) => release.packages.get(name) ?? []);
}

/** The page of one architecture. */
export function pageOf(
  { suite, arch, day, release }: Fetched,
  names: ReadonlySet<string>,
  measures: KnownMeasures,
): string {
  const packages = [...names].flatMap((name) => release.packages.get(name) ?? []);
  const facts = packages.map((one) => factsOf(release, suite, one, measures));
  const terms = installTerms[suite];
  if (!terms) throw new Error(`The terms of ${suite} were not measured.`);
  const needed = new Set(
    facts.flatMap(({ depends, recommends }) => [...depends, ...recommends].flat()),
  );
  const provides = new Map(
    [...release.providers].flatMap(([name, list]) => {
      const by = list.map((one) => one.by.name).filter((one) => names.has(one));
      return by.length > 0 && (needed.has(name) || !name.includes('(')) ? [[name, by]] : [];
    }),
  );
  return encodeIndex({
    key: { distribution: 'debian', suite, arch },
    family: 'deb',
    date: day,
    source: 'the packages of Debian’s mirror',
    partial: true,
    terms,
    lists: listBytes[`${suite} ${arch}`] ?? null,
    base: baseNames(release),
    packages: facts,
    provides,
  });
}

/** What `apt-get update` leaves behind with the settings of the official images, in bytes (2026). */
const listBytes: Readonly<Record<string, number>> = {
  'bookworm amd64': 19_852_735,
  'trixie amd64': 21_697_576,
  'bullseye amd64': 18_452_334,
};

function factsOf(
  release: DebRelease,
  suite: string,
  one: DebPackage,
  measures: KnownMeasures,
): PackageFacts {
  const depends = one.depends.map((group) => settled(release, group));
  return {
    name: one.name,
    ...(measures.of(one) ?? declared(suite, one, depends)),
    measured: measures.of(one) !== undefined,
    extra: extras[one.name] ?? 0,
    archive: one.size,
    depends,
    recommends: one.recommends.map((group) => settled(release, group)),
    conflicts: settledConflicts(release, one),
    essential: one.essential,
  };
}

function declared(suite: string, one: DebPackage, depends: readonly (readonly string[])[]) {
  const { plain, slim, control } = declaredRatios[suite] ?? { plain: 1, slim: 1, control: 0 };
  const isPython = one.section === 'python' && one.architecture === 'all';
  return {
    files: Math.round(one.installedSize * plain),
    documentation: Math.round(one.installedSize * (plain - slim)),
    control,
    python: isPython ? Math.round(one.installedSize * 0.84) : 0,
    templates: depends.some((group) => group.includes('debconf')),
  };
}

/** One text for all architectures of a suite, with the same packages where they exist. */
export function suiteText(all: readonly Fetched[], measures: KnownMeasures): string {
  const names = new Set(all.flatMap((one) => chosen(one).map(({ name }) => name)));
  return joinPages(all.map((one) => pageOf(one, names, measures)));
}

/** The bundled file of one release of Debian: packages of its architectures with real bytes. */

import type { IndexContent } from '../../server/src/packages/indexContent.ts';
import { encodePages } from '../../server/src/packages/indexText.ts';
import type { PackageFacts } from '../../server/src/packages/packageIndex.ts';
import type { Measures } from './debFile.ts';
import {
  type DebPackage,
  type DebRelease,
  readRelease,
  settled,
  settledConflicts,
} from './debian.ts';
import { compiled, extraOf, manualsOf } from './extras.ts';
import type { KnownMeasures } from './measures.ts';
import { fetchPackages, fetchRelease } from './mirror.ts';
import { rough } from './rough.ts';
import { baseNames, closure, further, realPackages, wantedNames } from './select.ts';
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

/** Packages of one architecture that fit into the file of a suite. */
const most = 10_000;

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
  const first = [...weights]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .flatMap(([name]) => release.packages.get(name) ?? []);
  return [...first, ...further(release, new Set(weights.keys()), installed, most - first.length)];
}

/** One text for all architectures of a suite. */
export function suiteText(all: readonly Fetched[], measures: KnownMeasures): string {
  return encodePages(
    all.map((one) => {
      const names = new Set(chosen(one).map(({ name }) => name));
      return contentOf(one, all, names, measures);
    }),
  );
}

function contentOf(
  fetched: Fetched,
  all: readonly Fetched[],
  names: ReadonlySet<string>,
  measures: KnownMeasures,
): IndexContent {
  const { suite, arch, day, release } = fetched;
  const terms = installTerms[suite];
  if (!terms) throw new Error(`The terms of ${suite} were not measured.`);
  const base = baseNames(release);
  const inBase = new Set(base);
  const isOpen = (group: readonly string[]) =>
    !group.some((name) => realPackages(release, name).some((one) => inBase.has(one.name)));
  const groups = (relations: DebPackage['depends']) => {
    const all = relations.map((group) => settled(release, group)).filter(isOpen);
    return [...new Map(all.map((group) => [group.join(' '), group])).values()];
  };
  const packages = [...names]
    .flatMap((name) => release.packages.get(name) ?? [])
    .map((one): PackageFacts => {
      const sizes = sizesOf(one, fetched, all, measures);
      return {
        name: one.name,
        ...sizes,
        files: sizes.files + manualsOf(one.name),
        documentation: sizes.documentation + manualsOf(one.name),
        python: compiled(one.name, suite, sizes.python),
        extra: extraOf(one.name, suite),
        archive: rough(one.size, 8),
        depends: groups(one.depends),
        recommends: groups(one.recommends),
        conflicts: settledConflicts(release, one),
        essential: one.essential,
      };
    });
  const asked = new Set([
    ...wantedNames().map(({ name }) => name),
    ...packages.flatMap((one) => [...one.depends.flat(), ...one.recommends.flat()]),
    ...packages.flatMap((one) => one.conflicts ?? []),
  ]);
  const provides = new Map(
    [...release.providers].flatMap(([name, list]) => {
      const by = list.map((one) => one.by.name).filter((one) => names.has(one));
      return by.length > 0 && asked.has(name) ? [[name, by] as const] : [];
    }),
  );
  return {
    key: { distribution: 'debian', suite, arch },
    family: 'deb',
    date: day,
    source: 'the packages of Debian’s mirror',
    partial: true,
    terms,
    lists: listBytes[`${suite} ${arch}`] ?? null,
    base,
    packages,
    provides,
  };
}

/** What `apt-get update` leaves behind with the settings of the official images, in bytes (2026). */
const listBytes: Readonly<Record<string, number>> = {
  'bookworm amd64': 19_852_735,
  'bookworm arm64': 19_640_832,
  'trixie amd64': 21_697_576,
  'trixie arm64': 21_554_897,
  'bullseye amd64': 18_452_334,
  'bullseye arm64': 18_202_551,
};

/**
 * Sizes of a package: measured; else those of its version before or of another architecture, which
 * differ as the declared sizes do; else declared ones.
 */
function sizesOf(
  one: DebPackage,
  { suite, release }: Fetched,
  all: readonly Fetched[],
  measures: KnownMeasures,
) {
  const own = measures.of(one);
  if (own) return { ...rounded(own), measured: true };
  const others = all.map(({ release }) => release.packages.get(one.name));
  for (const other of [one.older, ...others, ...others.map((found) => found?.older)]) {
    const found = other && measures.of(other);
    if (!found || other.installedSize === 0) continue;
    const { documentation } = found;
    const files = ((found.files - documentation) * one.installedSize) / other.installedSize;
    return { ...rounded({ ...found, files: files + documentation }), measured: false };
  }
  return { ...rounded(declared(suite, one, release)), measured: false };
}

/** Rounded so that what is left out on slim images is never more than there is. */
function rounded(sizes: Measures): Measures {
  const files = rough(sizes.files, sizes.files < 128 * 1024 ? 4 : 1);
  return {
    ...sizes,
    files,
    documentation: Math.min(files, rough(sizes.documentation, 4)),
    control: rough(sizes.control, 4),
    python: rough(sizes.python, 4),
  };
}

function declared(suite: string, one: DebPackage, release: DebRelease): Measures {
  const { plain, slim, control } = declaredRatios[suite] ?? { plain: 1, slim: 1, control: 0 };
  const isPython = one.section === 'python' && one.architecture === 'all';
  const needs = one.depends.map((group) => settled(release, group));
  return {
    files: one.installedSize * plain,
    documentation: one.installedSize * (plain - slim),
    control,
    python: isPython ? one.installedSize * 0.84 : 0,
    templates: needs.some((group) => group.includes('debconf')),
  };
}

/** Debian's packages in the image while a RUN is followed: what it began with, what it has now. */

import type { Fact } from '../../context/fact.ts';
import { type Closure, closure } from '../../packages/closure.ts';
import type { PackageFacts, PackageIndex } from '../../packages/packageIndex.ts';
import { unknown } from '../size.ts';
import { packageContributions } from './aptBytes.ts';
import type { Contribution, Draft, InstalledPackages } from './draft.ts';
import { indexOf } from './indexed.ts';

/** What apt did in one RUN so far. */
export interface AptRun {
  readonly index: PackageIndex;
  readonly isSlim: boolean;
  /** Packages before the RUN. */
  readonly before: InstalledPackages;
  unpacked: number;
  removed: number;
  asks: boolean;
  /** Names as they were asked for, for the label. */
  readonly asked: string[];
  /** Marks that `apt-mark showmanual` printed. */
  saved: ReadonlySet<string> | null;
  /** Something was marked as asked for that only the running build knows. */
  marksUnknown: boolean;
  /** What was written last. */
  written: readonly Contribution[];
}

const runs = new WeakMap<Draft, AptRun>();

/** The index of the image's packages, or why there is none, with a way out. */
export function aptIndex(draft: Draft): Fact<PackageIndex> {
  const fact = indexOf(draft, 'deb');
  if (fact.state !== 'unavailable' || draft.state.bottom === 'scratch') return fact;
  if (draft.state.distribution !== null) return fact;
  const reason =
    'The distribution of the base image is not known; the setting `dockerfileLayers.images` can say it.';
  return { state: 'unavailable', reason };
}

/** What apt did in this RUN; or why nothing is known of the packages. */
export function aptRun(draft: Draft): Fact<AptRun> {
  const known = runs.get(draft);
  if (known) return { state: 'known', value: known };
  const fact = aptIndex(draft);
  if (fact.state !== 'known') return fact;
  const index = fact.value;
  const before = installedBefore(index, draft);
  if (!before) return { state: 'unavailable', reason: draft.state.packagesReason };
  const run: AptRun = {
    index,
    isSlim: draft.state.distribution?.slim ?? false,
    before,
    unpacked: 0,
    removed: 0,
    asks: false,
    asked: [],
    saved: null,
    marksUnknown: false,
    written: [],
  };
  runs.set(draft, run);
  return { state: 'known', value: run };
}

const atFirst = new WeakMap<PackageIndex, WeakMap<readonly string[], InstalledPackages>>();

/** The plain image's packages and what was asked for on top; the same object each time. */
export function installedBefore(
  index: PackageIndex,
  { state }: Pick<Draft, 'state'>,
): InstalledPackages | null {
  if (state.installed) return state.installed;
  const { basePackages } = state;
  if (basePackages === null || index.base === null) return null;
  const known = atFirst.get(index) ?? new WeakMap<readonly string[], InstalledPackages>();
  atFirst.set(index, known);
  const made = known.get(basePackages) ?? withPackages(index, basePackages);
  known.set(basePackages, made);
  return made;
}

const bases = new WeakMap<PackageIndex, InstalledPackages>();

function withPackages(index: PackageIndex, names: readonly string[]): InstalledPackages {
  const plain = bases.get(index) ?? { names: new Set(index.base ?? []), manual: new Set() };
  bases.set(index, plain);
  if (names.length === 0) return plain;
  return grown(plain, closure(index, plain.names, names, { recommends: false }));
}

const grownSets = new WeakMap<Closure, WeakMap<InstalledPackages, InstalledPackages>>();

/** With what a closure adds; equal questions get the same object. */
export function grown(installed: InstalledPackages, added: Closure): InstalledPackages {
  const { packages, roots } = added;
  if (packages.length === 0 && roots.every((name) => installed.manual.has(name))) return installed;
  const known = grownSets.get(added) ?? new WeakMap<InstalledPackages, InstalledPackages>();
  grownSets.set(added, known);
  const before = known.get(installed);
  if (before) return before;
  const made: InstalledPackages = {
    ...installed,
    names:
      packages.length === 0
        ? installed.names
        : new Set([...installed.names, ...packages.map(({ name }) => name)]),
    manual: new Set([...installed.manual, ...roots]),
  };
  known.set(installed, made);
  return made;
}

/** Packages now. */
export function installedNow(run: AptRun, draft: Draft): InstalledPackages {
  return draft.state.installed ?? run.before;
}

/** Gives the image its packages and the layer the figures for what is new since the RUN began. */
export function settleRun(run: AptRun, draft: Draft, now: InstalledPackages): void {
  if (draft.state.installed !== now) {
    draft.state = { ...draft.state, installed: now, basePackages: null };
  }
  const contributions = packageContributions(run.index, run.isSlim, {
    fresh: newPackages(run, now),
    perhaps: run.before.perhaps ?? none,
    unpacked: run.unpacked,
    removed: run.removed,
    asks: run.asks,
    label: labelOf(run, now),
    lacksDebconf: draft.state.lacksDebconf === true,
    isFirst: run.before.names.size === run.index.base?.length,
    withoutPaths: removedPaths(run, draft),
  });
  if (contributions.every(({ kind, path }) => kind !== 'packages' || path !== '/usr')) {
    draft.withdraw('packages');
  }
  for (const contribution of contributions) draft.write(contribution);
  run.written = contributions;
}

const none: ReadonlySet<string> = new Set();

function newPackages({ index, before }: AptRun, now: InstalledPackages): readonly PackageFacts[] {
  const fresh: PackageFacts[] = [];
  for (const name of now.names) {
    const facts = before.names.has(name) ? undefined : index.package(name);
    if (facts) fresh.push(facts);
  }
  return fresh;
}

function labelOf({ before, asked }: AptRun, now: InstalledPackages): string {
  let count = 0;
  for (const name of now.names) if (!before.names.has(name)) count += 1;
  if (count === 0) return 'package database';
  const named = [...new Set(asked)].filter(
    (name) => now.names.has(name) && !before.names.has(name),
  );
  const shown =
    named.slice(0, 3).join(', ') + (named.length > 3 ? ` and ${named.length - 3} more` : '');
  const number = `${count} package${count === 1 ? '' : 's'}`;
  return shown === '' ? number : `${number} for ${shown}`;
}

/** Folders of documentation that another command of the RUN removed. */
function removedPaths({ written }: AptRun, draft: Draft): ReadonlySet<string> {
  const last = written.find(({ renews }) => renews === 'packages');
  const now = draft.contributions.find(({ renews }) => renews === 'packages');
  if (!last || !now) return none;
  const left = new Set((now.within ?? []).map(({ path }) => path));
  const gone = (last.within ?? []).map(({ path }) => path).filter((path) => !left.has(path));
  return new Set(gone);
}

/** A figure that cannot be given. */
export function writeUnknown(
  draft: Draft,
  path: string,
  label: string,
  fact: Exclude<Fact<unknown>, { readonly state: 'known' }>,
  kind: Contribution['kind'] = 'packages',
): void {
  const size =
    fact.state === 'pending'
      ? { ...unknown('The package data is being read.'), pending: true }
      : unknown(fact.reason);
  draft.write({ path, size, label, kind });
}

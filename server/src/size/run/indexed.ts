/**
 * What package managers have in common whose sizes are those that an index declares: apk and the
 * managers of the RPM family. One RUN has one figure for its packages, which each command renews, so
 * that what one installs and another removes again does not count.
 */

import type { Fact } from '../../context/fact.ts';
import type { PackageFamily, PackageIndex } from '../../packages/packageIndex.ts';
import { type PlainClosure, plainClosure, type Recommended } from '../../packages/plainClosure.ts';
import { readable } from '../../shell/shellTree.ts';
import { suggest } from '../../syntax/suggestions.ts';
import { type Size, unknown } from '../size.ts';
import { unknownAt } from './contributions.ts';
import type { Draft, InstalledPackages, StageState, World } from './draft.ts';

/** What was asked for, and what is there. Groups are names that stand for several (`apk add -t`). */
export interface PackageSet extends InstalledPackages {
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

/** Groups live as long as the set that they were made for. */
const groupsOf = new WeakMap<InstalledPackages, PackageSet['groups']>();

/** Packages before the RUN, and roots that nobody has, by the RUN. */
const begun = new WeakMap<World, { readonly names: ReadonlySet<string>; missing: Set<string> }>();

/** Where sources of packages stand; a line that names them may have added one. */
const sourceFiles = /\/etc\/(apk\/repositories|yum\.repos\.d|zypp\/repos\.d)/;

/** How the figure of one family is made. */
export interface Rules {
  readonly recommended: Recommended;
  /** Low and high for declared bytes. */
  readonly band: (bytes: number, index: PackageIndex) => { low: number; high: number };
  /** Behind the reason that names the index: ` …, not measured by us.` */
  readonly doubt: string;
}

/** Stands for all places where packages put files: one path, so that each figure replaces the last. */
export const packagesPath = '/usr/.packages';

/** The reason where names of packages hold what only a build knows. */
export const unreadNames = 'Which packages are installed hangs on a value that only a build knows.';

/** The index that the packages of the image come from; the reason where there is none. */
export function indexOf({ state, world }: Draft, family: PackageFamily): Fact<PackageIndex> {
  const { distribution, arch } = state;
  if (!distribution) {
    return { state: 'unavailable', reason: state.packagesReason };
  }
  const { id, suite } = distribution;
  if (suite === null) {
    const reason = `Which release of ${id} the base image is made of is not known.`;
    return { state: 'unavailable', reason };
  }
  const fact = world.facts.packages({ distribution: id, suite, arch });
  if (fact.state === 'known' && fact.value.family !== family) {
    const reason = `Packages of ${id} are not those of this package manager.`;
    return { state: 'unavailable', reason };
  }
  return fact;
}

/** The packages in the image now; null where nobody knows them. */
export function installedNow(index: PackageIndex, state: StageState): PackageSet | null {
  const { installed, basePackages } = state;
  if (installed) return { ...installed, groups: groupsOf.get(installed) ?? new Map() };
  if (basePackages === null || index.base === null) return null;
  const manual = new Set([...index.base, ...basePackages]);
  const { names, missing } = plainClosure(index, manual, new Set(), 'no');
  // What the image has and the index has not is there all the same.
  return { names: new Set([...names, ...missing]), manual, groups: new Map() };
}

/** A figure that cannot be given, at `path`; pending where the index is being read. */
export function writeUnknown(draft: Draft, path: string, label: string, fact: Fact<unknown>): void {
  if (fact.state === 'known') return;
  const size: Size =
    fact.state === 'pending'
      ? { ...unknown('The package data is being read.'), pending: true }
      : unknown(fact.reason);
  draft.write({ path, size, label, kind: 'packages' });
}

/** Remembers the packages that the RUN began with; of use only while its commands are followed. */
export function begin(draft: Draft, before: PackageSet): void {
  const { world, state } = draft;
  if (begun.has(world)) return;
  begun.set(world, { names: before.names, missing: new Set() });
  const { script, argv } = world.run;
  if (sourceFiles.test(script ?? argv.join(' '))) draft.state = { ...state, foreignSources: true };
}

type Wanted = Pick<PackageSet, 'manual' | 'groups'>;

/** Installs what is wanted now, on top of what is there. */
export function install(draft: Draft, index: PackageIndex, rules: Rules, wanted: Wanted): void {
  const now = installedNow(index, draft.state);
  if (now)
    change(
      draft,
      index,
      rules,
      wanted,
      plainClosure(index, rootsOf(wanted), now.names, rules.recommended),
    );
}

/** Keeps what is wanted still and what that needs; all else goes. */
export function reduce(draft: Draft, index: PackageIndex, rules: Rules, wanted: Wanted): void {
  const now = installedNow(index, draft.state);
  if (!now) return;
  const needed = plainClosure(index, rootsOf(wanted), new Set(), rules.recommended);
  const names = new Set([...needed.names].filter((name) => now.names.has(name)));
  change(draft, index, rules, wanted, { names, missing: [] });
}

function rootsOf({ manual, groups }: Wanted): readonly string[] {
  return [...manual, ...[...groups.values()].flat()];
}

/** Gives the image other packages, and the layer its figure for what is new among them. */
function change(
  draft: Draft,
  index: PackageIndex,
  rules: Rules,
  wanted: Wanted,
  { names, missing }: PlainClosure,
): void {
  const start = begun.get(draft.world);
  if (!start) return;
  for (const name of missing) {
    if (start.names.has(name) || start.missing.has(name)) continue;
    start.missing.add(name);
    draft.write(
      unknownAt(null, `package ${readable(name)}`, missingReason(name, index, draft.state)),
    );
  }
  const installed: InstalledPackages = { names, manual: wanted.manual };
  groupsOf.set(installed, wanted.groups);
  draft.state = { ...draft.state, installed, basePackages: null };
  const fresh = [...names].filter((name) => !start.names.has(name));
  if (fresh.length === 0) {
    draft.remove(packagesPath);
    return;
  }
  const bytes = fresh.reduce((all, name) => all + (index.package(name)?.files ?? 0), 0);
  const first = [...wanted.manual].find((name) => fresh.includes(name)) ?? fresh[0] ?? '';
  const more = fresh.length > 1 ? ` and ${fresh.length - 1} more` : '';
  draft.write({
    path: packagesPath,
    size: {
      basis: 'estimated',
      bytes,
      ...rules.band(bytes, index),
      atLeast: false,
      reason: `Sizes that the package index declares (${nameOf(index)} of ${index.date}, ${index.source})${rules.doubt}`,
    },
    label: `packages: ${first}${more}`,
    kind: 'packages',
    isFile: true,
  });
}

function nameOf({ key }: PackageIndex): string {
  return `${key.distribution} ${key.suite}`;
}

function missingReason(name: string, index: PackageIndex, state: StageState): string {
  const from = nameOf(index);
  if (state.foreignSources) {
    return `${from} has no package \`${readable(name)}\`; it may come from a package source that was added.`;
  }
  const near = suggest(name, namesLike(name, index), true);
  return `There is no package \`${readable(name)}\` in ${from}.${near ? ` Did you mean \`${near}\`?` : ''}`;
}

/** Comparing every name takes long; those that are typed wrong mostly begin right. */
function namesLike(name: string, index: PackageIndex): readonly string[] {
  const [letter = ''] = name;
  return [...index.names()].filter(
    (one) => one.startsWith(letter) && Math.abs(one.length - name.length) <= 2,
  );
}

/**
 * Which entries of a lock file an install puts on the disk, by the platform of the image and by
 * what the command leaves out (npm's `@npmcli/arborist`, `npm-install-checks`).
 */

import type { Platform } from '../model/plan.ts';
import type { LockedPackage } from './projectFacts.ts';

/** Kinds of dependencies that an install leaves out. */
export interface Omitted {
  readonly dev: boolean;
  readonly optional: boolean;
  readonly peer: boolean;
}

/** What decides on packages for one platform only. */
export interface Target {
  readonly platform: Platform;
  /** The C library of the image: null where its distribution is not known. */
  readonly libc: 'glibc' | 'musl' | null;
}

/** Docker's words for architectures in Node's (`process.arch`). */
const architectures: Readonly<Record<string, string>> = {
  amd64: 'x64',
  '386': 'ia32',
  arm64: 'arm64',
  arm: 'arm',
  ppc64le: 'ppc64',
  s390x: 's390x',
  riscv64: 'riscv64',
  loong64: 'loong64',
  mips64le: 'mips64el',
};

/** Node's word for an architecture of Docker's. */
export function nodeArch(arch: string): string {
  return Object.hasOwn(architectures, arch) ? (architectures[arch] ?? arch) : arch;
}

/** Does the package run there? What the lock does not restrict runs everywhere. */
export function runsOn(one: LockedPackage, { platform, libc }: Target): boolean {
  const os = platform.os === 'windows' ? 'win32' : platform.os;
  return (
    permits(one.os, os) &&
    permits(one.cpu, nodeArch(platform.arch)) &&
    // Most images have glibc, so that is what an unknown one is taken for.
    (one.libc.length === 0 || platform.os !== 'linux' || permits(one.libc, libc ?? 'glibc'))
  );
}

/** Is the package wanted when these kinds are left out? */
export function isWanted(one: LockedPackage, omit: Omitted): boolean {
  if (one.dev && omit.dev) return false;
  if (one.optional && omit.optional) return false;
  if (one.devOptional && omit.dev && omit.optional) return false;
  return !(one.peer && omit.peer);
}

/**
 * Entries that an install puts on the disk. What only an optional package of another platform needs
 * is left out with it (npm's `optional-set.js`).
 */
export function chosen(
  packages: readonly LockedPackage[],
  target: Target,
  omit: Omitted,
): readonly LockedPackage[] {
  const wanted = packages.filter((one) => isWanted(one, omit));
  const byPath = new Map(wanted.map((one) => [one.path, one]));
  const unfit = wanted.filter((one) => !runsOn(one, target));
  const excluded = new Set(unfit);
  const doubtful = reached(unfit, byPath, ({ optional, isAsked }) => optional && !isAsked);
  const firm = wanted.filter((one) => !doubtful.has(one));
  const live = reached(firm, byPath, (one) => doubtful.has(one) && !excluded.has(one));
  return doubtful.size === 0 ? wanted : wanted.filter((one) => live.has(one));
}

/** Some packages, and all that they need for which the condition holds, and so on. */
function reached(
  from: readonly LockedPackage[],
  byPath: ReadonlyMap<string, LockedPackage>,
  goesOn: (one: LockedPackage) => boolean,
): ReadonlySet<LockedPackage> {
  const found = new Set(from);
  // What is added while this goes on is gone through as well.
  for (const { needs } of found) {
    for (const need of needs) {
      const one = byPath.get(need);
      if (one && goesOn(one)) found.add(one);
    }
  }
  return found;
}

/** A list of names in which `!name` excludes; a list of exclusions alone permits all else. */
function permits(names: readonly string[], value: string): boolean {
  if (names.length === 0 || names.includes('any')) return true;
  if (names.includes(`!${value}`)) return false;
  return names.includes(value) || names.every((name) => name.startsWith('!'));
}

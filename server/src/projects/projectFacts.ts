/**
 * What the build context says about the dependencies of a project: lock files read, and what is
 * installed on this machine measured. Found in the background; a RUN like `npm ci` is estimated from it.
 */

/** Bytes of an installed set of dependencies, and how they are known. */
export interface Measured {
  readonly bytes: number;
  readonly low: number;
  readonly high: number;
  readonly basis: 'measured' | 'computed' | 'estimated';
  /** A full sentence. */
  readonly reason: string;
}

/** One entry of a lock file that a package manager may install. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** Where it is put, relative to the project: `node_modules/a/node_modules/b`. */
  readonly path: string;
  readonly integrity: string | null;
  /** Address that it is fetched from, when the lock names it. */
  readonly resolved: string | null;
  readonly dev: boolean;
  readonly optional: boolean;
  readonly os: readonly string[];
  readonly cpu: readonly string[];
  readonly libc: readonly string[];
  readonly hasInstallScript: boolean;
  /** Unpacked bytes of its files; null: not known. */
  readonly unpacked: number | null;
  /** Bytes of the package file; null: not known. */
  readonly archive: number | null;
}

export interface JavaScriptLock {
  readonly manager: 'npm' | 'yarn' | 'pnpm' | 'bun';
  /** Path of the lock file in the build context. */
  readonly path: string;
  readonly version: number;
  readonly packages: readonly LockedPackage[];
  /** Bytes of `node_modules/.package-lock.json`, or its like, that an install writes, as a fraction of the sum: already in a figure. */
  readonly ownBytes: number;
}

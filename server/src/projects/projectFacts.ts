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
  /** The same where Python does not compile what it installs; absent: no such difference. */
  readonly withoutBytecode?: {
    readonly bytes: number;
    readonly low: number;
    readonly high: number;
  };
}

/** How the unpacked bytes of a package are known, best first. */
export type UnpackedSource = 'installed' | 'cache' | 'registry';

/** One entry of a lock file that a package manager may install. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** Where it is put, relative to the project: `node_modules/a/node_modules/b`. */
  readonly path: string;
  readonly integrity: string | null;
  /** Address that it is fetched from, when the lock names it. */
  readonly resolved: string | null;
  /** Only development needs it. */
  readonly dev: boolean;
  /** Only something optional needs it. */
  readonly optional: boolean;
  /** Both development and something optional need it, and nothing else does. */
  readonly devOptional: boolean;
  /** Only peers need it. */
  readonly peer: boolean;
  readonly os: readonly string[];
  readonly cpu: readonly string[];
  readonly libc: readonly string[];
  readonly hasInstallScript: boolean;
  /** Paths of the packages of the lock that it needs; empty where the lock does not tell. */
  readonly needs: readonly string[];
  /** Something of the project itself asks for it. */
  readonly isAsked: boolean;
  /** Bytes that its entry takes in the record that the manager keeps beside the packages. */
  readonly recordBytes: number;
  /** Unpacked bytes of its files; null: not known. */
  readonly unpacked: number | null;
  /** How `unpacked` is known; null: it is not. */
  readonly source: UnpackedSource | null;
  /** Bytes of the package file; null: not known. */
  readonly archive: number | null;
}

export interface JavaScriptLock {
  readonly manager: 'npm' | 'yarn' | 'pnpm' | 'bun';
  /** Path of the lock file in the build context. */
  readonly path: string;
  /** Version of the form of the file: 1 to 3 for npm, 5 to 9 for pnpm; yarn: 1, or 2 for all later ones. */
  readonly version: number;
  /** Bytes of the file itself: some commands write it again. */
  readonly bytes: number;
  /** Nothing that is linked, nor what comes inside of another package. */
  readonly packages: readonly LockedPackage[];
  /** Bytes of the record beside the packages (`node_modules/.package-lock.json`) without its entries. */
  readonly ownBytes: number;
  /** Folders of the project that are packages of their own (`workspaces`), relative to it. */
  readonly workspaces: readonly string[];
  /** The project has install scripts of its own. */
  readonly projectScripts: boolean;
  /** Why the entries cannot be told from the lock alone, a full sentence; null: they can. */
  readonly unread: string | null;
}

/** A lock file's text as it was read, sizes not looked up yet; `reason` is a full sentence. */
export type LockReading =
  | { readonly ok: true; readonly lock: JavaScriptLock }
  | { readonly ok: false; readonly reason: string };

/** More than any lock file in the wild has; what is longer is not read. */
export const longestLock = 24 << 20;

/** Entries that are looked at in one lock file. */
export const mostPackages = 60_000;

/**
 * What a command would install, when the build context may have it already: all wheels of a place,
 * those of it that pip takes for some requirements (`demo==1.0`, `demo[extra]`), or the pins of a file.
 */
export type InstalledKind = 'wheels' | 'requirements' | { readonly wheelsFor: readonly string[] };

/** Folders of a context as they were last seen, and which of them are to be looked at again. */

import { join, nameOf, parentOf } from './contextPath.ts';
import type { Entry } from './entries.ts';
import { otherNames } from './otherNames.ts';

export interface Known {
  readonly path: string;
  entries: ReadonlyMap<string, Entry>;
  stale: boolean;
  /** Names that are to be looked at again, there or not. */
  dirty: Set<string>;
  /** They are being looked at; null: they are not. */
  refreshing: Promise<ReadonlyMap<string, Entry>> | null;
  /** Names of folders in it that are known, too. */
  readonly below: Set<string>;
}

export interface KnownFolders {
  get(path: string): Known | undefined;
  has(path: string): boolean;
  paths(): readonly string[];
  /** Entries in all. */
  readonly count: number;
  /** Takes what was found; true when anything differs from what was known. */
  take(path: string, entries: ReadonlyMap<string, Entry>, stale: boolean): boolean;
  drop(path: string): void;
  /** All of a folder and of those below is to be read again. */
  markBelow(path: string): void;
  /** The entry at a path and the folders that it lies in are to be looked at. */
  lookAgain(path: string): void;
  /** A folder is no longer what it was, though nobody said so. */
  outdated(path: string): void;
  /** As `Folders` has it. */
  settle(): boolean;
}

/** Knows none; `forget` is told each folder of which anything may be other than it was. */
export function knownFolders(forget: (path: string) => void): KnownFolders {
  const known = new Map<string, Known>();
  const others = otherNames();
  const outdated = new Set<string>();
  let count = 0;

  function take(path: string, entries: ReadonlyMap<string, Entry>, stale: boolean): boolean {
    const folder = known.get(path);
    if (!folder) {
      known.set(path, {
        path,
        entries,
        stale,
        dirty: new Set(),
        refreshing: null,
        below: new Set(),
      });
      if (path !== '') known.get(parentOf(path))?.below.add(nameOf(path));
      count += entries.size;
      return true;
    }
    folder.stale = stale;
    if (folder.entries === entries || hasSame(folder.entries, entries)) return false;
    for (const [name, entry] of entries) {
      const old = folder.entries.get(name);
      if (old !== entry) others.changed(old, entry);
    }
    for (const [name, old] of folder.entries) {
      if (old.links > 1 && !entries.has(name)) others.changed(old, undefined);
    }
    for (const name of folder.below) {
      const now = entries.get(name);
      const below = join(path, name);
      if (now?.kind !== 'directory') drop(below);
      else if (now.inode !== folder.entries.get(name)?.inode) markBelow(below);
    }
    count += entries.size - folder.entries.size;
    folder.entries = entries;
    return true;
  }

  function drop(path: string): void {
    const folder = known.get(path);
    if (!folder) return;
    for (const name of folder.below) drop(join(path, name));
    // Under another name they may have been written to before they went.
    for (const old of folder.entries.values()) others.changed(old, undefined);
    known.delete(path);
    known.get(parentOf(path))?.below.delete(nameOf(path));
    count -= folder.entries.size;
    forget(path);
  }

  function markBelow(path: string): void {
    const folder = known.get(path);
    if (!folder) return;
    folder.stale = true;
    forget(path);
    for (const name of folder.below) markBelow(join(path, name));
  }

  function lookAgain(path: string): void {
    forget(parentOf(path));
    for (let at = path; at !== ''; at = parentOf(at))
      known.get(parentOf(at))?.dirty.add(nameOf(at));
  }

  return {
    get: (path) => known.get(path),
    has: (path) => known.has(path),
    paths: () => [...known.keys()],
    get count() {
      return count;
    },
    take,
    drop,
    markBelow,
    lookAgain,
    outdated: (path) => void outdated.add(path),
    settle() {
      const names = others.take(known.values());
      for (const { folder, name } of names) lookAgain(join(folder, name));
      for (const path of outdated) lookAgain(path);
      const isMarked = names.length > 0 || outdated.size > 0;
      outdated.clear();
      return isMarked;
    },
  };
}

/** The very same entries. */
function hasSame(a: ReadonlyMap<string, Entry>, b: ReadonlyMap<string, Entry>): boolean {
  if (a.size !== b.size) return false;
  for (const [name, entry] of a) if (b.get(name) !== entry) return false;
  return true;
}

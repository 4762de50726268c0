/** Notices files that appear, also in folders that are not there yet. */

import { existsSync, type FSWatcher, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';

export interface FolderWatch {
  /** The files to notice from now on, by absolute paths; of `comings` only that they come or change. */
  notice(paths: readonly string[], comings: readonly string[]): void;
  close(): void;
}

/** What comes in one go is told once. */
const togetherMs = 30;

/**
 * Calls `onChange` when a file came, went or changed. It watches the file's folder, or where that is
 * missing the nearest folder above. Where folders cannot be watched, nothing is noticed.
 */
export function watchFolders(onChange: () => void): FolderWatch {
  const watchers = new Map<string, FSWatcher>();
  let wanted: readonly string[] = [];
  /** By the folder that is watched, as the folders stood when that was arranged. */
  let names: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  let onlyComings: ReadonlySet<string> = new Set();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const arrange = () => {
    names = namesByFolder(wanted);
    for (const folder of [...watchers.keys()]) if (!names.has(folder)) drop(folder);
    for (const folder of names.keys()) if (!watchers.has(folder)) open(folder);
  };
  const open = (folder: string) => {
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => {
        // A folder that is removed or moved tells its own name.
        const isItself = name === basename(folder);
        const isWanted = name === null || isItself || names.get(folder)?.has(name);
        if (isWanted && !isGoing(join(folder, name ?? ''))) changed(isItself && folder);
      });
      watcher.on('error', () => drop(folder));
      watchers.set(folder, watcher);
    } catch {
      // Too many are watched already, or the folder has just gone.
    }
  };
  const isGoing = (path: string) => onlyComings.has(path) && !existsSync(path);
  const drop = (folder: string) => {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  };
  const changed = (gone: string | false) => {
    if (isClosed) return;
    if (gone !== false) drop(gone);
    timer ??= setTimeout(() => {
      timer = undefined;
      arrange();
      onChange();
    }, togetherMs).unref();
  };

  return {
    notice(paths, comings) {
      if (isClosed) return;
      wanted = [...paths, ...comings];
      onlyComings = new Set(comings);
      arrange();
      // What appeared below a folder before that was watched is in place now.
      const before = [...watchers.keys()].join();
      arrange();
      if ([...watchers.keys()].join() !== before) changed(false);
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      for (const folder of [...watchers.keys()]) drop(folder);
    },
  };
}

/** Folders that are there, with the names in them that lead to the paths. */
function namesByFolder(paths: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const path of paths) {
    let name = path;
    let folder = dirname(path);
    while (folder !== dirname(folder) && !existsSync(folder)) {
      name = folder;
      folder = dirname(folder);
    }
    const names = found.get(folder) ?? new Set();
    names.add(basename(name));
    found.set(folder, names);
  }
  return found;
}

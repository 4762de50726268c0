/**
 * A file system that ends at some folders, for Restricted Mode: nothing outside them is touched,
 * nor reached through a symlink. The build context resolves the links inside it by itself, so only
 * links that would be followed unseen are refused.
 */

import type { FileDigests } from '../context/fileDigests.ts';
import type { FileSystem } from '../context/fileSystem.ts';
import { isWithin, resolvePath } from './hostPaths.ts';

/** The same files, but every access that leads out of the folders rejects with `EACCES`. */
export function confined(files: FileSystem, within: readonly string[]): FileSystem {
  /** Folders that are no symlinks and that no symlink leads to. */
  const safe = new Set<string>();

  /** Rejects unless the path is below one of the folders and each folder on the way is a real one. */
  async function onTheWay(path: string): Promise<string> {
    const plain = resolvePath('/', path);
    const root = within.find((folder) => isWithin(plain, folder));
    if (root === undefined) throw outside(path);
    for (const folder of foldersBetween(root, plain)) {
      if (safe.has(folder)) continue;
      if ((await files.lstat(folder)).kind === 'symlink') throw outside(path);
      safe.add(folder);
    }
    return plain;
  }
  /** For what follows a symlink at the end of the path, too. */
  async function reached(path: string): Promise<void> {
    const plain = await onTheWay(path);
    const isRoot = within.some((folder) => isWithin(folder, plain));
    if (!isRoot && (await files.lstat(plain)).kind === 'symlink') throw outside(path);
  }
  return {
    lstat: async (path) => {
      await onTheWay(path);
      return files.lstat(path);
    },
    readlink: async (path) => {
      await onTheWay(path);
      return files.readlink(path);
    },
    list: async (path) => {
      await reached(path);
      return files.list(path);
    },
    read: async (path, limit) => {
      await reached(path);
      return files.read(path, limit);
    },
    async *stream(path) {
      await reached(path);
      yield* files.stream(path);
    },
  };
}

/** Digests of the files that a confined file system shows. */
export function confinedDigests(digests: FileDigests, files: FileSystem): FileDigests {
  return {
    text: (text) => digests.text(text),
    async file(path, expected, signal) {
      // Refuses what leads out; a link at the end of the path is never followed.
      await files.lstat(path);
      return digests.file(path, expected, signal);
    },
  };
}

/** The folders below `root` that lead to the path, outermost first; neither end is among them. */
function foldersBetween(root: string, path: string): readonly string[] {
  const folders: string[] = [];
  const separators = /[\\/]/g;
  separators.lastIndex = root.length + 1;
  for (let match = separators.exec(path); match; match = separators.exec(path)) {
    folders.push(path.slice(0, match.index));
  }
  return folders;
}

function outside(path: string): Error {
  return Object.assign(new Error(`${path} leads out of the workspace`), { code: 'EACCES' });
}

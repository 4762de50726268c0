/** Data that comes with the extension: read and unpacked when someone asks, never before. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';

export interface DataFiles {
  /** Names of all that begin with a prefix. */
  list(prefix: string): Promise<readonly string[]>;
  /** The content of `<name>.br`; null when no folder has it or it cannot be unpacked. */
  read(name: string): Promise<Uint8Array | null>;
}

/** Unpacked, no file of ours is larger; what is would only fill the memory. */
const mostBytes = 64 << 20;

const unpack = promisify(brotliDecompress);

/** Data files by name; of several folders the first that has a file counts. Never rejects. */
export function openData(folders: readonly string[]): DataFiles {
  return {
    async list(prefix) {
      const all = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])));
      const names = all.flat().filter((name) => name.startsWith(prefix) && name.endsWith('.br'));
      return [...new Set(names.map((name) => name.slice(0, -3)))].sort();
    },
    async read(name) {
      if (!/^[a-z0-9][a-z0-9.-]*$/.test(name)) return null;
      for (const folder of folders) {
        const packed = await readFile(join(folder, `${name}.br`)).catch(() => null);
        if (!packed) continue;
        return unpack(packed, { maxOutputLength: mostBytes }).catch(() => null);
      }
      return null;
    },
  };
}

/** Where it lies: `data` beside the bundle, `server/data` beside the sources. */
export const dataFolders: readonly string[] = [
  join(import.meta.dirname, 'data'),
  join(import.meta.dirname, '../../data'),
];

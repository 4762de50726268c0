/** Data that comes with the extension: read and unpacked when someone asks, never before. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';

export interface DataFiles {
  /** The content of `<name>.br`; null when no folder has it or it cannot be unpacked. */
  read(name: string): Promise<Uint8Array | null>;
}

/** Unpacked, no file of ours is larger; what is would only fill the memory. */
const mostBytes = 64 << 20;

const unpack = promisify(brotliDecompress);

/** Data files by name; of several folders the first that has a file counts. Never rejects. */
export function openData(folders: readonly string[]): DataFiles {
  return {
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

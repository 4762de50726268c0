/** Digests of files in memory, which count what is read and can be told to wait. */

import { createHash } from 'node:crypto';
import type { FileDigests } from '../../server/src/context/fileDigests.ts';
import type { MemoryFileSystem } from './memoryFileSystem.ts';

export interface MemoryDigests extends FileDigests {
  /** Paths that were read, in order. */
  readonly read: string[];
  /** Called before a file is read; what it gives is waited for. */
  before: (path: string) => void | Promise<void>;
  /** How many files are being read now, and at most were. */
  readonly running: { now: number; most: number };
}

/** Of the files of a file system in memory. */
export function memoryDigests(files: MemoryFileSystem): MemoryDigests {
  const read: string[] = [];
  const running = { now: 0, most: 0 };
  const digests: MemoryDigests = {
    read,
    running,
    before: () => {},
    text: (text) => createHash('sha256').update(text).digest('hex'),
    async file(path, expected, signal) {
      running.now++;
      running.most = Math.max(running.most, running.now);
      try {
        await digests.before(path);
        signal.throwIfAborted();
        read.push(path);
        const now = await files.lstat(path);
        const isSame = (['kind', 'bytes', 'mtimeNs', 'ctimeNs', 'inode'] as const).every(
          (key) => now[key] === expected[key],
        );
        if (!isSame) return null;
        const bytes = await files.read(path, Number.POSITIVE_INFINITY);
        return createHash('sha256').update(bytes).digest('hex');
      } finally {
        running.now--;
      }
    },
  };
  return digests;
}

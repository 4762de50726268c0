/** The file system port on Node. Rejects with Node's own errors, which carry `code`. */

import { createReadStream } from 'node:fs';
import { lstat, open, readdir, readlink } from 'node:fs/promises';
import type { FileKind, FileStat, FileSystem } from '../context/fileSystem.ts';

export const nodeFileSystem: FileSystem = {
  async lstat(path) {
    // Big integers: inode numbers of some file systems do not fit into a double.
    const stat = await lstat(path, { bigint: true });
    return {
      kind: kindOf(stat),
      bytes: Number(stat.size),
      mode: Number(stat.mode & 0o7777n),
      mtimeMs: Number(stat.mtimeNs) / 1e6,
      inode: stat.ino === 0n ? '' : `${stat.dev}:${stat.ino}`,
      links: Number(stat.nlink),
    } satisfies FileStat;
  },
  readlink: (path) => readlink(path),
  list: (path) => readdir(path),
  async read(path, limit) {
    const file = await open(path, 'r');
    try {
      const buffer = new Uint8Array(Math.min(limit + 1, (await file.stat()).size + 1));
      const pieces: Uint8Array[] = [];
      let total = 0;
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length);
        if (bytesRead === 0) break;
        total += bytesRead;
        if (total > limit) throw Object.assign(new Error('file too large'), { code: 'EFBIG' });
        pieces.push(buffer.slice(0, bytesRead));
      }
      return Buffer.concat(pieces);
    } finally {
      await file.close();
    }
  },
  stream: (path) => createReadStream(path, { highWaterMark: 256 * 1024 }),
};

function kindOf(stat: {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}): FileKind {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  return stat.isSymbolicLink() ? 'symlink' : 'other';
}

/** The file system port on Node. Rejects with Node's own errors, which carry `code`. */

import { createReadStream } from 'node:fs';
import { access, constants, lstat, open, readdir, readlink } from 'node:fs/promises';
import process from 'node:process';
import type { FileKind, FileStat, FileSystem } from '../context/fileSystem.ts';

/** The files of this machine. */
export const nodeFileSystem: FileSystem = {
  async lstat(path) {
    // Big integers: inode numbers of some file systems do not fit into a double.
    const stat = await lstat(path, { bigint: true });
    const kind = kindOf(stat);
    const mode = Number(stat.mode & 0o7777n);
    return {
      kind,
      bytes: Number(stat.size),
      mode,
      readable: kind !== 'file' || isForAll(mode) || (await mayRead(path)),
      mtimeMs: Number(stat.mtimeNs) / 1e6,
      mtimeNs: String(stat.mtimeNs),
      ctimeNs: String(stat.ctimeNs),
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

/** Spares a call for nearly all files. Root reads everything; where there are no users, modes say nothing. */
function isForAll(mode: number): boolean {
  return (mode & 0o444) === 0o444 || (process.getuid?.() ?? 0) === 0;
}

function mayRead(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}

function kindOf(stat: {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}): FileKind {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  return stat.isSymbolicLink() ? 'symlink' : 'other';
}

/** Digests of files and texts: SHA-256, a few files at once, never more of a file than a piece in memory. */

import crypto, { createHash } from 'node:crypto';
import { type BigIntStats, closeSync, constants, fstatSync, open, read } from 'node:fs';
import type { FileDigests } from '../context/fileDigests.ts';
import type { FileStat } from '../context/fileSystem.ts';

/** Files read at once, by all who ask: a language server is a guest on the machine. */
const atOnce = 4;
const pieceBytes = 256 * 1024;
/** Most milliseconds for one piece: a file system that does not answer is not waited for. */
const patience = 30_000;
/** Nor is a symlink followed, nor a pipe waited for. */
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

let running = 0;
const waiting: (() => void)[] = [];
/** Buffers that are not in use, at most as many as files are read at once. */
const buffers: Uint8Array[] = [];

/** The files of this machine. */
export const nodeDigests: FileDigests = {
  // In one call where Node has it (20.12 and later): for short texts in half the time.
  text: crypto.hash
    ? (text) => crypto.hash('sha256', text)
    : (text) => createHash('sha256').update(text).digest('hex'),
  async file(path, expected, signal) {
    signal.throwIfAborted();
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      signal.throwIfAborted();
      return await digestOf(path, expected, signal);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  },
};

async function digestOf(
  path: string,
  expected: FileStat,
  signal: AbortSignal,
): Promise<string | null> {
  const file = await opened(path);
  if (file === null) return null;
  const buffer = buffers.pop() ?? new Uint8Array(pieceBytes);
  let keeps = true;
  try {
    // What is open can be asked without waiting for a disk.
    if (!isSame(fstatSync(file, { bigint: true }), expected)) return null;
    const hash = createHash('sha256');
    for (let total = 0; ; ) {
      signal.throwIfAborted();
      const bytes = await readPiece(file, buffer).catch((error: NodeJS.ErrnoException) => {
        keeps = error.code !== 'ETIMEDOUT';
        throw error;
      });
      if (bytes === 0) break;
      hash.update(buffer.subarray(0, bytes));
      total += bytes;
      if (total > expected.bytes) return null;
      // The end of a file that stays as it is needs no call to be found.
      if (total === expected.bytes) break;
    }
    return isSame(fstatSync(file, { bigint: true }), expected) ? hash.digest('hex') : null;
  } finally {
    // A read that never came back may still write into its buffer, and closes its file by itself.
    if (keeps) {
      buffers.push(buffer);
      closeSync(file);
    }
  }
}

/** Null: it is a symlink by now. */
async function opened(path: string): Promise<number | null> {
  try {
    return await inTime<number>((done) => open(path, flags, done), closeSync);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ELOOP' || code === 'EMLINK') return null;
    throw error;
  }
}

function readPiece(file: number, buffer: Uint8Array): Promise<number> {
  return inTime<number>(
    (done) => read(file, buffer, 0, buffer.length, null, (error, bytes) => done(error, bytes)),
    () => closeSync(file),
  );
}

/** Rejects with `ETIMEDOUT` when there is no answer; what then comes too late goes to `tidy`. */
function inTime<T>(
  start: (done: (error: Error | null, value: T) => void) => void,
  tidy: (value: T) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      reject(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }));
    }, patience);
    start((error, value) => {
      clearTimeout(timer);
      if (!isLate) {
        if (error) reject(error);
        else resolve(value);
      } else if (!error) tidy(value);
    });
  });
}

function isSame(stat: BigIntStats, expected: FileStat): boolean {
  return (
    stat.isFile() &&
    Number(stat.size) === expected.bytes &&
    String(stat.mtimeNs) === expected.mtimeNs &&
    String(stat.ctimeNs) === expected.ctimeNs &&
    (expected.inode === '' || expected.inode === `${stat.dev}:${stat.ino}`)
  );
}

/** The file system port on Node. Rejects with Node's own errors, which carry `code`. */

import { type BigIntStats, createReadStream, lstatSync, readdirSync } from 'node:fs';
import { access, constants, lstat, open, readdir, readlink, realpath } from 'node:fs/promises';
import process from 'node:process';
import type { FileKind, FileStat, FileSystem } from '../context/fileSystem.ts';

/** The files of this machine. */
export const nodeFileSystem: FileSystem = {
  async lstat(path) {
    const stat = await lstat(path, { bigint: true });
    const found = statOf(stat);
    return needsNoAsking(found) ? found : { ...found, readable: await mayRead(path) };
  },
  lookAtOnce(folder, names, from, ms, before) {
    const end = performance.now() + ms;
    const found: (FileStat | null)[] = [];
    const numbers = numbersOf(names, before);
    for (let at = from; at < names.length; at++) {
      const name = names[at] ?? '';
      const path = `${folder}/${name}`;
      const old = before.get(name);
      const known = numbers?.names[at] === name ? numbers.values : null;
      const stat = old && isUnchanged(path, old, known, at) ? old : atOnce(path);
      found.push(stat && (stat === old || needsNoAsking(stat)) ? stat : null);
      if (performance.now() >= end) break;
    }
    return found;
  },
  readlink: (path) => readlink(path),
  realpath: (path) => realpath(path),
  list: (path) => readdir(path),
  listAtOnce(path) {
    try {
      return readdirSync(path);
    } catch {
      return null;
    }
  },
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

/** Of the entries of a folder by their places in a list of names: ctime in milliseconds, then inode. */
interface Numbers {
  readonly names: readonly string[];
  readonly values: Float64Array;
}

/** What is looked at again and again need not be read from texts each time. */
const numbersByFolder = new WeakMap<ReadonlyMap<string, FileStat>, Numbers>();

/** Null: few are looked at. */
function numbersOf(
  names: readonly string[],
  before: ReadonlyMap<string, FileStat>,
): Numbers | null {
  if (names.length < before.size || before.size === 0) return null;
  const known = numbersByFolder.get(before);
  if (known) return known;
  const values = new Float64Array(2 * names.length);
  for (const [at, name] of names.entries()) {
    const old = before.get(name);
    if (!old) continue;
    values[2 * at] = ctimeOf(old);
    values[2 * at + 1] = inodeOf(old);
  }
  const made = { names, values };
  numbersByFolder.set(before, made);
  return made;
}

const inodeOf = ({ inode }: FileStat) => Number(inode.slice(inode.indexOf(':') + 1));

/** As Node makes milliseconds of seconds and nanoseconds. */
function ctimeOf({ ctimeNs }: FileStat): number {
  return Number(ctimeNs.slice(0, -9)) * 1000 + Number(ctimeNs.slice(-9)) / 1e6;
}

/**
 * Told by a call that is a third cheaper, whose numbers are as exact as is needed to tell one moment
 * of change from the next: a quarter of a microsecond.
 */
function isUnchanged(
  path: string,
  old: FileStat,
  known: Numbers['values'] | null,
  at: number,
): boolean {
  const { kind } = old;
  if (kind === 'directory') return false;
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (
      stat === undefined ||
      stat.size !== old.bytes ||
      stat.mtimeMs !== old.mtimeMs ||
      (stat.mode & 0o7777) !== old.mode ||
      stat.nlink !== old.links ||
      kindOf(stat) !== kind
    )
      return false;
    const ctimeMs = known ? known[2 * at] : ctimeOf(old);
    const inode = known ? known[2 * at + 1] : inodeOf(old);
    return stat.ctimeMs === ctimeMs && stat.ino === inode;
  } catch {
    return false;
  }
}

/** As Node makes them of seconds and nanoseconds, so that equal times stay equal. */
function milliseconds(ns: bigint): number {
  return Number(ns / 1_000_000_000n) * 1000 + Number(ns % 1_000_000_000n) / 1e6;
}

/** Null: not there, or not to be seen. */
function atOnce(path: string): FileStat | null {
  try {
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return stat ? statOf(stat) : null;
  } catch {
    return null;
  }
}

/** Big integers: times in nanoseconds, and inode numbers of some file systems, fit into no double. */
function statOf(stat: BigIntStats): FileStat {
  const mtimeNs = String(stat.mtimeNs);
  const found: FileStat = {
    kind: kindOf(stat),
    bytes: Number(stat.size),
    mode: Number(stat.mode) & 0o7777,
    readable: true,
    mtimeMs: milliseconds(stat.mtimeNs),
    mtimeNs,
    // Mostly the same, and then the same text.
    ctimeNs: stat.ctimeNs === stat.mtimeNs ? mtimeNs : String(stat.ctimeNs),
    inode: stat.ino === 0n ? '' : `${stat.dev}:${stat.ino}`,
    links: Number(stat.nlink),
  };
  const special = found.kind === 'other' ? specialOf(stat) : null;
  return special === null ? found : { ...found, special };
}

/** As `FileStat` has it; null for a pipe. */
function specialOf(stat: BigIntStats): string | null {
  if (stat.isSocket()) return 'socket';
  if (stat.isCharacterDevice()) return `c ${stat.rdev}`;
  return stat.isBlockDevice() ? `b ${stat.rdev}` : null;
}

/** Nobody has to be asked whether its content may be read. */
function needsNoAsking({ kind, mode }: FileStat): boolean {
  return kind !== 'file' || isForAll(mode);
}

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

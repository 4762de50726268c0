/**
 * Build records on disk: a folder for each Dockerfile, and in it a file for each record, packed,
 * written whole or not at all, and never written twice. So two windows cannot spoil each other's
 * files, and what fails loses the one record it was about.
 */

import { createHash, randomBytes } from 'node:crypto';
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { BuildRecord, RecordStore } from '../cache/buildRecord.ts';
import { decodeRecord, encodeRecord } from '../cache/recordText.ts';
import { excess, filedAt, type RecordFile, recordFiles, recordName } from './recordNames.ts';

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** The text of a record; `decode` gives null for what is damaged, foreign or of a newer version. */
export interface RecordText {
  encode(record: BuildRecord): string;
  decode(text: string): BuildRecord | null;
}

const recordText: RecordText = {
  encode: encodeRecord,
  decode(text) {
    const decoded = decodeRecord(text);
    return decoded.ok ? decoded.record : null;
  },
};

export interface RecordFolder extends RecordStore {
  /** Where the records lie; null: there is no place for them. */
  useFolder(folder: string | null): void;
}

/** What a test replaces. */
export interface RecordStoreParts {
  readonly files: Pick<
    typeof nodeFiles,
    'mkdir' | 'readdir' | 'readFile' | 'rename' | 'rm' | 'rmdir' | 'stat' | 'writeFile'
  >;
  readonly now: () => number;
  /** Bytes on disk of all records together. */
  readonly totalBytes: number;
  /** Characters of one record's text; 100,000 files take 20 million. */
  readonly textLimit: number;
  /** Bytes on disk of one record. */
  readonly packedLimit: number;
}

const defaults: RecordStoreParts = {
  files: nodeFiles,
  now: Date.now,
  totalBytes: 200_000_000,
  textLimit: 256_000_000,
  packedLimit: 50_000_000,
};

const unfinishedEnding = '.part';
/** A file that is still being written is younger than this. */
const unfinishedMs = 60 * 60 * 1000;

/** The folder of records in a folder of the product's own: the extension's storage, or `cacheFolder`. */
export function recordsFolder(own: string | null): string | null {
  return own === null ? null : join(own, 'records');
}

/** The store; it touches nothing until someone reads or adds. */
export function openRecordStore(
  text: RecordText = recordText,
  replaced: Partial<RecordStoreParts> = {},
): RecordFolder {
  const parts = { ...defaults, ...replaced };
  const { files } = parts;
  let root: string | null = null;

  const read = async (path: string): Promise<BuildRecord | null> => {
    try {
      const found = await files.stat(path);
      // A pipe or a device in its place would be read without an end.
      if (!found.isFile() || found.size > parts.packedLimit) return null;
      const packed = await files.readFile(path);
      const bytes = await unpack(packed, { maxOutputLength: parts.textLimit });
      return text.decode(bytes.toString('utf8'));
    } catch {
      return null;
    }
  };

  /** The record's bytes, without its table of files where it would be too large with it. */
  const packed = async (record: BuildRecord): Promise<{ bytes: Buffer; slim: boolean }> => {
    const encoded = text.encode(record);
    const bytes =
      encoded.length <= parts.textLimit / 3 || Buffer.byteLength(encoded) <= parts.textLimit
        ? await pack(encoded, { level: 6 })
        : null;
    const slim = record.files === null;
    if (bytes && bytes.length <= parts.packedLimit) return { bytes, slim };
    if (slim) throw new Error('The record of this build is not kept, as it is too large.');
    return packed({ ...record, files: null });
  };

  const write = async (folder: string, name: string, bytes: Buffer): Promise<void> => {
    const path = join(folder, name);
    const unfinished = `${path}.${randomBytes(6).toString('hex')}${unfinishedEnding}`;
    try {
      await files.writeFile(unfinished, bytes, { mode: 0o600, flag: 'wx' });
      await files.rename(unfinished, path);
    } catch (error) {
      await files.rm(unfinished, { force: true }).catch(() => {});
      throw error;
    }
  };

  /** Gives the path of the new file. */
  const place = async (folder: string, record: BuildRecord, bytes: Buffer, slim: boolean) => {
    await files.mkdir(folder, { recursive: true, mode: 0o700 });
    const existing = recordFiles(await files.readdir(folder));
    const time = filedAt(record.at, parts.now(), existing);
    const random = randomBytes(6).toString('hex');
    const name = recordName({ time, random, source: record.source, slim });
    await write(folder, name, bytes);
    return join(folder, name);
  };

  /** Takes its table of files out of a record; what cannot be read here stays as it is. */
  const slimDown = async (folder: string, file: RecordFile): Promise<void> => {
    const record = await read(join(folder, file.name));
    if (!record) return;
    const { bytes } = await packed({ ...record, files: null });
    await write(folder, recordName({ ...file, slim: true }), bytes);
    await files.rm(join(folder, file.name), { force: true });
  };

  const tidyOne = async (folder: string): Promise<void> => {
    const names = await files.readdir(folder);
    await removeUnfinished(folder, names);
    const kept = recordFiles(names);
    const keptNames = new Set(kept.map(({ name }) => name));
    const { vanish, slim } = excess(kept);
    const twice = recordFilesAgain(names, keptNames);
    for (const name of [...vanish.map(({ name }) => name), ...twice]) {
      await files.rm(join(folder, name), { force: true });
    }
    for (const file of slim) await slimDown(folder, file);
  };

  const removeUnfinished = async (folder: string, names: readonly string[]): Promise<void> => {
    for (const name of names.filter((one) => one.endsWith(unfinishedEnding))) {
      const path = join(folder, name);
      const age = await files.stat(path).then(
        ({ mtimeMs }) => Math.abs(parts.now() - mtimeMs),
        () => 0,
      );
      if (age > unfinishedMs) await files.rm(path, { force: true });
    }
  };

  /** Removes the oldest records of all Dockerfiles until the rest has its place. */
  const tidyAll = async (folder: string, except: string): Promise<void> => {
    const all: { path: string; folder: string; time: number; bytes: number }[] = [];
    for (const name of await files.readdir(folder)) {
      if (!/^[0-9a-f]{64}$/.test(name)) continue;
      const of = join(folder, name);
      const names = await files.readdir(of).catch(() => []);
      await removeUnfinished(of, names);
      for (const file of recordFiles(names)) {
        const path = join(of, file.name);
        const bytes = await files.stat(path).then(
          ({ size }) => size,
          () => 0,
        );
        all.push({ path, folder: of, time: file.time, bytes });
      }
    }
    let total = all.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const file of all.sort((a, b) => a.time - b.time)) {
      if (total <= parts.totalBytes) return;
      if (file.path === except) continue;
      await files.rm(file.path, { force: true });
      // Fails as long as the folder holds more, which is as it should be.
      await files.rmdir(file.folder).catch(() => {});
      total -= file.bytes;
    }
  };

  return {
    useFolder(folder) {
      root = folder;
    },
    async read(dockerfile) {
      if (root === null) return [];
      const folder = join(root, folderName(dockerfile));
      const names = await files.readdir(folder).catch(() => []);
      const found: BuildRecord[] = [];
      for (const { name } of recordFiles(names)) {
        const record = await read(join(folder, name));
        if (record?.dockerfile === dockerfile) found.push(record);
      }
      return found;
    },
    async add(record) {
      if (root === null) {
        throw new Error('The record of this build is not kept, as there is no folder for records.');
      }
      const folder = join(root, folderName(record.dockerfile));
      const { bytes, slim } = await packed(record);
      let path: string;
      try {
        // Another window may remove the folder as empty just before the file comes into it.
        path = await place(folder, record, bytes, slim).catch((error) => {
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
          return place(folder, record, bytes, slim);
        });
      } catch (error) {
        throw new Error(sentence(error as NodeJS.ErrnoException, root), { cause: error });
      }
      // The record is kept; what is left over may also be removed another time.
      await tidyOne(folder).catch(() => {});
      await tidyAll(root, path).catch(() => {});
    },
  };
}

function folderName(dockerfile: string): string {
  return createHash('sha256').update(dockerfile).digest('hex');
}

/** Finished records beside those that are kept: the same record with its table and without. */
function recordFilesAgain(names: readonly string[], kept: ReadonlySet<string>): readonly string[] {
  return names.filter((name) => !kept.has(name) && recordFiles([name]).length > 0);
}

function sentence({ code, message }: NodeJS.ErrnoException, folder: string): string {
  const lost = 'The record of this build is not kept';
  if (code === 'ENOSPC' || code === 'EDQUOT') return `${lost}, as the disk is full.`;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return `${lost}, as there is no permission to write to ${folder}.`;
  }
  return `${lost}, as it cannot be written to ${folder} (${code ?? message}).`;
}

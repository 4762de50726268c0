/**
 * Build records on disk: a folder for each Dockerfile, and in it a file for each record, which is
 * never written twice (`keptFiles.ts`).
 */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { BuildRecord, RecordStore } from '../cache/buildRecord.ts';
import { decodeInPieces, encodeInPieces, type Pause } from '../cache/recordPieces.ts';
import { folderName, type KeptParts, keptFiles, machineParts, notKept } from './keptFiles.ts';
import { excess, filedAt, type RecordFile, recordFiles, recordName } from './recordNames.ts';

/** The text of a record; `decode` gives null for what is damaged, foreign or of a newer version. */
export interface RecordText {
  encode(record: BuildRecord): string;
  decode(text: string): BuildRecord | null;
}

/** The same, with turns for others in between. */
interface PacedText {
  encode(record: BuildRecord): Promise<string>;
  decode(text: string): Promise<BuildRecord | null>;
}

const recordText: PacedText = {
  encode: (record) => encodeInPieces(record, turns()),
  async decode(text) {
    const decoded = await decodeInPieces(text, turns());
    return decoded.ok ? decoded.record : null;
  },
};

/** Most milliseconds of work at a time, as records of large contexts are long. */
const slice = 8;

const waiting: (() => void)[] = [];

/** Records that are read at the same time take turns with each other, too. */
function turns(): Pause {
  let end = performance.now() + slice;
  return () => {
    if (performance.now() < end) return undefined;
    return new Promise((resolve) => {
      waiting.push(() => {
        end = performance.now() + slice;
        resolve();
      });
      if (waiting.length === 1) setImmediate(nextTurn);
    });
  };
}

function nextTurn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(nextTurn);
}

export interface RecordFolder extends RecordStore {
  /** Where the records lie; null: there is no place for them. */
  useFolder(folder: string | null): void;
}

/** What a test replaces. 100,000 files of a context take 20 million characters. */
export type RecordStoreParts = KeptParts;

const defaults: RecordStoreParts = {
  ...machineParts,
  totalBytes: 200_000_000,
  textLimit: 256_000_000,
  packedLimit: 50_000_000,
};

/** The folder of records in a folder of the product's own: the extension's storage, or `cacheFolder`. */
export function recordsFolder(own: string | null): string | null {
  return own === null ? null : join(own, 'records');
}

/** The store; it touches nothing until someone reads or adds. */
export function openRecordStore(
  text: RecordText | PacedText = recordText,
  replaced: Partial<RecordStoreParts> = {},
): RecordFolder {
  const parts = { ...defaults, ...replaced };
  const { files } = parts;
  const kept = keptFiles(parts, recordFiles);
  let root: string | null = null;
  /** What was read last of a folder, for as long as somebody has it: no file changes under its name. */
  const known = new Map<string, WeakRef<readonly BuildRecord[]>>();
  /** The files that it was read from; null: a file that could not be read. */
  const listings = new WeakMap<readonly BuildRecord[], ReadonlyMap<string, BuildRecord | null>>();

  const read = async (path: string): Promise<BuildRecord | null> => {
    const found = await kept.text(path);
    return found === null ? null : text.decode(found);
  };

  /** The record's bytes, without its table of files where it would be too large with it. */
  const packed = async (record: BuildRecord): Promise<{ bytes: Buffer; slim: boolean }> => {
    const bytes = await kept.packed(await text.encode(record));
    const slim = record.files === null;
    if (bytes) return { bytes, slim };
    if (slim) throw new Error('The record of this build is not kept, as it is too large.');
    return packed({ ...record, files: null });
  };

  /** Takes its table of files out of a record; what cannot be read here stays as it is. */
  const slimDown = async (folder: string, file: RecordFile): Promise<void> => {
    const record = await read(join(folder, file.name));
    if (!record) return;
    const { bytes } = await packed({ ...record, files: null });
    await kept.write(folder, recordName({ ...file, slim: true }), bytes);
    await files.rm(join(folder, file.name), { force: true });
  };

  const tidyOne = async (folder: string): Promise<void> => {
    const names = await files.readdir(folder);
    await kept.removeUnfinished(folder, names);
    const finished = recordFiles(names);
    const known = new Set(finished.map(({ name }) => name));
    const { vanish, slim } = excess(finished);
    const twice = recordFilesAgain(names, known);
    for (const name of [...vanish.map(({ name }) => name), ...twice]) {
      await files.rm(join(folder, name), { force: true });
    }
    for (const file of slim) await slimDown(folder, file);
  };

  return {
    useFolder(folder) {
      root = folder;
    },
    async read(dockerfile) {
      if (root === null) return [];
      const folder = join(root, folderName(dockerfile));
      const names = recordFiles(await files.readdir(folder).catch(() => [])).map(
        ({ name }) => name,
      );
      const before = known.get(folder)?.deref();
      const listed = before && listings.get(before);
      if (before && listed && isListed(listed, names)) return before;
      const all = new Map<string, BuildRecord | null>();
      for (const name of names) {
        all.set(name, listed?.get(name) ?? (await read(join(folder, name))));
      }
      const found = [...all.values()].flatMap((record) =>
        record?.dockerfile === dockerfile ? [record] : [],
      );
      known.set(folder, new WeakRef(found));
      listings.set(found, all);
      return found;
    },
    async add(record) {
      if (root === null) {
        throw new Error('The record of this build is not kept, as there is no folder for records.');
      }
      const folder = join(root, folderName(record.dockerfile));
      const { bytes, slim } = await packed(record);
      const { at, source } = record;
      const path = await kept
        .place(folder, bytes, (names) => {
          const time = filedAt(at, parts.now(), recordFiles(names));
          return recordName({ time, random: randomBytes(6).toString('hex'), source, slim });
        })
        .catch((error) => {
          throw notKept('The record of this build', error, root as string);
        });
      // The record is kept; what is left over may also be removed another time.
      await tidyOne(folder).catch(() => {});
      await kept.tidyAll(root, path).catch(() => {});
    },
  };
}

/** None that could not be read counts as the same: it may be read another time. */
function isListed(
  listed: ReadonlyMap<string, BuildRecord | null>,
  names: readonly string[],
): boolean {
  return listed.size === names.length && names.every((name) => listed.get(name));
}

/** Finished records beside those that are kept: the same record with its table and without. */
function recordFilesAgain(names: readonly string[], kept: ReadonlySet<string>): readonly string[] {
  return names.filter((name) => !kept.has(name) && recordFiles([name]).length > 0);
}

/**
 * What is kept on disk for Dockerfiles: a folder for each, and in it packed files, each written whole
 * or not at all. So two windows cannot spoil each other's files, and what fails loses the one file
 * it was about.
 */

import { createHash, randomBytes } from 'node:crypto';
import * as nodeFiles from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';

const zip = promisify(gzip);
const unzip = promisify(gunzip);

/** What a test replaces, and where limits lie. */
export interface KeptParts {
  readonly files: Pick<
    typeof nodeFiles,
    'mkdir' | 'readdir' | 'readFile' | 'rename' | 'rm' | 'rmdir' | 'stat' | 'writeFile'
  >;
  readonly now: () => number;
  /** Bytes on disk of all files together. */
  readonly totalBytes: number;
  /** Characters of one text. */
  readonly textLimit: number;
  /** Bytes on disk of one text. */
  readonly packedLimit: number;
}

/** The machine's own files and clock. */
export const machineParts: Pick<KeptParts, 'files' | 'now'> = { files: nodeFiles, now: Date.now };

export interface KeptFiles {
  /** The text of a file; null: it cannot be read, is damaged, or larger than any of ours. Never rejects. */
  text(path: string): Promise<string | null>;
  /** The text's bytes on disk; null: too large to keep. */
  packed(text: string): Promise<Buffer | null>;
  /** Puts the bytes under a name, whole or not at all. Rejects with the system's error. */
  write(folder: string, name: string, bytes: Buffer): Promise<void>;
  /** The same in a folder that may not be there yet; `nameAmong` sees what lies there. Gives the path. */
  place(
    folder: string,
    bytes: Buffer,
    nameAmong: (names: readonly string[]) => string,
  ): Promise<string>;
  /** Removes what was left half-written long ago. */
  removeUnfinished(folder: string, names: readonly string[]): Promise<void>;
  /** Removes the oldest files of all Dockerfiles until the rest has its place; `except`: a path that stays. */
  tidyAll(root: string, except: string): Promise<void>;
}

const unfinishedEnding = '.part';
/** A file that is still being written is younger than this. */
const unfinishedMs = 60 * 60 * 1000;

/** `timeOf`: of the finished files of one folder, each with the time of what it is about. */
export function keptFiles(
  parts: KeptParts,
  timesOf: (
    names: readonly string[],
  ) => readonly { readonly name: string; readonly time: number }[],
): KeptFiles {
  const { files } = parts;

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

  /** One folder after the other: for several at once Node calls each failure a missing folder. */
  const makeFolder = async (folder: string, mayMakeMore = true): Promise<void> => {
    try {
      await files.mkdir(folder, { mode: 0o700 });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') return;
      if (code !== 'ENOENT' || !mayMakeMore || dirname(folder) === folder) throw error;
      await makeFolder(dirname(folder));
      await makeFolder(folder, false);
    }
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

  return {
    async text(path) {
      try {
        const found = await files.stat(path);
        // A pipe or a device in its place would be read without an end.
        if (!found.isFile() || found.size > parts.packedLimit) return null;
        const packed = await files.readFile(path);
        const bytes = await unzip(packed, { maxOutputLength: parts.textLimit });
        return bytes.toString('utf8');
      } catch {
        return null;
      }
    },
    async packed(text) {
      const fits = text.length <= parts.textLimit / 3 || Buffer.byteLength(text) <= parts.textLimit;
      const bytes = fits ? await zip(text, { level: 6 }) : null;
      return bytes && bytes.length <= parts.packedLimit ? bytes : null;
    },
    write,
    async place(folder, bytes, nameAmong) {
      const once = async () => {
        await makeFolder(folder);
        const name = nameAmong(await files.readdir(folder));
        await write(folder, name, bytes);
        return join(folder, name);
      };
      // Another window may remove the folder as empty just before the file comes into it.
      return once().catch((error) => {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        return once();
      });
    },
    removeUnfinished,
    async tidyAll(root, except) {
      const all: { path: string; folder: string; time: number; bytes: number }[] = [];
      for (const name of await files.readdir(root)) {
        if (!/^[0-9a-f]{64}$/.test(name)) continue;
        const folder = join(root, name);
        const names = await files.readdir(folder).catch(() => []);
        await removeUnfinished(folder, names);
        for (const file of timesOf(names)) {
          const path = join(folder, file.name);
          const bytes = await files.stat(path).then(
            ({ size }) => size,
            () => 0,
          );
          all.push({ path, folder, time: file.time, bytes });
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
    },
  };
}

/** Name of a Dockerfile's folder: its path may hold anything. */
export function folderName(dockerfile: string): string {
  return createHash('sha256').update(dockerfile).digest('hex');
}

/** Why something is not kept, as a full sentence; `what`: `The record of this build`. */
export function notKept(what: string, error: unknown, folder: string): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const lost = `${what} is not kept`;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new Error(`${lost}, as the disk is full. Make room on it, and try again.`, {
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS': {
      const why = `as there is no permission to write to ${folder}`;
      return new Error(`${lost}, ${why}. Allow it, and try again.`, { cause: error });
    }
    default: {
      const why = `as it cannot be written to ${folder} (${code ?? message})`;
      return new Error(`${lost}, ${why}. See what stands in the way there, and try again.`, {
        cause: error,
      });
    }
  }
}

/**
 * What registries said, kept on the disk: manifests and configurations by their digest, which is
 * proved again when they are read, for each reference the digest that it had when it was asked, and
 * for layers how long their archives are.
 */

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isPlausible } from '../registry/archiveLength.ts';
import { type Digest, readDigest } from '../registry/digest.ts';
import { type ImagePlace, manifestName } from '../registry/place.ts';
import { parsed, record, text } from '../registry/values.ts';
import { writeWhole } from './wholeFile.ts';

/** What a reference meant when its registry was asked. */
export interface Remembered {
  readonly digest: string;
  /** Milliseconds since 1970. */
  readonly askedAt: number;
}

export interface RegistryCache {
  /** Null: it is not there, or not what it was. */
  blob(digest: string): Promise<Buffer | null>;
  keepBlob(digest: string, bytes: Buffer): Promise<void>;
  reference(place: ImagePlace): Promise<Remembered | null>;
  keepReference(place: ImagePlace, remembered: Remembered): Promise<void>;
  /** Bytes of the archive of a layer of so many compressed bytes; null: its end does not tell; undefined: nobody asked. */
  archive(digest: string, compressed: number): Promise<number | null | undefined>;
  keepArchive(digest: string, length: number | null): Promise<void>;
}

const largestBlob = 8_000_000;
const mostBytes = 64_000_000;
const mostFiles = 4000;
/** A folder is tidied at first, and again when so much was written to it. */
const tidyFiles = 64;
const tidyBytes = 8_000_000;
const dayMs = 24 * 3600 * 1000;
/** What is kept in memory where the disk takes nothing. */
const mostInMemory = 16_000_000;

/**
 * A cache in a folder of our own, which is made when something is kept. Where `folder` gives null, or
 * the disk takes nothing, what is said is kept as long as the process runs.
 */
export function createRegistryCache(folder: () => string | null): RegistryCache {
  const memory = new Map<string, Buffer>();
  let inMemory = 0;
  const remember = (name: string, bytes: Buffer) => {
    inMemory += bytes.length - (memory.get(name)?.length ?? 0);
    memory.set(name, bytes);
    for (const [oldest, { length }] of memory) {
      if (inMemory <= mostInMemory) return;
      memory.delete(oldest);
      inMemory -= length;
    }
  };
  /** What was written to each folder since it was tidied. */
  const untidied = new Map<string, { files: number; bytes: number }>();
  const write = async (name: string, bytes: Buffer) => {
    const root = folder();
    const path = root === null ? null : join(root, name);
    if (path === null || !(await keep(path, bytes))) return remember(name, bytes);
    const since = untidied.get(dirname(path)) ?? { files: tidyFiles, bytes: 0 };
    since.files += 1;
    since.bytes += bytes.length;
    untidied.set(dirname(path), since);
    if (since.files < tidyFiles && since.bytes < tidyBytes) return;
    Object.assign(since, { files: 0, bytes: 0 });
    // What is left over may also be removed another time.
    await tidy(dirname(path), path).catch(() => {});
  };
  const read = async (name: string): Promise<Buffer | null> => {
    const root = folder();
    const kept = root === null ? null : await readSmall(join(root, name));
    return kept ?? memory.get(name) ?? null;
  };
  const blobName = ({ algorithm, hex }: Digest) => `blobs/${algorithm}-${hex}`;
  const archiveName = ({ algorithm, hex }: Digest) => `archives/${algorithm}-${hex}`;
  const referenceName = (place: ImagePlace) => {
    const name = `${place.host}/${place.repository}@${manifestName(place)}`;
    return `references/${createHash('sha256').update(name).digest('hex')}.json`;
  };
  return {
    async blob(digest) {
      const said = readDigest(digest);
      const bytes = said && (await read(blobName(said)));
      if (!said || !bytes) return null;
      if (createHash(said.algorithm).update(bytes).digest('hex') === said.hex) return bytes;
      const root = folder();
      if (root !== null) await rm(join(root, blobName(said)), { force: true }).catch(() => {});
      return null;
    },
    async keepBlob(digest, bytes) {
      const said = readDigest(digest);
      if (said) await write(blobName(said), bytes);
    },
    async reference(place) {
      const bytes = await read(referenceName(place));
      const entry = record(bytes && parsed(bytes.toString('utf8')));
      const digest = text(entry.digest);
      const { askedAt } = entry;
      const isTold = readDigest(digest) && typeof askedAt === 'number' && Number.isFinite(askedAt);
      return isTold ? { digest, askedAt } : null;
    },
    async keepReference(place, { digest, askedAt }) {
      const { host, repository } = place;
      const entry = { host, repository, name: manifestName(place), digest, askedAt };
      await write(referenceName(place), Buffer.from(`${JSON.stringify(entry)}\n`));
    },
    async archive(digest, compressed) {
      const said = readDigest(digest);
      const bytes = said && (await read(archiveName(said)));
      if (!bytes) return undefined;
      const length = Number(bytes.toString('utf8'));
      return isPlausible(length, compressed) ? length : null;
    },
    async keepArchive(digest, length) {
      const said = readDigest(digest);
      if (said) await write(archiveName(said), Buffer.from(`${length ?? 0}\n`));
    },
  };
}

async function readSmall(path: string): Promise<Buffer | null> {
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size > largestBlob) return null;
    const bytes = await readFile(path);
    // What is used stays longest; to the day is enough.
    if (Date.now() - found.mtimeMs > dayMs) await utimes(path, new Date(), new Date());
    return bytes;
  } catch {
    return null;
  }
}

/** Says whether it is kept. */
async function keep(path: string, bytes: Buffer): Promise<boolean> {
  const folder = dirname(path);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeWhole(path, bytes);
    return true;
  } catch {
    return false;
  }
}

/** Removes what was not used for longest until the rest has its place. */
async function tidy(folder: string, except: string): Promise<void> {
  const files: { readonly path: string; readonly bytes: number; readonly at: number }[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (found?.isFile()) files.push({ path, bytes: found.size, at: found.mtimeMs });
  }
  let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let count = files.length;
  for (const { path, bytes } of files.sort((a, b) => a.at - b.at)) {
    if (total <= mostBytes && count <= mostFiles) return;
    if (path === except) continue;
    await rm(path, { force: true });
    total -= bytes;
    count -= 1;
  }
}

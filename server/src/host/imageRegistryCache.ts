/**
 * What registries said, kept on the disk: manifests and configurations by their digest, which is
 * proved again when they are read, and for each reference the digest that it had when it was asked.
 */

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
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
  /** A disk that takes nothing is none. */
  keepBlob(digest: string, bytes: Buffer): Promise<void>;
  reference(place: ImagePlace): Promise<Remembered | null>;
  keepReference(place: ImagePlace, remembered: Remembered): Promise<void>;
}

const largestBlob = 8_000_000;
const mostBytes = 64_000_000;
const mostFiles = 4000;

/** A cache in a folder of our own, which is made when something is kept; `folder` gives null: nothing is. */
export function createRegistryCache(folder: () => string | null): RegistryCache {
  const pathOf = (part: 'blobs' | 'references', name: string): string | null => {
    const root = folder();
    return root === null ? null : join(root, part, name);
  };
  const blobPath = (digest: string): readonly [string, Digest] | null => {
    const found = readDigest(digest);
    const path = found && pathOf('blobs', `${found.algorithm}-${found.hex}`);
    return found && path ? [path, found] : null;
  };
  const referencePath = (place: ImagePlace) => {
    const name = `${place.host}/${place.repository}@${manifestName(place)}`;
    return pathOf('references', `${createHash('sha256').update(name).digest('hex')}.json`);
  };
  return {
    async blob(digest) {
      const found = blobPath(digest);
      if (!found) return null;
      const [path, { algorithm, hex }] = found;
      const bytes = await readSmall(path);
      if (!bytes) return null;
      if (createHash(algorithm).update(bytes).digest('hex') !== hex) {
        await rm(path, { force: true }).catch(() => {});
        return null;
      }
      const now = new Date();
      // What is used is kept longest.
      await utimes(path, now, now).catch(() => {});
      return bytes;
    },
    async keepBlob(digest, bytes) {
      const found = blobPath(digest);
      if (found) await keep(found[0], bytes);
    },
    async reference(place) {
      const path = referencePath(place);
      const bytes = path === null ? null : await readSmall(path);
      const entry = record(bytes && parsed(bytes.toString('utf8')));
      const digest = text(entry.digest);
      const { askedAt } = entry;
      const isTold = readDigest(digest) && typeof askedAt === 'number' && Number.isFinite(askedAt);
      return isTold ? { digest, askedAt } : null;
    },
    async keepReference(place, { digest, askedAt }) {
      const path = referencePath(place);
      const { host, repository } = place;
      const entry = { host, repository, name: manifestName(place), digest, askedAt };
      if (path !== null) await keep(path, Buffer.from(`${JSON.stringify(entry)}\n`));
    },
  };
}

async function readSmall(path: string): Promise<Buffer | null> {
  try {
    const found = await stat(path);
    return found.isFile() && found.size <= largestBlob ? await readFile(path) : null;
  } catch {
    return null;
  }
}

async function keep(path: string, bytes: Buffer): Promise<void> {
  const folder = join(path, '..');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeWhole(path, bytes);
    await tidy(folder, path);
  } catch {
    // Without it the registry is asked again some day.
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

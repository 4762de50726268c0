/** Downloaded indexes on disk: one file for each, written whole or not at all. */

import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import type { IndexContent } from '../packages/indexContent.ts';
import { decodeIndex, encodeIndex } from '../packages/indexText.ts';
import { indexName, readIndexName } from '../packages/mirrors.ts';
import type { IndexKey, PackageIndex } from '../packages/packageIndex.ts';

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** A whole release of today has 7 MB of text. */
const largestText = 256_000_000;
const ending = '.packages.br';

/** What lies in the store for a release. */
export type StoredIndex =
  | { readonly state: 'known'; readonly index: PackageIndex; readonly bytes: number }
  | { readonly state: 'missing' }
  /** `reason` is a full sentence. */
  | { readonly state: 'damaged'; readonly reason: string };

/**
 * Folder for what the command line tool keeps: `$XDG_CACHE_HOME/dockerfile-layers`, or the place
 * that the system has for caches; null where there is none.
 */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string | null {
  const name = 'dockerfile-layers';
  if (env.XDG_CACHE_HOME?.startsWith('/')) return join(env.XDG_CACHE_HOME, name);
  if (process.platform === 'win32') {
    return env.LOCALAPPDATA ? join(env.LOCALAPPDATA, name, 'Cache') : null;
  }
  const home = env.HOME;
  if (!home?.startsWith('/')) return null;
  return process.platform === 'darwin'
    ? join(home, 'Library/Caches', name)
    : join(home, '.cache', name);
}

/** Stores an index; gives its bytes on disk. Rejects with the file system's error. */
export async function storeIndex(folder: string, content: IndexContent): Promise<number> {
  const text = Buffer.from(encodeIndex(content));
  // Quality 5 is within a tenth of the best and takes a fifth of a second.
  const packed = await compress(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
  await mkdir(folder, { recursive: true });
  const path = join(folder, fileName(content.key));
  const unfinished = `${path}.${randomBytes(6).toString('hex')}.part`;
  try {
    await writeFile(unfinished, packed);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw error;
  }
  return packed.length;
}

/** Reads what is stored for a release; never rejects. */
export async function readStored(folder: string, key: IndexKey): Promise<StoredIndex> {
  const name = indexName(key);
  if (!readIndexName(name)) return { state: 'missing' };
  const damaged = (what: string): StoredIndex => ({
    state: 'damaged',
    reason: `The package data of ${name} that was downloaded is left out. ${what}`,
  });
  let packed: Buffer;
  try {
    packed = await readFile(join(folder, fileName(key)));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { state: 'missing' };
    return damaged(`It cannot be read (${code}).`);
  }
  let text: Buffer;
  try {
    text = await decompress(packed, { maxOutputLength: largestText });
  } catch {
    return damaged('Its file is damaged.');
  }
  const decoded = decodeIndex(text);
  if (!decoded.ok) return damaged(decoded.reason);
  const { index } = decoded;
  if (indexName(index.key) !== name) return damaged('Its file is that of another release.');
  return { state: 'known', index, bytes: packed.length };
}

/** Releases that are stored, by name. */
export async function listStored(folder: string): Promise<readonly IndexKey[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.endsWith(ending))
    .map((name) => readIndexName(name.slice(0, -ending.length).replaceAll('+', '/')))
    .filter((key) => key !== undefined)
    .sort((a, b) => (indexName(a) < indexName(b) ? -1 : 1));
}

/** `/` is no part of file names, and `+` none of a key. */
function fileName(key: IndexKey): string {
  return `${indexName(key).replaceAll('/', '+')}${ending}`;
}

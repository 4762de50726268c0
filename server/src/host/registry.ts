/** Registries of packages, asked when a user wants it, and what they said, kept on the disk. */

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import type { PackageSize } from '../projects/packageSize.ts';
import { type AskRegistry, readSizes, writeSizes } from '../projects/registry.ts';
import { announcedLength, download, downloadLimits } from './download.ts';
import { cacheFolder } from './packageStore.ts';

/** A description of one version has some kB; those of packages of thousands of files more. */
const limits = { ...downloadLimits, bytes: 5_000_000, silenceMs: 10_000, totalMs: 30_000 };

/** Asks over HTTP, through the machine's proxy. */
export const registry: AskRegistry = {
  length: announcedLength,
  async description(address, signal) {
    const { body } = await download(address, signal, limits);
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(piece);
    return JSON.parse(Buffer.concat(pieces).toString('utf8'));
  },
};

/** Where sizes that registries gave are kept; null: there is no place for caches. */
export function sizesFile(env: Readonly<Record<string, string | undefined>>): string | null {
  const folder = cacheFolder(env);
  return folder === null ? null : join(folder, 'package-sizes.json');
}

/** Sizes that registries gave before; empty where there are none. */
export async function storedSizes(file: string | null): Promise<Map<string, PackageSize>> {
  if (file === null) return new Map();
  return readSizes(await readFile(file, 'utf8').catch(() => ''));
}

/** Adds sizes to those that are kept; a file that cannot be written is left as it is. */
export async function keepSizes(
  file: string | null,
  sizes: ReadonlyMap<string, PackageSize>,
): Promise<void> {
  if (file === null) return;
  const all = new Map([...(await storedSizes(file)), ...sizes]);
  try {
    await mkdir(dirname(file), { recursive: true });
    const part = `${file}.${process.pid}`;
    await writeFile(part, writeSizes(all));
    await rename(part, file);
  } catch {
    // Without it they are asked for again some day.
  }
}

/** Unpacked sizes of packages by their content, whichever project asks for them. */

import { byteReader } from '../context/byteReader.ts';
import type { Decompressors } from '../context/decompress.ts';
import type { FileSystem } from '../context/fileSystem.ts';
import { tarEntries } from '../context/tarHeaders.ts';
import type { LockedPackage, UnpackedSource } from './projectFacts.ts';

/** What is known of one package file. */
export interface PackageSize {
  /** Bytes of its files; null: not known. */
  readonly unpacked: number | null;
  /** Bytes of the package file itself; null: not known. */
  readonly archive: number | null;
  readonly source: UnpackedSource;
}

/** Where sizes come from beside the project itself. */
export interface SizeSources {
  /** The files of this machine. */
  readonly files: FileSystem;
  readonly decompressors: Decompressors;
  /** npm's cache (`_cacache`), absolute; null: it is not read. */
  readonly npmCache: string | null;
  /** Sizes by integrity; found ones are added. Shared by all projects. */
  readonly known: Map<string, PackageSize>;
  /** Sizes that registries gave at other times; asked for once. */
  readonly stored?: () => Promise<ReadonlyMap<string, PackageSize>>;
}

/** Sources that remember which stored sizes they have taken. */
export function sizeSources(from: Omit<SizeSources, 'known'>): SizeSources {
  const known = new Map<string, PackageSize>();
  let stored: Promise<ReadonlyMap<string, PackageSize>> | null = null;
  const { stored: read } = from;
  if (!read) return { ...from, known };
  return {
    ...from,
    known,
    stored() {
      stored ??= read().then((sizes) => {
        for (const [integrity, size] of sizes)
          if (!known.has(integrity)) known.set(integrity, size);
        return sizes;
      });
      return stored;
    },
  };
}

/** Package files read at once: a language server is a guest on the machine. */
const parallel = 4;
const mostUnpacked = 2 * 2 ** 30;
const mostFiles = 200_000;
const mostKnown = 50_000;

/** The packages with the sizes that the sources know. Rejects only with the reason of `signal`. */
export async function withSizes(
  packages: readonly LockedPackage[],
  sources: SizeSources,
  signal: AbortSignal,
): Promise<readonly LockedPackage[]> {
  const sized = [...packages];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < sized.length; index = next++) {
      signal.throwIfAborted();
      const one = sized[index];
      if (one?.integrity && (one.unpacked === null || one.archive === null)) {
        sized[index] = merged(one, await sizeOf(one.integrity, sources));
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return sized;
}

function merged(one: LockedPackage, size: PackageSize | undefined): LockedPackage {
  if (!size) return one;
  const archive = one.archive ?? size.archive;
  if (one.unpacked !== null || size.unpacked === null) return { ...one, archive };
  return { ...one, archive, unpacked: size.unpacked, source: size.source };
}

async function sizeOf(integrity: string, sources: SizeSources): Promise<PackageSize | undefined> {
  const known = sources.known.get(integrity);
  if (known && (known.source === 'cache' || sources.npmCache === null)) return known;
  const { npmCache } = sources;
  for (const path of npmCache === null ? [] : contentPaths(integrity)) {
    const size = await readPackage(`${npmCache}/${path}`, sources);
    if (!size) continue;
    if (sources.known.size >= mostKnown) sources.known.clear();
    sources.known.set(integrity, size);
    return size;
  }
  return known;
}

/**
 * Paths below `_cacache` where content of that integrity may lie (npm's `cacache`, content-v2): the
 * digest in hexadecimal, its first two bytes as folders.
 */
export function contentPaths(integrity: string): readonly string[] {
  return integrity.split(/\s+/, 8).flatMap((one) => {
    const [, algorithm = '', digest = ''] = /^(sha\d{1,3})-([\w+/]+={0,2})/.exec(one) ?? [];
    const hex = hexOf(digest);
    if (hex.length !== digestLengths[algorithm]) return [];
    return [`content-v2/${algorithm}/${hex.slice(0, 2)}/${hex.slice(2, 4)}/${hex.slice(4)}`];
  });
}

const digestLengths: Readonly<Record<string, number>> = {
  sha1: 40,
  sha256: 64,
  sha384: 96,
  sha512: 128,
};

function hexOf(base64: string): string {
  try {
    return [...atob(base64)]
      .map((char) => char.charCodeAt(0).toString(16).padStart(2, '0'))
      .join('');
  } catch {
    return '';
  }
}

/** Undefined when the file is not there or is not a whole package file. */
async function readPackage(path: string, sources: SizeSources): Promise<PackageSize | undefined> {
  try {
    const stat = await sources.files.lstat(path);
    if (stat.kind !== 'file') return undefined;
    const unpacked = await unpackedBytes(sources.files.stream(path), sources.decompressors);
    return { unpacked, archive: stat.bytes, source: 'cache' };
  } catch {
    return undefined;
  }
}

/**
 * Bytes of the files that npm puts on the disk from a package file: regular files, the last one of
 * a name; links in it are left out. Rejects where the file is damaged or too large.
 */
export async function unpackedBytes(
  content: AsyncIterable<Uint8Array>,
  decompressors: Decompressors,
): Promise<number> {
  const plain = decompressors.open('gzip', content);
  if (!plain) throw new Error('gzip cannot be read here');
  const reader = byteReader(plain, mostUnpacked);
  try {
    const files = new Map<string, number>();
    for await (const { name, type, bytes } of tarEntries(reader)) {
      if (type === '0') files.set(withoutFolder(name), bytes);
      if (files.size > mostFiles) throw new Error('too many files');
    }
    let sum = 0;
    for (const bytes of files.values()) sum += bytes;
    return sum;
  } finally {
    await reader.close();
  }
}

/** The name below the one folder that all of a package lies in, whatever that is called. */
function withoutFolder(name: string): string {
  const plain = name.replace(/^\.?\/+/, '');
  return plain.slice(plain.indexOf('/') + 1);
}

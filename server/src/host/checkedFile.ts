/** Bytes on their way, hashed and unpacked as they pass. */

import { createHash } from 'node:crypto';
import type { Compression } from '../context/decompress.ts';
import { IndexProblem } from '../packages/readLines.ts';
import { nodeDecompressors } from './decompress.ts';

/**
 * Passes the bytes on and compares them at their end with a digest in hexadecimal digits. Whoever
 * reads them must reach the end before believing any of it.
 */
export async function* checked(
  body: AsyncIterable<Uint8Array>,
  algorithm: string,
  digest: string,
  name: string,
): AsyncGenerator<Uint8Array, void, void> {
  const hash = createHash(algorithm);
  for await (const piece of body) {
    hash.update(piece);
    yield piece;
  }
  if (hash.digest('hex') !== digest.toLowerCase()) {
    throw new IndexProblem(`${name} is not what the mirror's own list of hashes says.`);
  }
}

const endings: readonly (readonly [RegExp, Compression])[] = [
  [/\.gz$/, 'gzip'],
  [/\.xz$/, 'xz'],
  [/\.zst$/, 'zstd'],
  [/\.bz2$/, 'bzip2'],
];

/**
 * The content, unpacked where the end of the name says that it is packed. Throws an `IndexProblem`
 * where it is damaged or cut off. All of `body` is read, also what stands behind the packed content.
 */
export async function* unpacked(
  body: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array, void, void> {
  const kind = endings.find(([ending]) => ending.test(name))?.[1];
  const source = body[Symbol.asyncIterator]();
  let failure: unknown;
  // A decompressor may hide what its input threw behind an error of its own.
  const input = (async function* (): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (let step = await source.next(); !step.done; step = await source.next()) yield step.value;
    } catch (error) {
      failure = error;
      throw error;
    }
  })();
  try {
    const content = kind ? nodeDecompressors.open(kind, input) : input;
    if (!content) throw new IndexProblem(`${name} is packed in a way that is not supported.`);
    yield* content;
    for (let step = await source.next(); !step.done; step = await source.next());
  } catch (error) {
    const cause = failure ?? error;
    if (cause instanceof IndexProblem || isAbort(cause)) throw cause;
    throw new IndexProblem(`${name} is damaged or cut off.`);
  } finally {
    await source.return?.();
  }
}

/** The user, or the end of the server, asked to stop. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

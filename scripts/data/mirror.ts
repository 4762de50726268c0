/** What is fetched from a mirror of Debian: indexes, each checked against the hashes of its release. */

import { createHash } from 'node:crypto';
import { nodeDecompressors } from '../../server/src/host/decompress.ts';

/** `DATA_MIRROR` is the address above `debian` and `debian-security`. */
export const mirror = (process.env.DATA_MIRROR ?? 'http://deb.debian.org').replace(/\/+$/, '');

export interface Release {
  /** Folder of its packages and indexes on the mirror: `debian`, `debian-security`. */
  readonly archive: string;
  readonly suite: string;
  /** Day on which it was made, `2026-11-21`. */
  readonly day: string;
  /** Path below the suite → SHA-256 and bytes. */
  readonly hashes: ReadonlyMap<string, { readonly sha256: string; readonly bytes: number }>;
  /** Bytes of `InRelease`, which stays with the package lists. */
  readonly bytes: number;
}

/** The response's body; rejects with a sentence that names the address. */
export async function get(path: string): Promise<AsyncIterable<Uint8Array>> {
  const address = `${mirror}/${path}`;
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(address).catch((error: unknown) => String(error));
    if (typeof response !== 'string' && response.ok && response.body) {
      return response.body as AsyncIterable<Uint8Array>;
    }
    const problem = typeof response === 'string' ? response : `status ${response.status}`;
    const isGone = typeof response !== 'string' && response.status === 404;
    if (isGone || attempt === 3) throw new Error(`${address} could not be fetched: ${problem}`);
  }
}

/** The same data; throws at its end where it is not what the index says. */
export async function* verified(
  data: AsyncIterable<Uint8Array>,
  sha256: string,
): AsyncGenerator<Uint8Array, void, void> {
  const hash = createHash('sha256');
  for await (const piece of data) {
    hash.update(piece);
    yield piece;
  }
  if (hash.digest('hex') !== sha256) throw new Error('It is not what the index says.');
}

async function whole(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

/** Reads `InRelease` of a suite. */
export async function fetchRelease(archive: string, suite: string): Promise<Release> {
  const data = await whole(await get(`${archive}/dists/${suite}/InRelease`));
  const text = data.toString();
  const date = /^Date: (.*)$/m.exec(text)?.[1] ?? '';
  const section = /^SHA256:\n((?: .*\n)+)/m.exec(text)?.[1] ?? '';
  const rows = section.split('\n').map((line) => line.trim().split(/\s+/));
  const hashes = new Map(
    rows.map(([sha256 = '', bytes, path = '']) => [path, { sha256, bytes: Number(bytes) }]),
  );
  const day = new Date(date).toISOString().slice(0, 10);
  return { archive, suite, day, hashes, bytes: data.length };
}

/** The package index of one architecture, unpacked. */
export async function fetchPackages(release: Release, arch: string): Promise<Buffer> {
  const path = `main/binary-${arch}/Packages.xz`;
  const expected = release.hashes.get(path);
  const name = `${release.archive}/dists/${release.suite}`;
  if (!expected) throw new Error(`${name}/InRelease has no hash of ${path}.`);
  const packed = await get(`${name}/${path}`);
  return whole(opened('xz', verified(packed, expected.sha256)));
}

/** Unpacks; every kind that packages use is there on Node. */
export function opened(
  kind: 'gzip' | 'xz' | 'zstd',
  input: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const pieces = nodeDecompressors.open(kind, input);
  if (!pieces) throw new Error(`${kind} cannot be unpacked here`);
  return pieces;
}

/** The port to decompression. `server/src/host/decompress.ts` is the real one. */

export type Compression = 'gzip' | 'bzip2' | 'xz' | 'zstd';

export interface Decompressors {
  /**
   * The unpacked bytes of `input` in pieces, or null where this platform cannot read that kind.
   * Iterating rejects when the data is damaged or cut off; bytes before the damage come first. It
   * rejects with `code: 'ENOTSUP'` when the data may be right but uses what is not supported here.
   */
  open(kind: Compression, input: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> | null;
}

const magics: readonly (readonly [Compression, readonly number[]])[] = [
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

/** Number of first bytes that `detectCompression` looks at. */
export const compressionMagicBytes = 10;

/**
 * How a file that begins with `start` is compressed, by its content alone; undefined when it is
 * not. From `compression_detect.go` of moby/go-archive, which BuildKit's ADD uses.
 */
export function detectCompression(start: Uint8Array): Compression | undefined {
  const known = magics.find(([, magic]) => magic.every((byte, index) => start[index] === byte));
  if (known) return known[0];
  const isSkippableFrame =
    start.length >= 8 &&
    ((start[0] ?? 0) & 0xf0) === 0x50 &&
    start[1] === 0x2a &&
    start[2] === 0x4d &&
    start[3] === 0x18;
  return isSkippableFrame ? 'zstd' : undefined;
}

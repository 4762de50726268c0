/** How long a layer's archive is uncompressed, as far as its compressed form tells. */

/** Bytes at the end of a gzip file that say how long its content is (RFC 1952, `ISIZE`). */
export const lengthBytes = 4;

/** gzip counts modulo 4 GiB: a larger layer may have more than it says. */
const mostCompressed = 1_000_000_000;
/** Deflate reaches 1032 to 1, and adds next to nothing to what it cannot compress. */
const mostRatio = 1032;
const leastRatio = 0.995;
const headBytes = 64;
/** tar archives consist of blocks. */
const block = 512;

/** How a layer is packed, by its media type in Docker's or OCI's writing. */
export function packingOf(mediaType: string): 'gzip' | 'none' | 'other' {
  if (/[.+]gzip$/.test(mediaType)) return 'gzip';
  return /\.(?:v1|diff)\.tar$|\.nondistributable\.v1\.tar$/.test(mediaType) ? 'none' : 'other';
}

/** May such a layer be asked for its end? */
export function mayTellLength(compressed: number): boolean {
  return compressed >= 18 + lengthBytes && compressed <= mostCompressed;
}

/**
 * Bytes of the archive by the last four of its gzip file; null where they cannot be that: files of
 * several parts (eStargz) have the length of the last part there.
 */
export function archiveLength(end: Uint8Array, compressed: number): number | null {
  if (end.length !== lengthBytes) return null;
  const length = new DataView(end.buffer, end.byteOffset, lengthBytes).getUint32(0, true);
  return isPlausible(length, compressed) ? length : null;
}

/** The length of a whole file by `Content-Range`, of a part or of none; null: it is not said. */
export function wholeLength(header: string | undefined): number | null {
  const [, length] = /^bytes (?:\d+-\d+|\*)\/(\d{1,15})$/.exec(header?.trim() ?? '') ?? [];
  return length === undefined ? null : Number(length);
}

/** Also for what was kept in a file. */
export function isPlausible(length: number, compressed: number): boolean {
  return (
    Number.isSafeInteger(length) &&
    length > 0 &&
    length % block === 0 &&
    length >= compressed * leastRatio - headBytes &&
    length <= compressed * mostRatio
  );
}

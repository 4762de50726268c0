/**
 * Names and sizes of the files of a ZIP archive, from the directory at its end (APPNOTE.TXT 4.3.12).
 * The content is passed over, so that an archive of any size takes little memory.
 */

import type { Decompressors } from '../context/decompress.ts';

export interface ZipEntry {
  readonly name: string;
  /** Unpacked bytes. */
  readonly bytes: number;
  /** Its content as it lies in the archive; null: too far from the end to have been kept. */
  readonly packed: PackedContent | null;
}

interface PackedContent {
  readonly data: Uint8Array;
  readonly isDeflated: boolean;
  /** CRC-32 and length of what it unpacks to, as gzip has them at its end (RFC 1952). */
  readonly trailer: Uint8Array;
}

/** The content of a file; null: it was not kept, is damaged, larger than `limit` or packed in an odd way. */
export async function zipText(
  { packed, bytes }: ZipEntry,
  decompressors: Decompressors,
  limit: number,
): Promise<string | null> {
  if (!packed || bytes > limit) return null;
  if (!packed.isDeflated) return new TextDecoder().decode(packed.data);
  const { data, trailer } = packed;
  // What ZIP calls deflated is gzip's format without its frame.
  async function* framed() {
    yield Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
    yield data;
    yield trailer;
  }
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of decompressors.open('gzip', framed()) ?? []) {
      pieces.push(piece);
      length += piece.length;
      if (length > limit) return null;
    }
  } catch {
    return null;
  }
  return length === bytes ? new TextDecoder().decode(joined(pieces, length)) : null;
}

/** The directory of no archive is larger than that here. */
const tail = 16 << 20;
const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;
const localHeader = 0x04034b50;

/** The entries, folders left out; null where it is no whole ZIP archive, or one of over 4 GiB. */
export async function zipEntries(
  content: AsyncIterable<Uint8Array>,
): Promise<readonly ZipEntry[] | null> {
  const pieces: Uint8Array[] = [];
  let kept = 0;
  let total = 0;
  for await (const piece of content) {
    pieces.push(piece);
    kept += piece.length;
    total += piece.length;
    while (kept - (pieces[0]?.length ?? 0) >= tail) kept -= pieces.shift()?.length ?? 0;
  }
  return directoryOf(joined(pieces, kept), total - kept);
}

/** `start`: where the bytes begin in the file. */
function directoryOf(data: Uint8Array, start: number): readonly ZipEntry[] | null {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  let end = data.length - 22;
  // A comment of up to 65,535 bytes may follow.
  const lowest = Math.max(0, end - 65_535);
  while (end >= lowest && view.getUint32(end, true) !== endOfDirectory) end--;
  if (end < lowest) return null;
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true) - start;
  if (count === 0xffff || at < 0) return null;
  const decoder = new TextDecoder();
  const entries: ZipEntry[] = [];
  for (let index = 0; index < count; index++) {
    if (at + 46 > data.length || view.getUint32(at, true) !== directoryEntry) return null;
    const bytes = view.getUint32(at + 24, true);
    const name = view.getUint16(at + 28, true);
    if (bytes === 0xffffffff) return null;
    const text = decoder.decode(data.subarray(at + 46, at + 46 + name));
    if (!text.endsWith('/'))
      entries.push({ name: text, bytes, packed: packedAt(data, view, at, start) });
    at += 46 + name + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

/** The content of the entry whose place in the directory is `at`. */
function packedAt(
  data: Uint8Array,
  view: DataView,
  at: number,
  start: number,
): PackedContent | null {
  const method = view.getUint16(at + 10, true);
  const length = view.getUint32(at + 20, true);
  const header = view.getUint32(at + 42, true) - start;
  if ((method !== 0 && method !== 8) || header < 0 || header + 30 > at) return null;
  if (view.getUint32(header, true) !== localHeader) return null;
  // The name and the extra field stand there again, and need not be as long as in the directory.
  const from = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
  if (from + length > at) return null;
  const trailer = new Uint8Array(8);
  trailer.set(data.subarray(at + 16, at + 20));
  trailer.set(data.subarray(at + 24, at + 28), 4);
  return { data: data.subarray(from, from + length), isDeflated: method === 8, trailer };
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const data = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    data.set(piece, at);
    at += piece.length;
  }
  return data;
}

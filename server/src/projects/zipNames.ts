/**
 * Names and sizes of the files of a ZIP archive, from the directory at its end (APPNOTE.TXT 4.3.12).
 * The content is passed over, so that an archive of any size takes little memory.
 */

export interface ZipEntry {
  readonly name: string;
  /** Unpacked bytes. */
  readonly bytes: number;
}

/** The directory of no archive is larger than that here. */
const tail = 16 << 20;
const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;

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
    if (!text.endsWith('/')) entries.push({ name: text, bytes });
    at += 46 + name + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
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

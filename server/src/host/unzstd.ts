/** Decompresses zstd on versions of Node that cannot do it themselves. */

import { Decompress, type ZstdError, ZstdErrorCode } from 'fzstd';

/** The content of one or more zstd frames. Rejects when they are damaged or cut off. */
export async function* unzstd(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  let pieces: Uint8Array[] = [];
  const stream = new Decompress((piece) => pieces.push(piece));
  try {
    for await (const piece of withSmallWindows(input)) {
      stream.push(piece);
      yield* pieces;
      pieces = [];
    }
    stream.push(new Uint8Array(0), true);
    yield* pieces;
  } catch (error) {
    // What came before the damage.
    yield* pieces;
    throw (error as Partial<ZstdError>).code === ZstdErrorCode.WindowSizeTooLarge
      ? tooLarge()
      : error;
  }
}

/** `zstd --ultra --long=28`; fzstd takes memory for a window before there is any content. */
const largestWindow = 2 ** 28;
/** Magic, descriptor, window, dictionary and content size of a frame (RFC 8878, 3.1.1.1). */
const longestHeader = 18;

const tooLarge = () =>
  Object.assign(new Error('the zstd window is too large'), { code: 'ENOTSUP' });

/** Passes `input` on, as long as no frame in it asks for a large window. */
async function* withSmallWindows(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  let held: Uint8Array = new Uint8Array(0);
  /** Bytes to pass over, then what comes: a frame, or a block of one with this checksum length. */
  let skip = 0;
  let checksum: number | undefined;
  const advance = (isLast: boolean): number => {
    let at = 0;
    for (;;) {
      const step = Math.min(skip, held.length - at);
      at += step;
      skip -= step;
      const left = held.length - at;
      if (skip > 0 || left === 0) return at;
      if (checksum !== undefined) {
        if (left < 3) return isLast ? held.length : at;
        const block = little(held, at, 3);
        skip = 3 + ((block >> 1) % 4 === 1 ? 1 : block >> 3);
        if (block & 1) {
          skip += checksum;
          checksum = undefined;
        }
      } else {
        if (left < longestHeader && !isLast) return at;
        const frame = frameAt(held, at);
        if (!frame) return held.length;
        skip = frame.bytes;
        checksum = frame.checksum;
      }
    }
  };
  for await (const piece of input) {
    held = held.length > 0 ? Buffer.concat([held, piece]) : piece;
    const passed = advance(false);
    if (passed > 0) yield held.subarray(0, passed);
    held = held.subarray(passed);
  }
  advance(true);
  if (held.length > 0) yield held;
}

function little(data: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let index = length - 1; index >= 0; index--) value = value * 256 + (data[at + index] ?? 0);
  return value;
}

/** Length of a frame's header, and of its checksum; undefined where no frame begins. */
function frameAt(
  data: Uint8Array,
  at: number,
): { readonly bytes: number; readonly checksum: number | undefined } | undefined {
  const magic = little(data, at, 4);
  if (magic >= 0x184d2a50 && magic <= 0x184d2a5f) {
    return { bytes: 8 + little(data, at + 4, 4), checksum: undefined };
  }
  if (magic !== 0xfd2fb528) return undefined;
  const flags = data[at + 4] ?? 0;
  const isSingle = (flags & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][flags & 3] ?? 0;
  const content = [isSingle ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
  const start = at + (isSingle ? 5 : 6);
  const descriptor = data[at + 5] ?? 0;
  const window = isSingle
    ? little(data, start + dictionary, content)
    : 2 ** (10 + (descriptor >> 3)) * (1 + (descriptor & 7) / 8);
  if (window > largestWindow) throw tooLarge();
  return { bytes: start + dictionary + content - at, checksum: flags & 4 ? 4 : 0 };
}

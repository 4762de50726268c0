/** Decompresses zstd on versions of Node that cannot do it themselves. */

import { Decompress, type ZstdError, ZstdErrorCode } from 'fzstd';

/** The content of one or more zstd frames. Rejects when they are damaged or cut off. */
export async function* unzstd(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  let pieces: Uint8Array[] = [];
  const stream = new Decompress((piece) => pieces.push(piece));
  try {
    for await (const piece of input) {
      stream.push(piece);
      yield* pieces;
      pieces = [];
    }
    stream.push(new Uint8Array(0), true);
    yield* pieces;
  } catch (error) {
    throw (error as Partial<ZstdError>).code === ZstdErrorCode.WindowSizeTooLarge
      ? Object.assign(new Error('the zstd window is too large'), { code: 'ENOTSUP' })
      : error;
  }
}

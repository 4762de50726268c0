/** Decompresses xz with XZ Embedded. Like `xz -d`, reads streams that stand one after another. */

import { ReadableStream } from 'node:stream/web';
import * as xz from 'xz-decompress';

// The package is CommonJS of a form from which Node takes only the whole as `default`.
const { XzReadableStream } = (xz as unknown as { readonly default: typeof xz }).default;

/**
 * What XZ Embedded reports for data that may be right but needs more than it has, and (5) for what
 * follows a whole stream and is none, which takes the end of that stream with it (xz.h).
 */
const unsupported = new Set([2, 3, 4, 5, 6]);

/** The content of one or more xz streams. Rejects when they are damaged or cut off. */
export async function* unxz(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const source = input[Symbol.asyncIterator]();
  const packed = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await source.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await source.return?.();
    },
  });
  try {
    yield* new XzReadableStream(packed as never) as unknown as AsyncIterable<Uint8Array>;
  } catch (error) {
    const code = Number(/error code (\d+)/.exec(String(error))?.[1]);
    throw unsupported.has(code)
      ? Object.assign(new Error('xz data needs what is not supported'), { code: 'ENOTSUP' })
      : error;
  } finally {
    await source.return?.();
  }
}

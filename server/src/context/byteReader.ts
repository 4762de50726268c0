/** Reads a stream of pieces as if it were one file that can only be read forwards. */

export interface ByteReader {
  /** The next `count` bytes, or fewer at the end. Keeps them in memory: for small counts. */
  take(count: number): Promise<Uint8Array>;
  /** Passes over `count` bytes; the number passed over, less at the end. */
  skip(count: number): Promise<number>;
  /** Everything not read yet. The reader must not be used any more. */
  rest(): AsyncIterable<Uint8Array>;
  /** Ends the stream early. Never rejects. */
  close(): Promise<void>;
}

/** Thrown when more than the permitted number of bytes came out of a stream. */
export class TooManyBytes extends Error {}

/** A reader over `pieces` that throws `TooManyBytes` when more than `limit` bytes are asked of it. */
export function byteReader(pieces: AsyncIterable<Uint8Array>, limit: number): ByteReader {
  const source = pieces[Symbol.asyncIterator]();
  let piece: Uint8Array = new Uint8Array(0);
  let used = 0;
  let given = 0;

  /** False at the end of the stream. */
  async function advance(): Promise<boolean> {
    while (used === piece.length) {
      const next = await source.next();
      if (next.done) return false;
      piece = next.value;
      used = 0;
    }
    return true;
  }

  function count(bytes: number): void {
    given += bytes;
    if (given > limit) throw new TooManyBytes();
  }

  async function skip(wanted: number): Promise<number> {
    let left = wanted;
    while (left > 0 && (used < piece.length || (await advance()))) {
      const step = Math.min(left, piece.length - used);
      used += step;
      left -= step;
      count(step);
    }
    return wanted - left;
  }

  async function take(wanted: number): Promise<Uint8Array> {
    if (piece.length - used >= wanted) {
      used += wanted;
      count(wanted);
      return piece.subarray(used - wanted, used);
    }
    const parts: Uint8Array[] = [];
    let total = 0;
    while (total < wanted && (await advance())) {
      const part = piece.subarray(used, used + wanted - total);
      used += part.length;
      total += part.length;
      count(part.length);
      parts.push(part);
    }
    const joined = new Uint8Array(total);
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }

  return {
    take,
    skip,
    async *rest() {
      try {
        while (await advance()) {
          const part = piece.subarray(used);
          used = piece.length;
          yield part;
        }
      } finally {
        await source.return?.();
      }
    },
    async close() {
      try {
        await source.return?.();
      } catch {
        // The stream is not wanted any more: how it ends does not matter.
      }
    },
  };
}

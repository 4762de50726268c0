/**
 * Decompresses bzip2, block after block, at most 900 kB of content in memory. Fails on what Go's
 * compress/bzip2 fails on: bad magic, bad codes, wrong checksums, data that is cut off.
 */

import { type Bits, bitReader, NeedsInput } from './bzip2Bits.ts';
import { type Block, damaged, readBlock } from './bzip2Block.ts';

const cutOff = () => new Error('bzip2 data is cut off');

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value < 0 ? 0x04c11db7 : 0);
  return value >>> 0;
});

/** The content of one or more bzip2 streams. Rejects when they are damaged or cut off. */
export async function* bunzip2(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const source = input[Symbol.asyncIterator]();
  let data: Uint8Array = new Uint8Array(0);
  let bit = 0;
  let isDone = false;

  /** Runs `step` on at least `ahead` bytes; when that is too little, again with more. */
  async function whole<T>(ahead: number, step: (bits: Bits) => T): Promise<T> {
    let wanted = ahead;
    for (;;) {
      if (data.length - (bit >> 3) >= wanted || isDone) {
        const reader = bitReader(data, bit);
        try {
          const value = step(reader);
          bit = reader.position();
          return value;
        } catch (error) {
          if (!(error instanceof NeedsInput)) throw error;
          if (isDone) throw cutOff();
          // Doubling keeps repeated work in proportion.
          wanted = Math.max(64 * 1024, 2 * (data.length - (bit >> 3)));
        }
      }
      await fill(wanted);
    }
  }

  async function fill(wanted: number): Promise<void> {
    const parts = [data.subarray(bit >> 3)];
    bit &= 7;
    let total = parts[0]?.length ?? 0;
    while (total < wanted && !isDone) {
      const next = await source.next();
      if (next.done) isDone = true;
      else {
        parts.push(next.value);
        total += next.value.length;
      }
    }
    data = Buffer.concat(parts);
  }

  try {
    for (let streams = 0; ; streams++) {
      if (streams > 0) {
        if (data.length - Math.ceil(bit / 8) < 1) await fill(64 * 1024);
        bit = (bit + 7) & ~7;
        if (data.length <= bit >> 3) return;
      }
      const size = await whole(4, (bits) => {
        if (bits.read(24) !== 0x425a68) throw damaged();
        return bits.read(8) - 0x30;
      });
      if (size < 1 || size > 9) throw damaged();
      let streamCrc = 0;
      for (;;) {
        const result = await whole(size * 110_000, (bits) => readBlock(bits, size * 100_000));
        if (typeof result === 'number') {
          if (result !== streamCrc) throw damaged();
          break;
        }
        streamCrc = (((streamCrc << 1) | (streamCrc >>> 31)) ^ result.crc) >>> 0;
        yield* runs(result);
      }
    }
  } finally {
    await source.return?.();
  }
}

/** Content of a block: after four equal bytes the next says how often the byte comes again. */
function* runs({ crc, chain, length, origin }: Block): Generator<Uint8Array, void, void> {
  const piece = new Uint8Array(64 * 1024);
  let used = 0;
  let check = 0xffffffff;
  let entry = length > 0 ? (chain[origin] ?? 0) : 0;
  let last = -1;
  let same = 0;
  for (let index = 0; index < length; index++) {
    entry = chain[entry >>> 8] ?? 0;
    const byte = entry & 0xff;
    let times = 1;
    let value = byte;
    if (same === 4) {
      times = byte;
      value = last;
      same = 0;
      last = -1;
    } else if (byte === last) {
      same++;
    } else {
      last = byte;
      same = 1;
    }
    for (; times > 0; times--) {
      check = (check << 8) ^ (crcTable[(check >>> 24) ^ value] ?? 0);
      piece[used++] = value;
      if (used === piece.length) {
        yield piece.slice();
        used = 0;
      }
    }
  }
  // Content comes before its checksum: who has enough by then never learns that it is wrong.
  if (used > 0) yield piece.slice(0, used);
  if (~check >>> 0 !== crc) throw damaged();
}

/** Reads bzip2 data bit by bit, from the most significant one on. */

/** What a decoder reads from. */
export interface Bits {
  /** The next `count` bits as a number, at most 24. Throws `NeedsInput` where they have not arrived. */
  read(count: number): number;
  /** The next 20 bits, zeros behind the end, without passing them. */
  peek(): number;
}

/** Thrown by a reader that came to the end of what has arrived. */
export class NeedsInput extends Error {}

/** Reads `data` from bit `start` on; `position` is the bit that comes next. */
export function bitReader(data: Uint8Array, start: number): Bits & { position(): number } {
  let at = start;
  const end = data.length * 8;
  /** 24 bits from any place, zeros behind the end. */
  const next = () => {
    const byte = at >> 3;
    const first = ((data[byte] ?? 0) << 16) | ((data[byte + 1] ?? 0) << 8) | (data[byte + 2] ?? 0);
    const shift = at & 7;
    return ((first << shift) | ((data[byte + 3] ?? 0) >> (8 - shift))) & 0xffffff;
  };
  return {
    read(count) {
      if (at + count > end) throw new NeedsInput();
      const value = next() >>> (24 - count);
      at += count;
      return value;
    },
    peek: () => next() >>> 4,
    position: () => at,
  };
}

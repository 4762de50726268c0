/** Decodes one block of bzip2: Huffman codes, move to front, and the links of Burrows and Wheeler. */

import type { Bits } from './bzip2Bits.ts';

/** The error of data that is not what bzip2 writes. */
export const damaged = () => new Error('bzip2 data is damaged');

/** A decoded block, still to be unrolled. */
export interface Block {
  readonly crc: number;
  /** Inverse of the Burrows-Wheeler transform: low 8 bits the byte, the others the next index. */
  readonly chain: Uint32Array;
  readonly length: number;
  readonly origin: number;
}

/** A block, or the checksum at the end of a stream. */
export function readBlock(bits: Bits, limit: number): Block | number {
  const magic = bits.read(24) * 0x1000000 + bits.read(24);
  const crc = ((bits.read(16) << 16) | bits.read(16)) >>> 0;
  if (magic === 0x177245385090) return crc;
  if (magic !== 0x314159265359 || bits.read(1) === 1) throw damaged();
  const origin = bits.read(24);

  const symbols = readSymbols(bits);
  const trees = bits.read(3);
  if (trees < 2 || trees > 6) throw damaged();
  const selectors = readSelectors(bits, trees);
  const codes = Array.from({ length: trees }, () => readCode(bits, symbols.length + 2));

  const chain = new Uint32Array(limit);
  const counts = new Uint32Array(256);
  let length = 0;
  let repeat = 0;
  let power = 1;
  let left = 0;
  let group = 0;
  let code: Code | undefined;
  for (;;) {
    if (left === 0) {
      code = codes[selectors[group++] ?? -1];
      left = 50;
    }
    if (!code) throw damaged();
    left--;
    const symbol = code(bits);
    if (symbol < 2) {
      // Lengths of runs of the first symbol, in digits 1 and 2.
      repeat += power << symbol;
      power <<= 1;
      if (repeat > limit) throw damaged();
      continue;
    }
    if (repeat > 0) {
      const byte = symbols[0] ?? 0;
      if (length + repeat > limit) throw damaged();
      chain.fill(byte, length, length + repeat);
      counts[byte] = (counts[byte] ?? 0) + repeat;
      length += repeat;
      repeat = 0;
      power = 1;
    }
    if (symbol === symbols.length + 1) break;
    if (length >= limit) throw damaged();
    const index = symbol - 1;
    const byte = symbols[index] ?? 0;
    symbols.copyWithin(1, 0, index);
    symbols[0] = byte;
    chain[length++] = byte;
    counts[byte] = (counts[byte] ?? 0) + 1;
  }
  if (length > 0 && origin >= length) throw damaged();
  let sum = 0;
  for (let byte = 0; byte < 256; byte++) {
    const count = counts[byte] ?? 0;
    counts[byte] = sum;
    sum += count;
  }
  for (let index = 0; index < length; index++) {
    const byte = (chain[index] ?? 0) & 0xff;
    const place = counts[byte] ?? 0;
    chain[place] = (chain[place] ?? 0) | (index << 8);
    counts[byte] = place + 1;
  }
  return { crc, chain, length, origin };
}

function readSymbols(bits: Bits): Uint8Array {
  const ranges = bits.read(16);
  const symbols: number[] = [];
  for (let range = 0; range < 16; range++) {
    if (!(ranges & (0x8000 >> range))) continue;
    const used = bits.read(16);
    for (let low = 0; low < 16; low++) if (used & (0x8000 >> low)) symbols.push(range * 16 + low);
  }
  if (symbols.length === 0) throw damaged();
  return Uint8Array.from(symbols);
}

function readSelectors(bits: Bits, trees: number): Uint8Array {
  const selectors = new Uint8Array(bits.read(15));
  const order = [0, 1, 2, 3, 4, 5];
  for (let index = 0; index < selectors.length; index++) {
    let place = 0;
    while (bits.read(1) === 1) if (++place >= trees) throw damaged();
    const [tree = 0] = order.splice(place, 1);
    order.unshift(tree);
    selectors[index] = tree;
  }
  return selectors;
}

type Code = (bits: Bits) => number;

/** A canonical Huffman code over `size` symbols; lengths are stored as differences. */
function readCode(bits: Bits, size: number): Code {
  const lengths = new Uint8Array(size);
  let length = bits.read(5);
  for (let symbol = 0; symbol < size; symbol++) {
    for (;;) {
      if (length < 1 || length > 20) throw damaged();
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 1 ? -1 : 1;
    }
    lengths[symbol] = length;
  }
  // Per length: the first code that is longer, moved to 20 bits, and what leads to its symbols.
  const limits = new Int32Array(21);
  const offsets = new Int32Array(21);
  const sorted: number[] = [];
  let code = 0;
  for (let wanted = 1; wanted <= 20; wanted++) {
    offsets[wanted] = sorted.length - code;
    for (let symbol = 0; symbol < size; symbol++) {
      if (lengths[symbol] === wanted) {
        sorted.push(symbol);
        code++;
      }
    }
    limits[wanted] = code << (20 - wanted);
    code <<= 1;
  }
  const shortest = lengths.reduce((least, value) => Math.min(least, value), 20);
  return (reader) => {
    const bits20 = reader.peek();
    for (let depth = shortest; depth <= 20; depth++) {
      if (bits20 < (limits[depth] ?? 0)) {
        const symbol = sorted[(bits20 >>> (20 - depth)) + (offsets[depth] ?? 0)];
        reader.read(depth);
        if (symbol === undefined) throw damaged();
        return symbol;
      }
    }
    reader.read(20);
    throw damaged();
  };
}

/**
 * Decompresses bzip2, block after block, at most 900 kB of content in memory. Fails on what Go's
 * compress/bzip2 fails on: bad magic, bad codes, wrong checksums, data that is cut off.
 */

const damaged = () => new Error('bzip2 data is damaged');
const cutOff = () => new Error('bzip2 data is cut off');

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value < 0 ? 0x04c11db7 : 0);
  return value >>> 0;
});

interface Bits {
  /** The next `count` bits as a number, at most 24. Undefined: more input is needed. */
  read(count: number): number;
}

/** Thrown by a reader that came to the end of what has arrived. */
class NeedsInput extends Error {}

/** The content of one or more bzip2 streams. Rejects when they are damaged or cut off. */
export async function* bunzip2(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const source = input[Symbol.asyncIterator]();
  let data: Uint8Array = new Uint8Array(0);
  let bit = 0;
  let isDone = false;

  /** Runs `step` on what has arrived; when that is too little, again with more. */
  async function whole<T>(step: (bits: Bits) => T): Promise<T> {
    let wanted = 0;
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
      const size = await whole((bits) => {
        if (bits.read(24) !== 0x425a68) throw damaged();
        return bits.read(8) - 0x30;
      });
      if (size < 1 || size > 9) throw damaged();
      let streamCrc = 0;
      for (;;) {
        const result = await whole((bits) => readBlock(bits, size * 100_000));
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

function bitReader(data: Uint8Array, start: number): Bits & { position(): number } {
  let at = start >> 3;
  let held = 0;
  let value = 0;
  const reader = {
    read(count: number): number {
      while (held < count) {
        if (at >= data.length) throw new NeedsInput();
        value = ((value << 8) | (data[at++] ?? 0)) & 0x7fffffff;
        held += 8;
      }
      held -= count;
      return (value >>> held) & ((1 << count) - 1);
    },
    position: () => at * 8 - held,
  };
  if (start & 7) reader.read(start & 7);
  return reader;
}

interface Block {
  readonly crc: number;
  /** Inverse of the Burrows-Wheeler transform: low 8 bits the byte, the others the next index. */
  readonly chain: Uint32Array;
  readonly length: number;
  readonly origin: number;
}

/** A block, or the checksum at the end of a stream. */
function readBlock(bits: Bits, limit: number): Block | number {
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
  const counts = new Int32Array(21);
  for (const value of lengths) counts[value] = (counts[value] ?? 0) + 1;
  const sorted: number[] = [];
  for (let wanted = 1; wanted <= 20; wanted++) {
    for (let symbol = 0; symbol < size; symbol++)
      if (lengths[symbol] === wanted) sorted.push(symbol);
  }
  return (reader) => {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let depth = 1; depth <= 20; depth++) {
      code |= reader.read(1);
      const count = counts[depth] ?? 0;
      if (code - first < count) return sorted[index + code - first] ?? 0;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw damaged();
  };
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
  if (~check >>> 0 !== crc) throw damaged();
  if (used > 0) yield piece.slice(0, used);
}

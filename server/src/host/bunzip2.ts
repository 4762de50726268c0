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
  /** The next `count` bits as a number, at most 24. Throws `NeedsInput` where they have not arrived. */
  read(count: number): number;
  /** The next 20 bits, zeros behind the end, without passing them. */
  peek(): number;
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

function bitReader(data: Uint8Array, start: number): Bits & { position(): number } {
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

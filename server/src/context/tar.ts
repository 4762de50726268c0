/**
 * Headers of a tar archive, read from a stream in bounded memory. Own code, because what counts is
 * what Go's `archive/tar` accepts: BuildKit unpacks a file exactly if that reader reads its first
 * header. Knows V7, ustar, star, GNU (long names, base-256 numbers) and PAX (sizes, names, sparse).
 */

import type { Member } from './layerTree.ts';

/** The archive is damaged, or hostile, or of a kind that cannot be unpacked; a clause for a sentence. */
export class BadArchive extends Error {}

export interface TarLimits {
  readonly members: number;
  /** Bytes of the unpacked stream. */
  readonly bytes: number;
}

/** Go reads no larger extended header. */
const mostExtended = 1 << 20;
const block = 512;

/**
 * Members in order. Rejects with BadArchive; before the first member that means that the bytes are
 * no archive at all. An empty archive counts as none, as in BuildKit.
 */
export async function readTar(
  input: AsyncIterable<Uint8Array>,
  limits: TarLimits,
): Promise<readonly Member[]> {
  const source = new ByteSource(input, limits.bytes);
  const members: Member[] = [];
  let first = true;
  try {
    for (;;) {
      const member = await nextMember(source, members.length);
      if (!member) {
        if (first) throw new NoArchive('it is empty');
        return members;
      }
      first = false;
      if (member !== 'global') members.push(member);
      if (members.length > limits.members) {
        throw new BadArchive(`it has more than ${limits.members.toLocaleString('en-US')} entries`);
      }
    }
  } catch (error) {
    if (first && !(error instanceof TooLarge)) throw new NoArchive(messageOf(error));
    if (error instanceof BadArchive) throw error;
    throw new BadArchive(`it is damaged (${messageOf(error)})`);
  } finally {
    await source.close();
  }
}

/** What was read is no archive: the builder copies it as it is. */
export class NoArchive extends BadArchive {}

class TooLarge extends BadArchive {}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function nextMember(source: ByteSource, index: number): Promise<Member | 'global' | null> {
  let pax = new Map<string, string>();
  let longName: string | undefined;
  let longLink: string | undefined;
  for (;;) {
    const header = await readHeader(source);
    if (!header) return null;
    const { type } = header;
    if (type === 'x' || type === 'g') {
      const records = parsePax(await special(source, header.size));
      if (type === 'g') return 'global';
      pax = records;
    } else if (type === 'L' || type === 'K') {
      const text = cString(await special(source, header.size));
      if (type === 'L') longName = text;
      else longLink = text;
    } else {
      const paxSize = numberOf(pax.get('size'));
      const size = paxSize ?? header.size;
      const name = pax.get('GNU.sparse.name') ?? pax.get('path') ?? longName ?? header.name;
      const target = pax.get('linkpath') ?? longLink ?? header.link;
      const kind = kindOf(type, name);
      if (!kind) {
        await source.skip(padded(size));
        throw new BadArchive(`entry ${index + 1}, ${name}, is of a kind that cannot be unpacked`);
      }
      const sparse =
        numberOf(pax.get('GNU.sparse.realsize')) ?? numberOf(pax.get('GNU.sparse.size'));
      if (kind === 'file') await source.skip(padded(size));
      return { name, kind, bytes: kind === 'file' ? (sparse ?? size) : 0, target };
    }
  }
}

interface Header {
  readonly type: string;
  readonly name: string;
  readonly link: string;
  readonly size: number;
}

async function readHeader(source: ByteSource): Promise<Header | null> {
  const bytes = await source.take(block, true);
  if (!bytes) return null;
  if (bytes.every((byte) => byte === 0)) {
    const second = await source.take(block, true);
    if (!second || second.every((byte) => byte === 0)) return null;
    throw new BadArchive('a header is damaged');
  }
  if (!checksumHolds(bytes)) throw new BadArchive('a header is damaged');
  const magic = latin(bytes.subarray(257, 265));
  const ustar = magic.startsWith('ustar\0');
  const gnu = magic === 'ustar  \0';
  const star = ustar && latin(bytes.subarray(508, 512)) === 'tar\0';
  const name = cString(bytes.subarray(0, 100));
  const prefix = ustar ? cString(bytes.subarray(345, star ? 476 : 500)) : '';
  const numeric: (readonly [number, number])[] = [
    [100, 108],
    [108, 116],
    [116, 124],
    [136, 148],
  ];
  if (ustar || gnu) numeric.push([329, 337], [337, 345]);
  for (const [from, to] of numeric) parseNumber(bytes.subarray(from, to));
  const size = parseNumber(bytes.subarray(124, 136));
  if (size < 0) throw new BadArchive('a header is damaged');
  return {
    type: String.fromCharCode(bytes[156] ?? 0),
    name: prefix === '' ? name : `${prefix}/${name}`,
    link: cString(bytes.subarray(157, 257)),
    size,
  };
}

/** The sum of the header's bytes, its own field as blanks; old archivers took the bytes as signed. */
function checksumHolds(bytes: Uint8Array): boolean {
  let unsigned = 0;
  let signed = 0;
  for (const [index, raw] of bytes.entries()) {
    const byte = index >= 148 && index < 156 ? 0x20 : raw;
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  const stated = parseNumber(bytes.subarray(148, 156));
  return stated === unsigned || stated === signed;
}

/** Octal text, or base-256 with the highest bit set. */
function parseNumber(field: Uint8Array): number {
  const lead = field[0] ?? 0;
  if (lead & 0x80) {
    const negative = (lead & 0x40) !== 0;
    let value = 0n;
    for (const [index, byte] of field.entries()) {
      const bits = negative ? byte ^ 0xff : byte;
      value = value * 256n + BigInt(index === 0 ? bits & 0x7f : bits);
    }
    if (value >= 1n << 63n) throw new BadArchive('a header is damaged');
    return negative ? -Number(value) - 1 : Number(value);
  }
  const text =
    latin(field)
      .replace(/^[ \0]+|[ \0]+$/g, '')
      .split('\0')[0] ?? '';
  if (text === '') return 0;
  if (!/^[0-7]+$/.test(text)) throw new BadArchive('a header is damaged');
  return Number.parseInt(text, 8);
}

function kindOf(type: string, name: string): Member['kind'] | undefined {
  switch (type) {
    case '0':
    case '\0':
      return name.endsWith('/') ? 'directory' : 'file';
    case '1':
      return 'link';
    case '2':
      return 'symlink';
    case '3':
    case '4':
    case '6':
      return 'other';
    case '5':
      return 'directory';
    default:
      return undefined;
  }
}

async function special(source: ByteSource, size: number): Promise<Uint8Array> {
  if (size > mostExtended) throw new BadArchive('an extended header is too long');
  const bytes = await source.take(padded(size), false);
  return (bytes ?? new Uint8Array()).subarray(0, size);
}

/** Records of the form `<length> <key>=<value>\n`. */
function parsePax(bytes: Uint8Array): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(latin(bytes.subarray(at, space)));
    if (!Number.isInteger(length) || length < 5 || at + length > bytes.length) {
      throw new BadArchive('an extended header is damaged');
    }
    const record = bytes.subarray(space + 1, at + length - 1);
    const equals = record.indexOf(0x3d);
    if (equals < 1 || bytes[at + length - 1] !== 0x0a) {
      throw new BadArchive('an extended header is damaged');
    }
    const key = utf8(record.subarray(0, equals));
    const value = utf8(record.subarray(equals + 1));
    if (value === '') records.delete(key);
    else records.set(key, value);
    at += length;
  }
  return records;
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,19}$/.test(text)) throw new BadArchive('an extended header is damaged');
  return Number(text);
}

function padded(size: number): number {
  return Math.ceil(size / block) * block;
}

const decoder = new TextDecoder();

function utf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return utf8(end < 0 ? bytes : bytes.subarray(0, end));
}

function latin(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** Takes and skips bytes of a stream; holds no more than a chunk and what is taken. */
class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();
  #left: number;

  constructor(input: AsyncIterable<Uint8Array>, limit: number) {
    this.#chunks = input[Symbol.asyncIterator]();
    this.#left = limit;
  }

  /** Null at the end if that is allowed and nothing is left. */
  async take(count: number, mayEnd: boolean): Promise<Uint8Array | null> {
    const taken = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      if (this.#rest.length === 0 && !(await this.#more())) {
        if (filled === 0 && mayEnd) return null;
        throw new BadArchive('it ends in the middle of an entry');
      }
      const piece = this.#rest.subarray(0, count - filled);
      taken.set(piece, filled);
      filled += piece.length;
      this.#rest = this.#rest.subarray(piece.length);
    }
    return taken;
  }

  async skip(count: number): Promise<void> {
    for (let left = count; left > 0; ) {
      if (this.#rest.length === 0 && !(await this.#more())) {
        throw new BadArchive('it ends in the middle of an entry');
      }
      const piece = Math.min(left, this.#rest.length);
      this.#rest = this.#rest.subarray(piece);
      left -= piece;
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.().catch(() => undefined);
  }

  async #more(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done) return false;
    this.#left -= next.value.length;
    if (this.#left < 0) throw new TooLarge('it unpacks to more than can be counted here');
    this.#rest = next.value;
    return true;
  }
}

/**
 * Entries of a tar archive, read as Go's archive/tar does (reader.go): BuildKit's ADD takes a file
 * for an archive exactly when that package reads a first entry from it.
 */

import type { ByteReader } from './byteReader.ts';
import { decimal, hasChecksum, numeric, paxRecords, TarError, textOf } from './tarFields.ts';

export interface TarEntry {
  /** As written in the archive, not cleaned. */
  readonly name: string;
  readonly link: string;
  /** The type letter; `0` also for the old form of regular files. */
  readonly type: string;
  /** Length of the unpacked file, holes of sparse files included; 0 unless it is regular. */
  readonly bytes: number;
}

const block = 512;
/** Limit of archive/tar on PAX headers and long names. */
const specialFileBytes = 1 << 20;
const withoutData = new Set(['1', '2', '3', '4', '5', '6']);
const cutOff = () => new TarError('The archive is cut off.');
const malformed = () => new TarError('A header of the archive is malformed.');

interface Header {
  readonly name: string;
  readonly link: string;
  readonly type: string;
  readonly bytes: number;
}

/**
 * The entries in order, ended by two blocks of zeros or the end of the data; what follows is not
 * read. Throws a `TarError` where a build fails; passes errors of `reader` on. An entry comes
 * before its content was read, so a file that is cut off throws after it.
 */
export async function* tarEntries(reader: ByteReader): AsyncGenerator<TarEntry, void, void> {
  let pax: ReadonlyMap<string, string> = new Map();
  let longName = '';
  let longLink = '';
  for (;;) {
    const header = await readHeader(reader);
    if (!header) return;
    if (header.type === 'x' || header.type === 'g') {
      const records = paxRecords(await special(reader, header.bytes));
      // Docker passes over global headers, but one at the start makes the file an archive.
      if (header.type === 'g') yield { ...header, bytes: 0 };
      // What stood before a global header is forgotten with it.
      pax = header.type === 'g' ? new Map() : records;
      if (header.type === 'g') longName = longLink = '';
      continue;
    }
    if (header.type === 'L' || header.type === 'K') {
      const text = textOf(await special(reader, header.bytes));
      if (header.type === 'L') longName = text;
      else longLink = text;
      continue;
    }
    yield* entryOf(reader, header, pax, longName, longLink);
    pax = new Map();
    longName = longLink = '';
  }
}

async function* entryOf(
  reader: ByteReader,
  header: Header,
  pax: ReadonlyMap<string, string>,
  longName: string,
  longLink: string,
): AsyncGenerator<TarEntry, void, void> {
  const plainName = longName || pax.get('path') || header.name;
  const oldStyle = header.type === '\0';
  const type = oldStyle ? (plainName.endsWith('/') ? '5' : '0') : header.type;
  const stored = withoutData.has(type) ? 0 : (decimal(pax.get('size') ?? '') ?? header.bytes);
  if (stored < 0) throw malformed();
  const sparse = sparseOf(pax);
  if (sparse && withoutData.has(type)) throw malformed();
  const bytes = sparse?.bytes ?? stored;
  if (bytes < 0) throw malformed();
  yield {
    name: sparse?.name || plainName,
    link: longLink || pax.get('linkpath') || header.link,
    type,
    bytes: type === '0' ? bytes : 0,
  };
  if ((await reader.skip(stored)) < stored) throw cutOff();
  await reader.skip(padding(stored));
}

/** Name and unpacked length of a sparse file in one of the three PAX forms of GNU tar. */
function sparseOf(
  pax: ReadonlyMap<string, string>,
): { readonly name: string | undefined; readonly bytes: number | undefined } | undefined {
  const major = pax.get('GNU.sparse.major');
  const minor = pax.get('GNU.sparse.minor');
  const version = `${major ?? ''}.${minor ?? ''}`;
  const isOld = version === '.' && (pax.has('GNU.sparse.map') || pax.has('GNU.sparse.offset'));
  if (!isOld && !['0.0', '0.1', '1.0'].includes(version)) return undefined;
  const text = pax.get('GNU.sparse.size') ?? pax.get('GNU.sparse.realsize');
  if (text === undefined) return { name: pax.get('GNU.sparse.name'), bytes: undefined };
  const bytes = decimal(text);
  if (bytes === undefined) throw malformed();
  return { name: pax.get('GNU.sparse.name'), bytes };
}

async function special(reader: ByteReader, bytes: number): Promise<Uint8Array> {
  if (bytes > specialFileBytes) throw new TarError('A name in the archive is longer than 1 MiB.');
  const data = await reader.take(bytes);
  if (data.length < bytes) throw cutOff();
  await reader.skip(padding(bytes));
  return data;
}

const padding = (bytes: number) => (block - (bytes % block)) % block;
const isZero = (data: Uint8Array) => data.every((byte) => byte === 0);

async function readHeader(reader: ByteReader): Promise<Header | undefined> {
  const raw = await reader.take(block);
  if (raw.length === 0) return undefined;
  if (raw.length < block) throw cutOff();
  if (!isZero(raw)) return parseHeader(raw);
  const second = await reader.take(block);
  if (second.length === 0) return undefined;
  if (second.length < block) throw cutOff();
  if (isZero(second)) return undefined;
  throw new TarError('The archive goes on after a block of zeros.');
}

function parseHeader(raw: Uint8Array): Header {
  if (!hasChecksum(raw)) throw new TarError('The checksum of a header of the archive is wrong.');
  const field = (from: number, length: number) => raw.subarray(from, from + length);
  const number = (from: number, length: number) => {
    const value = numeric(field(from, length));
    if (value === undefined) throw malformed();
    return value;
  };
  const bytes = number(124, 12);
  for (const [from, length] of [
    [100, 8],
    [108, 8],
    [116, 8],
    [136, 12],
  ] as const)
    number(from, length);
  const type = String.fromCharCode(raw[156] ?? 0);
  if (bytes < 0 && !withoutData.has(type)) throw malformed();
  if (type === 'S' && !isGnu(raw)) throw malformed();
  const prefix = prefixOf(raw, number);
  const name = textOf(field(0, 100));
  return {
    name: prefix ? `${prefix}/${name}` : name,
    link: textOf(field(157, 100)),
    type,
    bytes: withoutData.has(type) ? 0 : bytes,
  };
}

/** The part of the name that stands apart, by the dialect that the magic bytes tell. */
function prefixOf(raw: Uint8Array, number: (from: number, length: number) => number): string {
  const gnu = isGnu(raw);
  if (!gnu && textOfAll(raw.subarray(257, 263)) !== 'ustar\0') return '';
  number(329, 8);
  number(337, 8);
  if (!gnu) {
    if (textOfAll(raw.subarray(508, 512)) !== 'tar\0') return textOf(raw.subarray(345, 500));
    number(476, 12);
    number(488, 12);
    return textOf(raw.subarray(345, 476));
  }
  // Old Go programs wrote a prefix where this dialect has times; archive/tar still reads it.
  const isTime = (from: number) =>
    raw[from] === 0 || numeric(raw.subarray(from, from + 12)) !== undefined;
  if (isTime(345) && isTime(357)) return '';
  const prefix = raw.subarray(345, 500);
  const end = prefix.indexOf(0);
  const used = end < 0 ? prefix : prefix.subarray(0, end);
  return used.every((byte) => byte < 0x80) ? textOf(used) : '';
}

const isGnu = (raw: Uint8Array) => textOfAll(raw.subarray(257, 265)) === 'ustar  \0';

const textOfAll = (bytes: Uint8Array) => String.fromCharCode(...bytes);

/** Fields of tar headers and records of PAX headers, as Go's archive/tar reads them. */

/** The data is no tar archive that Go's archive/tar reads. The message is a full sentence. */
export class TarError extends Error {}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const bytewise = new TextDecoder('latin1');

/** Text of `bytes` up to a NUL; bytes that are no UTF-8 are kept apart from each other. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  const used = end < 0 ? bytes : bytes.subarray(0, end);
  try {
    return utf8.decode(used);
  } catch {
    return bytewise.decode(used);
  }
}

/** Value of an octal field, or undefined when it is malformed; empty is 0 (`parseOctal`). */
function octal(field: Uint8Array): number | undefined {
  const text = bytewise.decode(field).replace(/^[ \0]+|[ \0]+$/g, '');
  if (text === '') return 0;
  const digits = text.split('\0', 1)[0] ?? '';
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

/**
 * Value of a number field in octal or, with the first bit set, in base 256, where it may be
 * negative; undefined when malformed or beyond 64 bits (`parseNumeric`).
 */
export function numeric(field: Uint8Array): number | undefined {
  const first = field[0] ?? 0;
  if ((first & 0x80) === 0) return octal(field);
  let value = 0n;
  for (const [index, byte] of field.entries()) {
    value = (value << 8n) | BigInt(index === 0 ? byte & 0x7f : byte);
  }
  if (first & 0x40) value -= 1n << BigInt(field.length * 8 - 1);
  return BigInt.asIntN(64, value) === value ? Number(value) : undefined;
}

/** Value of a signed decimal number of 64 bits, or undefined (Go's `strconv.ParseInt`). */
export function decimal(text: string): number | undefined {
  if (!/^[+-]?\d{1,40}$/.test(text)) return undefined;
  const value = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, value) === value ? Number(value) : undefined;
}

/** The checksum of a header is right, in the unsigned or the signed form. */
export function hasChecksum(header: Uint8Array): boolean {
  let unsigned = 0;
  let signed = 0;
  for (let at = 0; at < 512; at++) {
    const byte = at >= 148 && at < 156 ? 0x20 : (header[at] ?? 0);
    unsigned += byte;
    signed += byte < 128 ? byte : byte - 256;
  }
  const given = octal(header.subarray(148, 156));
  return given === unsigned || given === signed;
}

const stringKeys = new Set(['path', 'linkpath', 'uname', 'gname']);
const timeKeys = new Set(['atime', 'mtime', 'ctime']);

/**
 * Records of a PAX header. Empty values are left out: they keep what the header itself says.
 * Throws a `TarError` where Go's archive/tar fails (`parsePAX`, `mergePAX`).
 */
export function paxRecords(data: Uint8Array): ReadonlyMap<string, string> {
  const bad = () => new TarError('A PAX header of the archive is malformed.');
  const records = new Map<string, string>();
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const length = space < 0 ? undefined : decimal(bytewise.decode(data.subarray(at, space)));
    if (length === undefined || length < 5 || at + length > data.length) throw bad();
    const end = at + length - 1;
    if (end <= space || data[end] !== 0x0a) throw bad();
    const equals = data.indexOf(0x3d, space + 1);
    if (equals <= space + 1 || equals >= end) throw bad();
    const key = bytewise.decode(data.subarray(space + 1, equals));
    const bytes = data.subarray(equals + 1, end);
    if (stringKeys.has(key) ? bytes.includes(0) : key.includes('\0')) throw bad();
    const value = textOf(bytes);
    if (value === '') records.delete(key);
    else records.set(key, value);
    at = end + 1;
  }
  for (const key of ['uid', 'gid', 'size']) {
    const value = records.get(key);
    if (value !== undefined && decimal(value) === undefined) throw bad();
  }
  for (const key of timeKeys) {
    const value = records.get(key);
    if (value !== undefined && !/^[+-]?\d+(\.\d*)?$/.test(value)) throw bad();
  }
  return records;
}

/**
 * Bytes → the text that BuildKit sees. It works on bytes; where a text is needed, Go replaces each
 * byte that is no UTF-8 by U+FFFD, while JavaScript's decoder replaces a longer broken sequence by one.
 */

import { isUtf8 } from 'node:buffer';

/** Text of a file's bytes, a byte order mark kept. */
export function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  const pieces: string[] = [];
  let start = 0;
  let at = 0;
  while (at < buffer.length) {
    const length = sequenceLength(buffer, at);
    if (length === 0) {
      pieces.push(buffer.toString('utf8', start, at), '\ufffd');
      start = at + 1;
    }
    at += length || 1;
  }
  pieces.push(buffer.toString('utf8', start));
  return pieces.join('');
}

/** Number of bytes of the UTF-8 character at an index; 0 when there is none (Go's `utf8.DecodeRune`). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const second = bytes[at + 1] ?? 0;
  // No overlong forms, no surrogates, nothing above U+10FFFF.
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let next = at + 2; next < at + length; next++) {
    if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}

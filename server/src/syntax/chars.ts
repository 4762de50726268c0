/**
 * Character classes of BuildKit's parser, on UTF-16 units and without copies of the text, and the
 * little that has to know how a character looks in UTF-8 (limits and flags count bytes).
 */

/** Go's `unicode.IsSpace`: what is trimmed from lines, and what separates ENV, LABEL and ARG words. */
export function isSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  if (code < 0x85) return false;
  if (code === 0x85 || code === 0xa0 || code === 0x1680 || code === 0x3000) return true;
  if (code < 0x2000 || code > 0x205f) return false;
  return code <= 0x200a || code === 0x2028 || code === 0x2029 || code === 0x202f || code === 0x205f;
}

/** `[\t\v\f\r ]`: what separates the keyword and plain arguments (`reWhitespace`). */
export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || (code >= 0x0b && code <= 0x0d);
}

/** First offset from `start` on that holds no white space; `end` when there is none. */
export function skipSpaces(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** Offset behind the last character before `end` that is no white space; `start` when there is none. */
export function trimSpaces(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && isSpace(text.charCodeAt(at - 1))) at--;
  return at;
}

/** Length in bytes of a piece of text in UTF-8; a lone surrogate counts as U+FFFD, three bytes. */
export function utf8Length(text: string, start: number, end: number): number {
  // Nearly all text is ASCII, which a search passes over many times as fast as a loop does.
  const ascii = text.slice(start, end).search(/[\u0080-\uffff]/);
  if (ascii < 0) return Math.max(0, end - start);
  let bytes = ascii;
  for (let at = start + ascii; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x80) bytes += 1;
    else if (code < 0x800) bytes += 2;
    else if (isPair(text, at, end)) {
      bytes += 4;
      at++;
    } else bytes += 3;
  }
  return bytes;
}

/** The UTF-8 bytes of one character; of a lone surrogate those of U+FFFD. */
export function utf8Bytes(code: number): readonly number[] {
  if (code < 0x80) return [code];
  if (code < 0x800) return [0xc0 | (code >> 6), tail(code, 0)];
  if (code >= 0xd800 && code < 0xe000) return [0xef, 0xbf, 0xbd];
  if (code < 0x10000) return [0xe0 | (code >> 12), tail(code, 6), tail(code, 0)];
  return [0xf0 | (code >> 18), tail(code, 12), tail(code, 6), tail(code, 0)];
}

/** A byte that Go takes for white space where it reads bytes as Latin-1 (flags, HEALTHCHECK). */
export function isBlankByte(byte: number): boolean {
  return byte === 0x85 || byte === 0xa0;
}

function tail(code: number, shift: number): number {
  return 0x80 | ((code >> shift) & 0x3f);
}

function isPair(text: string, at: number, end: number): boolean {
  if (at + 1 >= end || (text.charCodeAt(at) & 0xfc00) !== 0xd800) return false;
  return (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
}

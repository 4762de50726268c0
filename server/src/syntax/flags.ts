/**
 * Flags in front of an instruction's arguments (BuildKit `split_command.go`, extractBuilderFlags).
 * BuildKit reads them byte by byte as Latin-1: a value that is not ASCII comes out mangled, and the
 * bytes 0x85 and 0xA0 inside a character end the flag. Both are kept, since a build does the same.
 */

import type { Escape } from './ast.ts';
import { isBlankByte, isSpace, utf8Bytes } from './chars.ts';

export interface ScannedFlag {
  /** Quotes and escapes removed. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface FlagScan {
  readonly flags: readonly ScannedFlag[];
  /** Where the arguments start (white space before them included). */
  readonly rest: number;
  /** Broken bytes of a character that was cut apart: one U+FFFD each, at the start of the rest. */
  readonly orphans: number;
}

/** Words at the front that start with `--`, up to the first other word; a bare `--` is dropped. */
export function readFlags(text: string, start: number, end: number, token: Escape): FlagScan {
  const flags: ScannedFlag[] = [];
  let at = start;
  for (;;) {
    while (at < end && isAsciiSpace(text.charCodeAt(at))) at++;
    if (at + 1 >= end || text.charCodeAt(at) !== 0x2d || text.charCodeAt(at + 1) !== 0x2d) {
      return { flags, rest: at, orphans: 0 };
    }
    const word = readFlag(text, at, end, token.charCodeAt(0));
    if (word.text === '--') return { flags, rest: word.end, orphans: 0 };
    const { orphans } = word;
    flags.push({ text: word.text, start: at, end: word.end - orphans });
    at = word.end - orphans;
    if (orphans) return { flags, rest: at, orphans };
  }
}

interface Word {
  readonly text: string;
  readonly end: number;
  /** Bytes of the last character that are left over for the arguments. */
  readonly orphans: number;
}

function readFlag(text: string, start: number, end: number, token: number): Word {
  const parts: string[] = [];
  let run = start;
  let at = start;
  let quote = 0;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code >= 0x80) {
      if (run < at) parts.push(text.slice(run, at));
      const point = text.codePointAt(at) ?? code;
      at += point > 0xffff ? 2 : 1;
      run = at;
      const bytes = utf8Bytes(point);
      const blank = quote ? -1 : bytes.findIndex(isBlankByte);
      for (const byte of blank < 0 ? bytes : bytes.slice(0, blank)) {
        parts.push(String.fromCharCode(byte));
      }
      if (blank < 0) continue;
      return { text: parts.join(''), end: at, orphans: countOrphans(bytes, blank) };
    }
    if (!quote && isAsciiSpace(code)) break;
    const isQuote = quote ? code === quote : code === 0x27 || code === 0x22;
    if (!isQuote && code !== token) {
      at++;
      continue;
    }
    if (run < at) parts.push(text.slice(run, at));
    if (isQuote) quote = quote ? 0 : code;
    at++;
    run = at;
    // An escaped ASCII character stands for itself; of others the first byte never has a meaning.
    if (!isQuote && at < end && text.charCodeAt(at) < 0x80) at++;
  }
  if (!parts.length) return { text: text.slice(start, at), end: at, orphans: 0 };
  if (run < at) parts.push(text.slice(run, at));
  return { text: parts.join(''), end: at, orphans: 0 };
}

/** Bytes behind the blank one, further blanks skipped. */
function countOrphans(bytes: readonly number[], blank: number): number {
  let next = blank + 1;
  while (next < bytes.length && isBlankByte(bytes[next] ?? 0)) next++;
  return bytes.length - next;
}

function isAsciiSpace(code: number): boolean {
  return code < 0x80 && isSpace(code);
}

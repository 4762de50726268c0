/**
 * The exec form: one strict JSON array of strings (BuildKit `line_parsers.go`, parseJSON, and Go's
 * `encoding/json`).
 */

import { skipSpaces } from './chars.ts';

export interface JsonString {
  readonly value: string;
  /** Quotes included. */
  readonly start: number;
  readonly end: number;
}

export type JsonForm =
  | { readonly kind: 'strings'; readonly strings: readonly JsonString[] }
  /** A valid array with something else in it: BuildKit refuses the file. `at`: the first such. */
  | { readonly kind: 'mixed'; readonly at: number }
  /** No array, or no valid one: shell form, or a list of words. */
  | { readonly kind: 'none' };

/** Reads the text from `start` to `end` as exec form. */
export function readJson(text: string, start: number, end: number): JsonForm {
  const open = skipSpaces(text, start, end);
  if (open >= end || text.charCodeAt(open) !== 0x5b) return none;
  const strings: JsonString[] = [];
  let at = skipJsonSpaces(text, open + 1, end);
  if (text.charCodeAt(at) === 0x5d && at < end) return closed(text, at, end, strings);
  while (at < end) {
    if (text.charCodeAt(at) !== 0x22) return readMixed(text, open, at, end);
    const string = readString(text, at, end);
    if (!string) return none;
    strings.push(string);
    at = skipJsonSpaces(text, string.end, end);
    if (at >= end) return none;
    if (text.charCodeAt(at) === 0x5d) return closed(text, at, end, strings);
    if (text.charCodeAt(at) !== 0x2c) return none;
    at = skipJsonSpaces(text, at + 1, end);
  }
  return none;
}

const none: JsonForm = { kind: 'none' };

function closed(text: string, at: number, end: number, strings: readonly JsonString[]): JsonForm {
  return skipJsonSpaces(text, at + 1, end) === end ? { kind: 'strings', strings } : none;
}

function readString(text: string, start: number, end: number): JsonString | null {
  let plain = true;
  for (let at = start + 1; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20) return null;
    if (code === 0x5c) {
      plain = false;
      at++;
    } else if (code >= 0xd800) plain &&= code >= 0xe000;
    else if (code === 0x22) {
      if (plain) return { value: text.slice(start + 1, at), start, end: at + 1 };
      const value = decode(text.slice(start, at + 1));
      return value === null ? null : { value, start, end: at + 1 };
    }
  }
  return null;
}

/** A lone surrogate becomes U+FFFD, as in Go. */
function decode(literal: string): string | null {
  const value = parseJson(literal);
  if (typeof value !== 'string') return null;
  return value.replace(/\p{Surrogate}/gu, '\ufffd');
}

/** An array that holds something that is no string: refused when it is valid JSON. */
function readMixed(text: string, open: number, at: number, end: number): JsonForm {
  return parseGoJson(text.slice(open, end)) === undefined ? none : { kind: 'mixed', at };
}

/** Parses JSON as strictly as Go does; undefined when the text is not valid. */
export function parseGoJson(text: string): unknown {
  const value = parseJson(text);
  return value === undefined || exceedsGo(text) ? undefined : value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Valid JSON that Go refuses all the same: numbers beyond a float64, nesting beyond 10,000. */
function exceedsGo(json: string): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const char = json[at] ?? '';
    if (char === '"') at = closingQuote(json, at);
    else if (char === '[' || char === '{') depth++;
    else if (char === ']' || char === '}') depth--;
    else if (char === '-' || (char >= '0' && char <= '9')) {
      const start = at;
      while ('+-.eE0123456789'.includes(json[at + 1] ?? ' ')) at++;
      if (!Number.isFinite(Number(json.slice(start, at + 1)))) return true;
    }
    if (depth > 10_000) return true;
  }
  return false;
}

function closingQuote(json: string, open: number): number {
  let at = open + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}

function skipJsonSpaces(text: string, start: number, end: number): number {
  let at = start;
  for (; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x09 && code !== 0x0d && code !== 0x0a) break;
  }
  return at;
}

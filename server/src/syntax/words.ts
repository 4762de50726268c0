/** How BuildKit cuts arguments into words (`line_parsers.go`: parseWords, parseNameVal). */

import type { Escape, Span } from './ast.ts';
import { isBlank, isSpace, skipSpaces } from './chars.ts';
import { goQuote } from './goText.ts';

/** A `name value` or `name=value` of ENV or LABEL; spans into the given text. */
export interface NameValue {
  readonly name: Span;
  readonly value: Span;
  /** Where `=` stands; empty when the pair is written without. */
  readonly separator: Span;
}

export interface NameValues {
  readonly pairs: readonly NameValue[];
  /** BuildKit's text and what it is about; the pairs are those that are right. */
  readonly error: { readonly message: string; readonly span: Span } | null;
}

/** Words split at `[\t\v\f\r ]` (FROM, EXPOSE, COPY, …): neither quotes nor escapes count. */
export function splitAtBlanks(text: string, start: number, end: number): readonly Span[] {
  let words: Span[] | null = null;
  let at = start;
  while (at < end) {
    while (at < end && isBlank(text.charCodeAt(at))) at++;
    const from = at;
    while (at < end && !isBlank(text.charCodeAt(at))) at++;
    if (from < at) words = append(words, { start: from, end: at });
  }
  return words ?? [];
}

/** An empty array that grows gets room for 17 items at once; most lists of words have one. */
function append<T>(list: T[] | null, item: T): T[] {
  if (!list) return [item];
  list.push(item);
  return list;
}

/**
 * Words of ENV, LABEL and ARG. Quotes and escapes hold words together and stay in them; the escape
 * character means nothing between single quotes, and is dropped at the very end.
 */
export function readWords(
  text: string,
  start: number,
  end: number,
  token: Escape,
): readonly Span[] {
  const code = token.charCodeAt(0);
  let words: Span[] | null = null;
  let at = skipSpaces(text, start, end);
  while (at < end) {
    const from = at;
    let stop = end;
    let quote = 0;
    for (; at < end; at++) {
      const here = text.charCodeAt(at);
      if (here === code && quote !== 0x27) {
        if (at + 1 === end) stop = at;
        at++;
      } else if (quote) {
        if (here === quote) quote = 0;
      } else if (here === 0x27 || here === 0x22) quote = here;
      else if (isSpace(here)) break;
    }
    if (at < end) stop = at;
    if (from < stop) words = append(words, { start: from, end: stop });
    at = skipSpaces(text, at, end);
  }
  return words ?? [];
}

/** The pairs of ENV and LABEL. `key` is the instruction's name, for the message. */
export function readNameValues(
  text: string,
  start: number,
  end: number,
  token: Escape,
  key: string,
): NameValues {
  const words = readWords(text, start, end, token);
  const first = words[0];
  if (!first) return { pairs: [], error: null };
  if (findEquals(text, first) < 0) return readLegacy(text, start, end, key);
  let pairs: NameValue[] | null = null;
  let error: NameValues['error'] = null;
  for (const word of words) {
    const equals = findEquals(text, word);
    if (equals >= 0) {
      pairs = append(pairs, {
        name: { start: word.start, end: equals },
        value: { start: equals + 1, end: word.end },
        separator: { start: equals, end: equals + 1 },
      });
      continue;
    }
    const quoted = goQuote(text.slice(word.start, word.end));
    const message = `Syntax error - can't find = in ${quoted}. Must be of the form: name=value`;
    error ??= { message, span: word };
  }
  return { pairs: pairs ?? [], error };
}

/** `ENV name value`: the value is all behind the first blanks, as written. */
function readLegacy(text: string, start: number, end: number, key: string): NameValues {
  let blank = start;
  while (blank < end && !isBlank(text.charCodeAt(blank))) blank++;
  if (blank === end) {
    return {
      pairs: [],
      error: { message: `${key} must have two arguments`, span: { start, end } },
    };
  }
  let value = blank;
  while (value < end && isBlank(text.charCodeAt(value))) value++;
  const name = { start, end: blank };
  const separator = { start: value, end: value };
  return { pairs: [{ name, value: { start: value, end }, separator }], error: null };
}

function findEquals(text: string, word: Span): number {
  for (let at = word.start; at < word.end; at++) if (text.charCodeAt(at) === 0x3d) return at;
  return -1;
}

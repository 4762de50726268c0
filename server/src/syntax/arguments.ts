/** Arguments of an instruction, by the reader that BuildKit has for it (`line_parsers.go`). */

import type { Argument, Escape, Span } from './ast.ts';
import { isBlankByte, isSpace, utf8Bytes } from './chars.ts';
import { asSpan } from './joined.ts';
import { readJson } from './json.ts';
import { type NameValue, readNameValues, readWords, splitAtBlanks } from './words.ts';

/** How the arguments of an instruction are read; `sub`: they are an instruction themselves. */
export type Reader =
  | 'json-or-raw'
  | 'json-or-words'
  | 'words'
  | 'raw'
  | 'pairs'
  | 'shell-words'
  | 'sub'
  | 'health'
  | 'ignored';

/** The known instructions, lower case. */
export const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['run', 'json-or-raw'],
  ['copy', 'json-or-words'],
  ['env', 'pairs'],
  ['from', 'words'],
  ['arg', 'shell-words'],
  ['workdir', 'raw'],
  ['cmd', 'json-or-raw'],
  ['label', 'pairs'],
  ['entrypoint', 'json-or-raw'],
  ['expose', 'words'],
  ['user', 'raw'],
  ['add', 'json-or-words'],
  ['volume', 'json-or-words'],
  ['shell', 'json-or-raw'],
  ['maintainer', 'raw'],
  ['stopsignal', 'raw'],
  ['healthcheck', 'health'],
  ['onbuild', 'sub'],
]);

/** Trimmed text behind keyword and flags, and how it is put in its place in the source. */
export interface ArgumentText {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly escape: Escape;
  /** Upper case, for messages. */
  readonly name: string;
  readonly place: (start: number, end: number) => Span;
}

export interface Arguments {
  readonly args: readonly Argument[];
  readonly json: boolean;
  /** Why BuildKit refuses the file; the arguments are then the best that can be made of them. */
  readonly error: { readonly message: string; readonly span: Span } | null;
}

/** Reads all arguments but those of ONBUILD. */
export function readArguments(reader: Reader, input: ArgumentText): Arguments {
  const { text, start, end, place } = input;
  switch (reader) {
    case 'json-or-raw':
      return readJsonOr(input, start, rawArguments);
    case 'json-or-words':
      return readJsonOr(input, start, wordArguments);
    case 'words':
      return plain(wordArguments(input, start));
    case 'raw':
      return plain(rawArguments(input, start));
    case 'shell-words':
      return plain(slices(input, readWords(text, start, end, input.escape)));
    case 'pairs':
      return readPairs(input);
    case 'health':
      return readHealth(input);
    case 'sub':
    case 'ignored':
      return plain([{ value: '', span: place(start, end) }]);
  }
}

type Fallback = (input: ArgumentText, start: number) => readonly Argument[];

function plain(args: readonly Argument[]): Arguments {
  return { args, json: false, error: null };
}

function rawArguments({ text, end, place }: ArgumentText, start: number): readonly Argument[] {
  if (start >= end) return [];
  return [{ value: text.slice(start, end), span: place(start, end) }];
}

function wordArguments(input: ArgumentText, start: number): readonly Argument[] {
  return slices(input, splitAtBlanks(input.text, start, input.end));
}

function slices(input: ArgumentText, spans: readonly Span[]): readonly Argument[] {
  return spans.map((span) => slice(input, span));
}

function slice({ text, place }: ArgumentText, span: Span): Argument {
  const { start, end } = span;
  return { value: text.slice(start, end), span: place === asSpan ? span : place(start, end) };
}

function readJsonOr(input: ArgumentText, start: number, fallback: Fallback): Arguments {
  const { text, end, place } = input;
  const form = readJson(text, start, end);
  if (form.kind === 'none') return plain(fallback(input, start));
  if (form.kind === 'strings') {
    const args = form.strings.map((each) => ({
      value: each.value,
      span: place(each.start, each.end),
    }));
    return { args, json: true, error: null };
  }
  const message = 'when using JSON array syntax, arrays must be comprised of strings only';
  const error = { message, span: place(form.at, end) };
  return { args: fallback(input, start), json: false, error };
}

function partsOf(input: ArgumentText, pairs: readonly NameValue[]): readonly Argument[] {
  const [first] = pairs;
  const of = (pair: NameValue) => [
    slice(input, pair.name),
    slice(input, pair.value),
    slice(input, pair.separator),
  ];
  return first && pairs.length === 1 ? of(first) : pairs.flatMap(of);
}

/** Name, value and separator of each pair, one after the other, as in BuildKit's chain. */
function readPairs(input: ArgumentText): Arguments {
  const { text, start, end, name, place } = input;
  const { pairs, error } = readNameValues(text, start, end, input.escape, name);
  const args = partsOf(input, pairs);
  if (!error) return plain(args);
  const span = place(error.span.start, error.span.end);
  return { args, json: false, error: { message: error.message, span } };
}

/** The text from `at` on, with U+FFFD for its first characters: broken bytes that are left over. */
export function breakText<T extends Pick<ArgumentText, 'text' | 'start' | 'end' | 'place'>>(
  input: T,
  at: number,
  orphans: number,
): T {
  const { end, place } = input;
  const text = '\ufffd'.repeat(orphans) + input.text.slice(at + orphans, end);
  const shifted = (from: number, to: number): Span => place(from + at, to + at);
  return { ...input, text, start: 0, end: end - at, place: shifted };
}

/** HEALTHCHECK: a type, split off byte by byte like flags, then JSON or one raw text. */
function readHealth(input: ArgumentText): Arguments {
  const { text, start, end, place } = input;
  let at = start;
  while (at < end) {
    const code = text.codePointAt(at) ?? 0;
    if (code < 0x80 ? isSpace(code) : utf8Bytes(code).some(isBlankByte)) break;
    at += code > 0xffff ? 2 : 1;
  }
  if (at === start && (at === end || text.charCodeAt(at) < 0x80)) return plain([]);
  let value = text.slice(start, at);
  let typeEnd = at;
  const code = text.codePointAt(at) ?? 0;
  let patched = input;
  if (at < end && code >= 0x80) {
    // The character is cut apart: what is left of it on either side is broken UTF-8.
    const bytes = utf8Bytes(code);
    const blank = bytes.findIndex(isBlankByte);
    value += '\ufffd'.repeat(blank);
    at += code > 0xffff ? 2 : 1;
    typeEnd = at;
    const left = bytes.slice(blank).findIndex((byte) => !isBlankByte(byte));
    if (left > 0) {
      const orphans = bytes.length - blank - left;
      at -= orphans;
      typeEnd = at;
      patched = breakText(input, at, orphans);
    }
  }
  while (at < end && text.charCodeAt(at) < 0x80 && isSpace(text.charCodeAt(at))) at++;
  const type = { value, span: place(start, typeEnd) };
  const command = readJsonOr(patched, patched === input ? at : 0, rawArguments);
  return { ...command, args: [type, ...command.args] };
}

/**
 * Bodies of heredocs (BuildKit `parser.go`, Parse). Where the terminator is missing BuildKit takes
 * the rest of the file and refuses it. Here, so that what follows keeps its marks while somebody is
 * typing, the body ends before the next line that opens with an instruction.
 */

import { readers } from './arguments.ts';
import type { Heredoc, Span } from './ast.ts';
import { isBlank, skipSpaces } from './chars.ts';
import type { FoundHeredoc } from './heredocs.ts';
import { type LineCursor, nextLine } from './lines.ts';

export interface Bodies {
  readonly heredocs: readonly Heredoc[];
  /** The heredoc that has no end in BuildKit's eyes, and the last line that it looked at. */
  readonly unterminated: { readonly heredoc: FoundHeredoc; readonly lastLine: number } | null;
}

/** What is known of the whole text once one terminator was not found, so that all stays linear. */
export interface TerminatorIndex {
  /** Line content → start of the last such line; the second without leading tabs. */
  readonly last: Map<string, number>;
  readonly lastChomped: Map<string, number>;
  /** Numbers of the lines that are longer than BuildKit reads. */
  readonly tooLong: number[];
  lines: number;
}

export interface BodyReader {
  readonly cursor: LineCursor;
  index: TerminatorIndex | null;
}

/**
 * Reads the bodies that follow the cursor's line. `keyword` is the instruction's, as written: it
 * shows how instructions are written in this file. `cutOff`: BuildKit reads no further anyway.
 */
export function readBodies(
  reader: BodyReader,
  found: readonly FoundHeredoc[],
  keyword: string,
  cutOff: boolean,
): Bodies {
  const { cursor } = reader;
  const heredocs: Heredoc[] = [];
  let unterminated: Bodies['unterminated'] = null;
  let missing = false;
  for (const heredoc of found) {
    // Cut off: the cursor is on the line that is too long, and BuildKit before it.
    const before = cursor.number - (cutOff ? 1 : 0);
    const known = missing || isKnownMissing(reader, heredoc);
    const body = known ? null : readBody(cursor, heredoc);
    if (body) {
      heredocs.push(asHeredoc(cursor.text, heredoc, body.content, body.terminator));
      const stop = cutOff ? before : body.longLine;
      if (stop !== null) unterminated ??= { heredoc, lastLine: stop };
      continue;
    }
    if (!missing) {
      const index = indexTerminators(reader);
      const longLine = index.tooLong.find((line) => line > before);
      const lastLine = longLine ? longLine - 1 : index.lines;
      unterminated ??= { heredoc, lastLine };
    }
    const content = missing ? emptyBody(cursor) : readOpenBody(cursor, keyword);
    heredocs.push(asHeredoc(cursor.text, heredoc, content, null));
    missing = true;
  }
  return { heredocs, unterminated };
}

function asHeredoc(
  text: string,
  { name, fd, expand, chomp }: FoundHeredoc,
  contentSpan: Span,
  terminatorSpan: Span | null,
): Heredoc {
  const content = text.slice(contentSpan.start, contentSpan.end);
  return { name, fd, expand, chomp, content, contentSpan, terminatorSpan };
}

interface Body {
  readonly content: Span;
  readonly terminator: Span;
  /** The line before the first that is too long, where BuildKit stops; null when none is. */
  readonly longLine: number | null;
}

/** Reads up to the terminator. Without one the cursor stays where it is. */
function readBody(cursor: LineCursor, { name, chomp }: FoundHeredoc): Body | null {
  const { text, number, start, end, next } = cursor;
  let longLine: number | null = null;
  while (nextLine(cursor)) {
    if (cursor.tooLong) longLine ??= cursor.number - 1;
    const from = chomp ? skipTabs(text, cursor.start, cursor.end) : cursor.start;
    if (cursor.end - from !== name.length || !text.startsWith(name, from)) continue;
    const content = { start: next, end: cursor.start };
    return { content, terminator: { start: cursor.start, end: cursor.end }, longLine };
  }
  Object.assign(cursor, { number, start, end, next, tooLong: false });
  return null;
}

/**
 * Reads up to the next line that opens with an instruction; blank and comment lines before it stay
 * outside. The body is without its last line end, so that it stays inside the instruction.
 */
function readOpenBody(cursor: LineCursor, keyword: string): Span {
  const { text, next: bodyStart } = cursor;
  let { number, start, end, next } = cursor;
  while (nextLine(cursor) && !opensInstruction(cursor, keyword)) {
    const first = skipSpaces(text, cursor.start, cursor.end);
    if (first === cursor.end || text.charCodeAt(first) === 0x23) continue;
    ({ number, start, end, next } = cursor);
  }
  Object.assign(cursor, { number, start, end, next, tooLong: false });
  return end < bodyStart ? emptyBody(cursor) : { start: bodyStart, end };
}

function emptyBody({ end }: LineCursor): Span {
  return { start: end, end };
}

/**
 * True for a line that starts, not indented, with an instruction in the same case as `keyword`:
 * `from x import y` in a script does not look like one where instructions are in capitals.
 */
function opensInstruction({ text, start, end }: LineCursor, keyword: string): boolean {
  let stop = start;
  while (stop < end && stop - start < 12 && !isBlank(text.charCodeAt(stop))) stop++;
  if (stop < end && !isBlank(text.charCodeAt(stop))) return false;
  const word = text.slice(start, stop);
  const lower = word.toLowerCase();
  if (!readers.has(lower)) return false;
  const upper = word.toUpperCase();
  if (keyword === keyword.toUpperCase()) return word === upper;
  return keyword !== keyword.toLowerCase() || word === lower;
}

function isKnownMissing({ index, cursor }: BodyReader, { name, chomp }: FoundHeredoc): boolean {
  if (!index) return false;
  const last = (chomp ? index.lastChomped : index.last).get(name);
  return last === undefined || last < cursor.next;
}

function indexTerminators(reader: BodyReader): TerminatorIndex {
  if (reader.index) return reader.index;
  const { number, text } = reader.cursor;
  const index: TerminatorIndex = {
    last: new Map(),
    lastChomped: new Map(),
    tooLong: reader.cursor.tooLong ? [number] : [],
    lines: number,
  };
  const cursor = { ...reader.cursor };
  while (nextLine(cursor)) {
    if (cursor.tooLong) index.tooLong.push(cursor.number);
    const unindented = skipTabs(text, cursor.start, cursor.end);
    index.last.set(text.slice(cursor.start, cursor.end), cursor.start);
    index.lastChomped.set(text.slice(unindented, cursor.end), cursor.start);
  }
  index.lines = cursor.number;
  reader.index = index;
  return index;
}

function skipTabs(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && text.charCodeAt(at) === 0x09) at++;
  return at;
}

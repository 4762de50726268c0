/**
 * Parser directives (BuildKit `directives.go`). There are two readers. The parser's own is for
 * `escape`; it takes indented lines. The detector is for `syntax` and `check`; it takes none, but
 * skips a `#!` line and reads `// syntax=` and JSON too. Both stop at the first other line.
 */

import type { Directive } from './ast.ts';
import { skipSpaces } from './chars.ts';
import { parseGoJson } from './json.ts';
import { nextLine, openLines } from './lines.ts';

/** One directive line. `value` is the whole one; only a prefix of it may count. */
export interface DirectiveLine extends Directive {
  /** 1-based. */
  readonly line: number;
}

/** What a reader remembers from line to line. */
export interface DirectiveState {
  readonly seen: string[];
  /** A line that is no directive ends directive reading for good. */
  done: boolean;
}

/** A directive, with BuildKit's text where it is an error. */
export interface DirectiveReading {
  readonly directive: Directive;
  readonly error: string | null;
}

/** Reads one line as directive; null when it is none, which ends directive reading. */
export function readDirective(
  state: DirectiveState,
  text: string,
  start: number,
  end: number,
  comment: string,
): DirectiveReading | null {
  if (state.done) return null;
  const directive = matchDirective(text, start, end, comment);
  if (!directive) {
    state.done = true;
    return null;
  }
  const { name } = directive;
  const error = state.seen.includes(name) ? `only one ${name} parser directive can be used` : null;
  state.seen.push(name);
  return { directive, error };
}

/** All directives of a text, up to the first error (BuildKit: ParseAll). */
export function readDirectives(text: string): {
  readonly directives: readonly DirectiveLine[];
  readonly error: string | null;
} {
  return readAll(text, noStart, '#');
}

function readAll(text: string, from: Start, comment: string): ReturnType<typeof readDirectives> {
  const state = { seen: [], done: false };
  const directives: DirectiveLine[] = [];
  const lines = openLines(text);
  lines.next = from.offset;
  lines.number = from.line;
  while (nextLine(lines) && !lines.tooLong) {
    const reading = readDirective(state, text, lines.start, lines.end, comment);
    if (!reading) break;
    if (reading.error) return { directives, error: reading.error };
    const { name, value, span, valueSpan } = reading.directive;
    directives.push({ name, value, span, valueSpan, line: lines.number });
  }
  return { directives, error: null };
}

/** A directive that the detector found. */
export interface Detected {
  /** What counts: the text up to the first blank. `valueSpan` covers it. */
  readonly directive: Directive;
  /** The whole value. */
  readonly whole: string;
  /** 1-based; of a JSON file: 0, or 1 behind a `#!` line. */
  readonly line: number;
}

/** The frontend image that a file asks for, in any of the three notations (DetectSyntax). */
export function detectSyntax(text: string): Detected | null {
  const start = detectorStart(text);
  return (
    detect(text, start, 'syntax', '#') ??
    detect(text, start, 'syntax', '//') ??
    detectJsonSyntax(text, start)
  );
}

/** The options of the build checks that a file sets (ParseDirective). */
export function detectCheck(text: string): Detected | null {
  return detect(text, detectorStart(text), 'check', '#');
}

function detect(
  text: string,
  from: Start,
  name: Directive['name'],
  comment: string,
): Detected | null {
  if (!text.startsWith(comment, from.offset)) return null;
  const { directives } = readAll(text, from, comment);
  const found = directives.find((each) => each.name === name);
  if (!found) return null;
  const { line, span, value: whole, valueSpan } = found;
  const blank = whole.indexOf(' ');
  const value = blank < 0 ? whole : whole.slice(0, blank);
  const { start } = valueSpan;
  const directive = { name, value, span, valueSpan: { start, end: start + value.length } };
  return { directive, whole, line };
}

function detectJsonSyntax(text: string, { offset, line }: Start): Detected | null {
  const start = skipSpaces(text, offset, text.length);
  if (text[start] !== '{') return null;
  const value = parseGoJson(text.slice(offset));
  if (typeof value !== 'object' || value === null || !('syntax' in value)) return null;
  if (!Object.hasOwn(value, 'syntax') || typeof value.syntax !== 'string') return null;
  const span = { start, end: text.length };
  const directive = { name: 'syntax', value: value.syntax, span, valueSpan: span } as const;
  return { directive, whole: value.syntax, line };
}

interface Start {
  readonly offset: number;
  /** Number of the line before. */
  readonly line: number;
}

const noStart: Start = { offset: 0, line: 0 };

/** Behind a BOM and a `#!` line. */
function detectorStart(text: string): Start {
  const offset = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  if (!text.startsWith('#!', offset)) return { offset, line: 0 };
  const feed = text.indexOf('\n', offset);
  return { offset: feed < 0 ? text.length : feed + 1, line: 1 };
}

const names: ReadonlySet<string> = new Set(['syntax', 'escape', 'check']);

/** `^#\s*name\s*=\s*(.+?)\s*$`. A value of nothing but blanks is its last blank, as in BuildKit. */
function matchDirective(
  text: string,
  start: number,
  end: number,
  comment: string,
): Directive | null {
  if (end < start + comment.length || !text.startsWith(comment, start)) return null;
  const nameStart = skipSpaces(text, start + comment.length, end);
  let at = nameStart;
  while (at < end && isNameChar(text.charCodeAt(at), at === nameStart)) at++;
  const name = text.slice(nameStart, at).toLowerCase();
  if (!names.has(name)) return null;
  at = skipPatternSpaces(text, at, end);
  if (at >= end || text.charCodeAt(at) !== 0x3d) return null;
  let from = skipPatternSpaces(text, at + 1, end);
  if (from === end) from--;
  if (from === at) return null;
  let to = end;
  while (to > from + 1 && isPatternSpace(text.charCodeAt(to - 1))) to--;
  return {
    name: name as Directive['name'],
    value: text.slice(from, to),
    span: { start, end },
    valueSpan: { start: from, end: to },
  };
}

function isNameChar(code: number, first: boolean): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (!first && code >= 0x30 && code <= 0x39);
}

/** Go's `\s`. */
function isPatternSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0c || code === 0x0d;
}

function skipPatternSpaces(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && isPatternSpace(text.charCodeAt(at))) at++;
  return at;
}

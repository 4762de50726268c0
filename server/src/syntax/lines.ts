/**
 * Physical and logical lines (BuildKit `parser.go`: scanLines, processLine,
 * trimContinuationCharacter). One pass, one place in the text; nothing is copied but joined lines.
 */

import type { Escape, JoinedText, Span } from './ast.ts';
import { skipSpaces, trimSpaces, utf8Length } from './chars.ts';

/** BuildKit refuses a line with more bytes than this before its line end. */
export const maxLineBytes = 65535;

/** A place in the text, moved on by `nextLine`. */
export interface LineCursor {
  readonly text: string;
  /** 1-based number of the current line; 0 before the first. */
  number: number;
  /** Content of the current line, without its line end (all CR and LF at the end). */
  start: number;
  end: number;
  /** Start of the next line. */
  next: number;
  /** The current line is longer than BuildKit reads. */
  tooLong: boolean;
}

export interface LogicalLine {
  readonly joined: JoinedText;
  /**
   * The same to read from: `joined.text`; or, of a line that is not continued, the whole source,
   * since text that is cut out of it is slower to read.
   */
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly innerComments: readonly Span[];
  /** The first empty line inside, its line end included; null when there is none. */
  readonly emptyLine: Span | null;
  /** Number of its first line. */
  readonly firstLine: number;
  /** Number of the last line that belongs to it, and that line's end. */
  readonly lastLine: number;
  readonly end: number;
  /** It was cut off by a line that is longer than BuildKit reads: the cursor's current one. */
  readonly cutOff: boolean;
}

/** A cursor before the first line. */
export function openLines(text: string): LineCursor {
  return { text, number: 0, start: 0, end: 0, next: 0, tooLong: false };
}

/** Moves to the next line; false at the end of the text. Only LF ends a line. */
export function nextLine(cursor: LineCursor): boolean {
  const { text, next } = cursor;
  if (next >= text.length) return false;
  const feed = text.indexOf('\n', next);
  const stop = feed < 0 ? text.length : feed;
  let end = stop;
  while (end > next && text.charCodeAt(end - 1) === 0x0d) end--;
  cursor.number++;
  cursor.start = next;
  cursor.end = end;
  cursor.next = feed < 0 ? stop : feed + 1;
  // A UTF-16 unit takes three bytes at most, so that most lines need no count.
  cursor.tooLong = (stop - next) * 3 > maxLineBytes && utf8Length(text, next, stop) > maxLineBytes;
  return true;
}

/**
 * Offset of the escape character that makes a line go on, or -1. It must be the last thing but
 * blanks and tabs, and must not follow another one: `\\` and `\\\` do not continue (BuildKit's
 * `lineContinuationRegex`).
 */
function continuationAt(text: string, start: number, end: number, token: number): number {
  let at = end - 1;
  while (at >= start && (text.charCodeAt(at) === 0x20 || text.charCodeAt(at) === 0x09)) at--;
  if (at < start || text.charCodeAt(at) !== token) return -1;
  return at > start && text.charCodeAt(at - 1) === token ? -1 : at;
}

/** Joins the current line, whose content starts at `start`, with the lines that continue it. */
export function readLogicalLine(cursor: LineCursor, start: number, token: Escape): LogicalLine {
  const { text, number: firstLine } = cursor;
  const code = token.charCodeAt(0);
  let at = continuationAt(text, start, cursor.end, code);
  let length = (at < 0 ? cursor.end : at) - start;
  const first = text.slice(start, start + length);
  const pieces = [{ at: 0, source: start, length }];
  if (at < 0) {
    const { end } = cursor;
    return {
      joined: { text: first, pieces },
      text,
      from: start,
      to: end,
      innerComments: none,
      emptyLine: null,
      firstLine,
      lastLine: firstLine,
      end,
      cutOff: false,
    };
  }
  const parts = [first];
  let lastLine = firstLine;
  let { end } = cursor;
  let innerComments: Span[] | null = null;
  let emptyLine: Span | null = null;
  let cutOff = false;
  while (at >= 0 && nextLine(cursor)) {
    if (cursor.tooLong) {
      cutOff = true;
      break;
    }
    lastLine = cursor.number;
    end = cursor.end;
    const content = skipSpaces(text, cursor.start, cursor.end);
    if (content === cursor.end) {
      emptyLine ??= { start: cursor.start, end: cursor.next };
      continue;
    }
    if (text.charCodeAt(content) === 0x23) {
      innerComments ??= [];
      innerComments.push({ start: content, end: cursor.end });
      continue;
    }
    at = continuationAt(text, cursor.start, cursor.end, code);
    const stop = at < 0 ? cursor.end : at;
    if (stop === cursor.start) continue;
    pieces.push({ at: length, source: cursor.start, length: stop - cursor.start });
    parts.push(text.slice(cursor.start, stop));
    length += stop - cursor.start;
  }
  const joined = parts.join('');
  return {
    joined: { text: joined, pieces },
    text: joined,
    from: 0,
    to: length,
    innerComments: innerComments ?? none,
    emptyLine,
    firstLine,
    lastLine,
    end,
    cutOff,
  };
}

/**
 * What BuildKit keeps of a comment line: the text behind its first byte, trimmed. An indented
 * comment keeps its `#`. (A first character of several bytes leaves broken ones behind.)
 */
export function commentText(text: string, start: number, end: number): string {
  const to = trimSpaces(text, start + 1, end);
  const code = text.charCodeAt(start);
  if (code < 0x80) return text.slice(skipSpaces(text, start + 1, to), to);
  return '\ufffd'.repeat(code < 0x800 ? 1 : 2) + text.slice(start + 1, to);
}

const none: readonly Span[] = [];

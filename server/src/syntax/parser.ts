/**
 * Text → syntax tree, as BuildKit's parser makes it (`frontend/dockerfile/parser/parser.go`), and
 * further: where BuildKit stops at the first error, the error is reported and the rest is read.
 * Never throws; time is linear in the length of the text.
 */

import type {
  Directive,
  Dockerfile,
  Escape,
  Heredoc,
  Instruction,
  Lines,
  Problem,
  Span,
} from './ast.ts';
import { skipSpaces } from './chars.ts';
import { type DirectiveState, detectCheck, detectSyntax, readDirective } from './directives.ts';
import { type BodyReader, readBodies } from './heredocBodies.ts';
import { findHeredocs } from './heredocs.ts';
import { sourceSpan } from './joined.ts';
import {
  commentText,
  type LineCursor,
  type LogicalLine,
  maxLineBytes,
  nextLine,
  openLines,
  readLogicalLine,
} from './lines.ts';
import { type Node, readNode } from './node.ts';
import { unchangedStart } from './resume.ts';

interface State {
  readonly text: string;
  readonly cursor: LineCursor;
  readonly bodies: BodyReader;
  readonly strict: DirectiveState;
  readonly directives: Directive[];
  readonly instructions: Instruction[];
  readonly problems: Problem[];
  readonly comments: Span[];
  escape: Escape;
  /** Comment lines since the last instruction. */
  collected: string[];
  /** BuildKit would have said by now that there are no instructions. */
  saidEmpty: boolean;
}

/**
 * Reads a whole Dockerfile. The instructions are all there, also those behind an error. `before`, an
 * earlier version of the text, saves time and changes nothing: what stands before the edit is taken
 * over.
 */
export function parse(text: string, before: Dockerfile | null = null): Dockerfile {
  const cursor = openLines(text);
  const state: State = {
    text,
    cursor,
    bodies: { cursor, index: null },
    strict: { seen: [], done: false },
    directives: [],
    instructions: [],
    problems: [],
    comments: [],
    escape: '\\',
    collected: [],
    saidEmpty: false,
  };
  for (const found of [detectSyntax(text), detectCheck(text)]) {
    if (found) state.directives.push(found.directive);
  }
  const kept = before && unchangedStart(before, text);
  if (before && kept) {
    state.instructions.push(...kept.instructions);
    state.comments.push(...kept.comments);
    state.directives.push(...before.directives.filter(({ name }) => name === 'escape'));
    state.escape = before.escape;
    state.strict.done = true;
    cursor.number = kept.line;
    cursor.next = kept.next;
  }
  while (nextLine(cursor)) {
    if (cursor.tooLong) {
      reportLongLine(state, { start: cursor.start, end: cursor.end }, cursor.number - 1);
      state.strict.done = true;
    } else readLine(state);
  }
  if (!state.instructions.length && !state.saidEmpty) {
    const span = { start: cursor.start, end: cursor.end };
    refuse(state, 'no-instructions', noInstructions, span, {
      start: cursor.number,
      end: cursor.number,
    });
  }
  const { directives, instructions, problems, comments } = state;
  if (directives.length > 1) directives.sort((one, other) => one.span.start - other.span.start);
  if (problems.length > 1) problems.sort((one, other) => one.span.start - other.span.start);
  return { text, escape: state.escape, directives, instructions, problems, comments };
}

/** A line outside instructions: blank, comment, directive, or the start of an instruction. */
function readLine(state: State): void {
  const { text, cursor } = state;
  if (cursor.number === 1 && text.charCodeAt(0) === 0xfeff) cursor.start = 1;
  const { start, end } = cursor;
  const first = skipSpaces(text, start, end);
  if (first < end && text.charCodeAt(first) === 0x23) {
    if (!state.strict.done && takeDirective(state, first)) return;
    const comment = commentText(text, start, end);
    if (comment) state.collected.push(comment);
    else state.collected = [];
    if (!state.directives.some((each) => each.span.start === first)) {
      state.comments.push({ start: first, end });
    }
    return;
  }
  state.strict.done = true;
  if (first < end) readInstruction(state, first);
}

function takeDirective(state: State, start: number): boolean {
  const { text, cursor, strict } = state;
  const reading = readDirective(strict, text, start, cursor.end, '#');
  if (!reading) return false;
  const { directive, error } = reading;
  // BuildKit has not counted the line yet when it stops at a directive.
  const lines = { start: cursor.number - 1, end: cursor.number - 1 };
  if (error) {
    refuse(state, 'directive-repeated', error, directive.span, lines);
  } else if (directive.name === 'escape') {
    const { value, valueSpan } = directive;
    if (value === '\\' || value === '`') {
      state.escape = value;
      state.directives.push(directive);
    } else {
      const message = `invalid escape token '${value}' does not match \` or \\`;
      refuse(state, 'escape-invalid', message, valueSpan, lines);
    }
  }
  return true;
}

function readInstruction(state: State, start: number): void {
  const { cursor } = state;
  const line = readLogicalLine(cursor, start, state.escape);
  const { joined, emptyLine, innerComments } = line;
  if (emptyLine) {
    const message = `Empty continuation line found in: ${joined.text}`;
    state.problems.push({
      code: 'empty-continuation',
      severity: 'warning',
      message,
      span: emptyLine,
    });
  }
  const longLine = line.cutOff ? { start: cursor.start, end: cursor.end } : null;
  const node = readNode(line, state.escape);
  if (node.error) {
    const lines = { start: line.firstLine, end: line.lastLine };
    refuse(state, 'arguments', node.error.message, node.error.span, lines);
  }
  const refusals = state.problems.length;
  const heredocs = canHaveHeredoc(node) ? readHeredocs(state, line, node.keyword) : noHeredocs;
  state.instructions.push({
    span: { start, end: heredocs.length ? cursor.end : line.end },
    lines: { start: line.firstLine, end: heredocs.length ? cursor.number : line.lastLine },
    keyword: node.keyword,
    name: node.name,
    keywordSpan: node.keywordSpan,
    flags: node.flags,
    args: node.args,
    json: node.json,
    joined,
    heredocs,
    comments: state.collected.length ? state.collected : noComments,
    innerComments,
    trigger: node.trigger,
    refused: node.error !== null,
  });
  if (state.collected.length) state.collected = [];
  // BuildKit reads heredocs first, and then finds them unterminated because of the same line.
  if (longLine && refusals === state.problems.length) {
    reportLongLine(state, longLine, line.lastLine);
  }
}

const noHeredocs: readonly Heredoc[] = [];
const noComments: readonly string[] = [];

/** RUN, COPY and ADD take heredocs, and ONBUILD of these; not in exec form. */
function canHaveHeredoc(node: Node): boolean {
  if (node.error) return false;
  const inner = node.name === 'ONBUILD' ? node.trigger : node;
  return inner !== null && heredocNames.has(inner.name) && !inner.json;
}

const heredocNames: ReadonlySet<string> = new Set(['RUN', 'COPY', 'ADD']);

function readHeredocs(state: State, line: LogicalLine, keyword: string): readonly Heredoc[] {
  const { joined, firstLine, lastLine, cutOff } = line;
  const found = findHeredocs(joined.text);
  if (found.error) {
    const start = Math.max(joined.text.indexOf('<<'), 0);
    const span = sourceSpan(joined, start, joined.text.length);
    refuse(state, 'heredoc-delimiter', found.error, span, { start: firstLine, end: lastLine });
  }
  if (!found.heredocs.length) return noHeredocs;
  const { heredocs, unterminated } = readBodies(state.bodies, found.heredocs, keyword, cutOff);
  if (unterminated) {
    const { heredoc, lastLine } = unterminated;
    const at = joined.text.indexOf(heredoc.word);
    const start = Math.max(at, 0);
    const end = at < 0 ? joined.text.length : at + heredoc.word.length;
    const lines = { start: firstLine, end: lastLine };
    const message = 'unterminated heredoc';
    refuse(state, 'heredoc-unterminated', message, sourceSpan(joined, start, end), lines);
  }
  return heredocs;
}

/** A line beyond BuildKit's limit. It is skipped; `before` is the number of the line before it. */
function reportLongLine(state: State, span: Span, before: number): void {
  const lines = { start: before, end: before };
  if (state.instructions.length || state.saidEmpty) {
    const message = `dockerfile line greater than max allowed size of ${maxLineBytes}`;
    refuse(state, 'line-too-long', message, span, lines);
    return;
  }
  state.saidEmpty = true;
  refuse(state, 'line-too-long', noInstructions, span, lines);
}

const noInstructions = 'file with no instructions';

/** Everything that makes BuildKit's parser stop: its text, then ours. */
function refuse(state: State, code: Code, message: string, span: Span, lines: Lines): void {
  state.problems.push({
    code,
    severity: 'error',
    message: `${message}\n${explain(code, message)}`,
    span,
    buildkit: { phase: 'parser', message, lines },
  });
}

type Code =
  | 'directive-repeated'
  | 'escape-invalid'
  | 'arguments'
  | 'heredoc-delimiter'
  | 'heredoc-unterminated'
  | 'line-too-long'
  | 'no-instructions';

function explain(code: Code, message: string): string {
  switch (code) {
    case 'directive-repeated':
      return 'Each parser directive may stand only once in a file.';
    case 'escape-invalid':
      return 'The escape character of a Dockerfile is a backslash or a backtick.';
    case 'heredoc-delimiter':
      return 'The word behind << cannot be read as the name of a heredoc.';
    case 'heredoc-unterminated':
      return 'No line of its own behind this instruction repeats the name of the heredoc, which would end it.';
    case 'line-too-long':
      return `The builder reads no line of more than ${maxLineBytes} bytes, so the build stops here.`;
    case 'no-instructions':
      return 'A Dockerfile needs at least a FROM instruction.';
    case 'arguments':
      if (message.startsWith('when using JSON')) {
        return 'Text in square brackets that is valid JSON must be a list of strings in double quotes.';
      }
      if (message.startsWith('Syntax error')) {
        return 'Once the first word has a =, every word must; put quotes around a value with blanks.';
      }
      return 'A name needs a value: write name=value.';
  }
}

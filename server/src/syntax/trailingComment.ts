/**
 * Comments behind an instruction, as in `FROM ubuntu:20.04  # base image`. A Dockerfile has no such
 * comments: BuildKit refuses the line, or takes the words for arguments without a word. Only the
 * shell form of RUN, CMD, ENTRYPOINT and HEALTHCHECK may have them, since shells know them.
 */

import type { Dockerfile, Escape, Instruction, Problem, Span } from './ast.ts';
import { trimSpaces } from './chars.ts';
import { type Found, jsonIsShell, locate } from './commentPlace.ts';
import { expand } from './expand.ts';
import { sourceOffset } from './joined.ts';
import { readPort } from './ports.ts';
import type { CommandReading } from './readCommand.ts';
import { signalError } from './signals.ts';

/** What a quick fix needs to put the comment on a line of its own. */
export interface TrailingComment {
  /** From `#` to the end of the line; an escape character that continues the line stays outside. */
  readonly span: Span;
  /** What to delete: the comment with the blanks around it that are no longer needed. */
  readonly removal: Span;
  /** The comment, `#` included. */
  readonly text: string;
  /** Start of the line that the comment stands on: put `indent`, `text` and a line end there. */
  readonly insertAt: number;
  /** White space in front of that line. */
  readonly indent: string;
}

export interface CommentFinding {
  readonly edit: TrailingComment;
  readonly problem: Problem;
  /** The comment is why BuildKit refuses the instruction; its refusal needs no problem of its own. */
  readonly explains: boolean;
}

/** The first comment behind an instruction; null: none, or one that a shell will read. */
export function trailingComment(
  dockerfile: Dockerfile,
  instruction: Instruction,
): TrailingComment | null {
  const found = locate(instruction, dockerfile.escape);
  return found ? editOf(dockerfile.text, found) : null;
}

/**
 * The same with a problem that says what BuildKit makes of it. `reading` is what was read of the
 * instruction; null where the parser refuses it. `explains` tells whether to drop that refusal.
 */
export function findTrailingComment(
  dockerfile: Dockerfile,
  instruction: Instruction,
  reading: CommandReading | null,
): CommentFinding | null {
  const found = locate(instruction, dockerfile.escape);
  if (!found) return null;
  const edit = editOf(dockerfile.text, found);
  const early = earlyRefusal(dockerfile, found, reading);
  const late = early === null ? lateRefusal(found, dockerfile.escape) : null;
  const refusal = early ?? late;
  const meaning = `${explain(found, refusal !== null)} ${advice}`;
  const problem: Problem = {
    code: 'trailing-comment',
    severity: refusal === null ? 'warning' : 'error',
    message: refusal === null ? meaning : `${refusal}\n${meaning}`,
    span: edit.span,
  };
  return { edit, problem, explains: early !== null };
}

const advice = 'A comment in a Dockerfile needs a line of its own; move it to the line above.';

function editOf(text: string, { joined, at }: Found): TrailingComment {
  const start = sourceOffset(joined, at);
  const piece = joined.pieces.findLast((each) => each.source <= start);
  const pieceEnd = piece ? piece.source + piece.length : start + 1;
  const continued = piece !== undefined && piece !== joined.pieces.at(-1);
  const end = trimSpaces(text, start, pieceEnd);
  const newline = text.indexOf('\n', pieceEnd);
  let lineEnd = newline < 0 ? text.length : newline;
  while (lineEnd > end && text[lineEnd - 1] === '\r') lineEnd--;
  const bom = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const insertAt = Math.max(text.lastIndexOf('\n', start - 1) + 1, bom);
  const blanks = /^[\t ]*/.exec(text.slice(insertAt, start))?.[0] ?? '';
  // A continued line keeps the blanks in front, which part it from the next.
  const removal = continued
    ? { start, end: pieceEnd }
    : { start: trimSpaces(text, insertAt, start), end: lineEnd };
  return { span: { start, end }, removal, text: text.slice(start, end), insertAt, indent: blanks };
}

const explained: ReadonlySet<string> = new Set(['argument-count', 'stage-name', 'shell-form']);

/** BuildKit's text when it refuses the instruction because of the comment. */
function earlyRefusal(
  { problems }: Dockerfile,
  { instruction, onbuild, joined, at }: Found,
  reading: CommandReading | null,
): string | null {
  if (reading) return reading.ok || onbuild || !explained.has(reading.code) ? null : reading.error;
  const start = sourceOffset(joined, at);
  const { end } = instruction.span;
  const from = firstFrom(problems, start);
  const problem = problems[from];
  return problem?.code === 'arguments' && problem.span.start < end
    ? (problem.buildkit?.message ?? null)
    : null;
}

/** Index of the first problem at `start` or behind it; problems are in source order. */
function firstFrom(problems: readonly Problem[], start: number): number {
  let low = 0;
  let high = problems.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((problems[middle]?.span.start ?? 0) < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** BuildKit's text when it will refuse the instruction once its stage is evaluated. */
function lateRefusal({ instruction, onbuild, form }: Found, escapeChar: Escape): string | null {
  const { name, args } = instruction;
  if (onbuild || (form === 'json' && jsonIsShell.has(name))) return null;
  const known = { get: () => 'x' };
  const values = args.map((each) => each.value);
  const expanded: string[] = [];
  for (const value of name === 'EXPOSE' ? values.sort() : values) {
    const result = expand(value, known, { escape: escapeChar });
    if (!result.ok) return result.error;
    if (name === 'EXPOSE') expanded.push(...result.words);
    else expanded.push(result.value);
  }
  if (name === 'STOPSIGNAL') return signalError(expanded[0] ?? '');
  if (name !== 'EXPOSE') return null;
  for (const word of expanded) {
    const port = readPort(word);
    if (!port.ok) return port.error;
  }
  return null;
}

/** What BuildKit makes of the comment, in full sentences. */
function explain({ instruction, form }: Found, refused: boolean): string {
  const { name, args } = instruction;
  if (form === 'json') {
    if (name === 'SHELL')
      return 'With text behind the bracket this is no longer the list that SHELL needs.';
    return jsonIsShell.has(name)
      ? 'With text behind the bracket this is no longer the exec form: BuildKit gives all of it to the shell, brackets included.'
      : 'With text behind the bracket this is no longer a list: BuildKit splits the line at blanks and takes brackets and quotes as parts of names.';
  }
  if (form === 'legacy') return 'BuildKit takes this as part of the value.';
  switch (name) {
    case 'COPY':
    case 'ADD': {
      const last = args.at(-1)?.value ?? '';
      return `BuildKit takes \`${last}\` as the destination and every word before it as a source, so the build stops unless files of these names exist.`;
    }
    case 'ENV':
    case 'LABEL':
      return refused
        ? 'BuildKit takes every word of this as another name=value.'
        : `BuildKit sets every word of this as another ${name === 'ENV' ? 'variable' : 'label'}.`;
    case 'ARG':
      return 'BuildKit declares every word of this as another build argument.';
    case 'EXPOSE':
      return 'BuildKit takes every word of this as another port.';
    case 'VOLUME':
      return 'BuildKit makes every word of this another volume.';
    case 'WORKDIR':
      return 'BuildKit takes this as part of the path.';
    case 'USER':
      return "BuildKit takes this as part of the user's name.";
    case 'STOPSIGNAL':
      return "BuildKit takes this as part of the signal's name.";
    default:
      return `BuildKit takes the words of this as further arguments of ${name}.`;
  }
}

/**
 * All problems of a file, in source order, without the refusals that a comment's problem tells
 * already: such a refusal of the plan goes into the problem at the comment.
 */
export function tellOnce(problems: readonly Problem[]): readonly Problem[] {
  const told: Problem[] = [];
  let refusal: Problem | null = null;
  let place = -1;
  for (const problem of problems) {
    const { buildkit, code, span, message } = problem;
    if (code !== 'trailing-comment' || buildkit || !refusal?.buildkit) {
      if (buildkit?.phase === 'plan') {
        refusal = problem;
        place = told.length;
      }
      told.push(problem);
      continue;
    }
    const same = message.startsWith(`${refusal.buildkit.message}\n`);
    if (!same || span.end > refusal.span.end) {
      told.push(problem);
      continue;
    }
    told.splice(place, 1);
    told.push({ ...problem, buildkit: refusal.buildkit });
    refusal = null;
  }
  return told;
}

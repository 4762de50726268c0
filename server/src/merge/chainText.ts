/**
 * Writes a join as one continued RUN. Each script keeps the author's own line breaks and comments;
 * BuildKit drops comment lines inside a continuation, so comments between the lines stay there.
 */

import type { Dockerfile } from '../syntax/ast.ts';
import type { Join, Piece } from './joinScripts.ts';
import {
  commentsBetween,
  commentsWithin,
  isPragma,
  keywordIndent,
  type RunText,
  scriptSpan,
} from './runText.ts';

export interface TextOptions {
  readonly indent: string;
  readonly newline: '\n' | '\r\n';
}

/** The text from the first RUN's keyword to the last RUN's end. */
export function chainText(
  dockerfile: Dockerfile,
  runs: readonly RunText[],
  join: Join,
  options: TextOptions,
): string {
  const [first] = runs;
  if (!first) return '';
  const { instruction } = first;
  const outer = keywordIndent(dockerfile, instruction);
  const above: string[] = [];
  const lines: string[] = [];
  const indent = continuationIndent(dockerfile, first) ?? outer + options.indent;
  const joint = (operator: Join['operator']) =>
    `${operator === '&&' ? ' &&' : ';'} ${dockerfile.escape}`;
  if (join.lead !== undefined) lines.push(join.lead + joint(join.operator));
  for (const [index, piece] of join.pieces.entries()) {
    const run = runs[index];
    if (!run) continue;
    const last = index === join.pieces.length - 1;
    if (last && join.beforeLast !== undefined) lines.push(join.beforeLast + joint(';'));
    const written = pieceText(dockerfile, run, piece, indent, {
      newline: options.newline,
      header: index === 0,
    });
    const previous = runs[index - 1];
    const between = previous
      ? commentsBetween(dockerfile, previous.instruction, run.instruction)
      : [];
    above.push(...between.filter(isPragma));
    const comments = [...between.filter((comment) => !isPragma(comment)), ...written.comments];
    if (index === 0) above.unshift(...comments);
    else lines.push(...comments);
    // A `;` right behind a heredoc's delimiter would be part of its name for BuildKit.
    const apart = join.operator === ';' && run.instruction.heredocs.length > 0 ? ' ' : '';
    lines.push(written.text + (last ? '' : apart + joint(join.operator)));
  }
  const start = scriptSpan(first, 0, 0).start;
  const header = dockerfile.text.slice(instruction.span.start, start);
  const bodies = runs.flatMap((run) =>
    run.instruction.heredocs.map((heredoc) =>
      dockerfile.text.slice(
        heredoc.contentSpan.start,
        heredoc.terminatorSpan?.end ?? heredoc.contentSpan.end,
      ),
    ),
  );
  return [
    ...above.map((comment, index) => (index === 0 ? comment : outer + comment)),
    `${above.length > 0 ? outer : ''}${header}${lines.join(options.newline + indent)}`,
    ...bodies,
  ].join(options.newline);
}

function pieceText(
  dockerfile: Dockerfile,
  run: RunText,
  piece: Piece,
  indent: string,
  options: { readonly newline: string; readonly header: boolean },
): { readonly text: string; readonly comments: readonly string[] } {
  const { facts } = piece;
  const { instruction } = run;
  const span = scriptSpan(run, piece.start, facts.end);
  // Of the first RUN the header is kept as written, with the comments in it.
  const from = options.header ? scriptSpan(run, 0, 0).start : instruction.span.start;
  const comments = [
    ...commentsWithin(dockerfile, instruction, from, span.start),
    ...commentsWithin(dockerfile, instruction, span.end, instruction.span.end),
  ];
  let body = dockerfile.text.slice(span.start, span.end);
  if (facts.comment !== undefined) {
    const lineStart = body.lastIndexOf('\n') + 1;
    if (lineStart > 0) {
      const comment = `${indent}${facts.comment}${options.newline}`;
      body = `${body.slice(0, lineStart)}${comment}${body.slice(lineStart)}`;
    } else comments.push(facts.comment);
  }
  return { text: grouped(piece, body, instruction.heredocs.length > 0), comments };
}

/** A delimiter of a heredoc must stand alone, so that brackets keep away from it. */
function grouped(piece: Piece, body: string, hasHeredoc: boolean): string {
  if (piece.group === '') return body;
  const inner = piece.inside === undefined ? body : `${piece.inside}; ${body}`;
  if (piece.group === '{') {
    if (piece.facts.endsInBackground) return `{ ${inner} }`;
    return hasHeredoc ? `{ ${inner} ; }` : `{ ${inner}; }`;
  }
  // `((` would begin arithmetic in Bash.
  const space = hasHeredoc || inner.startsWith('(') ? ' ' : '';
  return `(${space}${inner}${space})`;
}

/** How the author indents the lines of the first RUN that go on. */
function continuationIndent(dockerfile: Dockerfile, run: RunText): string | undefined {
  const { pieces } = run.instruction.joined;
  const next = pieces[1];
  if (!next) return undefined;
  const line = dockerfile.text.slice(next.source, next.source + next.length);
  const blank = /^[ \t]*/.exec(line)?.[0] ?? '';
  return blank !== '' && blank.length < line.length ? blank : undefined;
}

/**
 * Writes a join as one RUN with a heredoc, whose body is the script line by line: no backslashes,
 * comments between the lines as shell comments.
 *
 * The shell gets the body without `-e` (BuildKit adds none), so the status of each script must
 * still be looked at: by `&&`, or by `set -e` where that is the same for every command.
 */

import type { SyntaxNode } from 'unbash';
import { visit } from '../shell/shellTree.ts';
import type { Dockerfile } from '../syntax/ast.ts';
import { endsWithFailure } from './errexit.ts';
import type { Join, Piece } from './joinScripts.ts';
import {
  commentsBetween,
  commentsWithin,
  isPragma,
  keywordIndent,
  lineBreaks,
  type RunText,
} from './runText.ts';

/** The text from the first RUN's keyword to the terminator. */
export function heredocText(dockerfile: Dockerfile, runs: readonly RunText[], join: Join): string {
  const [first] = runs;
  if (!first) return '';
  const { instruction } = first;
  const outer = keywordIndent(dockerfile, instruction);
  const above: string[] = [];
  const lines: string[] = [];
  if (join.lead !== undefined) lines.push(join.lead + (join.operator === '&&' ? ' &&' : ''));
  for (const [index, piece] of join.pieces.entries()) {
    const run = runs[index];
    if (!run) continue;
    const last = index === join.pieces.length - 1;
    if (last && join.beforeLast !== undefined) lines.push(join.beforeLast);
    const previous = runs[index - 1];
    const comments = [
      ...(previous ? commentsBetween(dockerfile, previous.instruction, run.instruction) : []),
      ...commentsWithin(
        dockerfile,
        run.instruction,
        run.instruction.span.start,
        run.instruction.span.end,
      ),
    ];
    above.push(...comments.filter(isPragma));
    lines.push(...comments.filter((comment) => !isPragma(comment)));
    lines.push(...pieceLines(run, piece, join.operator, last));
  }
  const body = lines.join('\n');
  const name = delimiter(body);
  const flags = instruction.flags.map(({ span }) => dockerfile.text.slice(span.start, span.end));
  const header = [instruction.keyword, ...flags, `<<${name}`].join(' ');
  return [
    ...above.map((comment, index) => (index === 0 ? comment : outer + comment)),
    (above.length > 0 ? outer : '') + header,
    body,
    name,
  ].join('\n');
}

/**
 * A list whose parts all do the same under `-e`, as a sequence: `set -e` and one command a line,
 * the way such heredocs are written. Undefined when a part would not.
 */
export function asLines(join: Join, errexit: boolean): Join | undefined {
  const { pieces } = join;
  if (join.operator !== '&&' || join.lead !== undefined) return undefined;
  const fits = pieces.every(
    ({ facts, group }) =>
      group === '' &&
      !facts.lineSense &&
      !facts.mayDiscard &&
      facts.indifferent &&
      !facts.readsOptions &&
      elements(facts.tree).every(endsWithFailure),
  );
  if (!fits) return undefined;
  return {
    ...join,
    operator: ';',
    lead: errexit ? undefined : 'set -e',
    pieces: pieces.map((piece) => ({ ...piece, split: true })),
  };
}

/** The commands of a script that is one list of `&&`; else the script as one. */
export function elements(tree: Piece['facts']['tree']): readonly SyntaxNode[] {
  const command = tree.commands[0]?.command;
  if (!command) return [];
  return command.type === 'AndOr' && !command.operators.includes('||')
    ? command.commands
    : [command];
}

function pieceLines(
  run: RunText,
  piece: Piece,
  operator: Join['operator'],
  last: boolean,
): readonly string[] {
  const { facts } = piece;
  const text = (start: number, end: number) => written(run, piece, start, end);
  const joint = operator === '&&' && !last ? ' &&' : '';
  const rest = facts.text
    .slice(facts.end)
    .replace(/^[ \t]*;/, '')
    .trimEnd();
  if (piece.group === '') {
    if (piece.split) {
      const parts = elements(facts.tree).map((node) => text(node.pos, node.end));
      return [...parts.slice(0, -1), (parts.at(-1) ?? '') + rest];
    }
    return [text(piece.start, facts.end) + joint + rest];
  }
  const [open, close] = piece.group === '{' ? ['{', '}'] : ['(', ')'];
  const inner = text(piece.start, facts.end) + rest;
  const inside = piece.inside === undefined ? [] : [piece.inside];
  return [open, ...inside, inner, close + joint];
}

/**
 * A range of the script as lines: where the author broke a continued line, the shell's own
 * continuation stands. Inside single quotes and comments a backslash would be text, so there the
 * joined line stays.
 */
function written(run: RunText, piece: Piece, start: number, end: number): string {
  const { text, tree } = piece.facts;
  if (run.heredoc || piece.facts.lineSense) return text.slice(start, end);
  const kept: string[] = [];
  let from = start;
  for (const at of lineBreaks(run)) {
    if (at <= start || at >= end || isQuoted(tree, at)) continue;
    const before = text.slice(from, at);
    const open = /(&&|\|\||\||;)[ \t]*$/.test(before) && isBetweenStatements(tree, at);
    kept.push(open ? before.trimEnd().replace(/(?<!;);$/, '') : `${before}\\`);
    from = at;
  }
  kept.push(text.slice(from, end));
  return kept.join('\n');
}

function isQuoted(tree: SyntaxNode, at: number): boolean {
  let quoted = false;
  visit(tree, (node) => {
    const literal =
      node.type === 'SingleQuoted' || node.type === 'AnsiCQuoted' || node.type === 'HereDocBody';
    if ((literal || isBackquoted(node)) && node.pos < at && at < node.end) quoted = true;
    return !quoted;
  });
  return quoted;
}

function isBackquoted(node: SyntaxNode): boolean {
  return node.type === 'CommandExpansion' && node.text.startsWith('`');
}

/** No command or word goes on across this place, only lists of them. */
function isBetweenStatements(tree: SyntaxNode, at: number): boolean {
  let between = true;
  visit(tree, (node) => {
    if ((node.type === 'Command' || node.type === 'Word') && node.pos < at && at < node.end) {
      between = false;
    }
    return between;
  });
  return between;
}

const delimiters = ['EOF', 'EOT', 'END', 'RUN_EOF', 'RUN_EOT', 'RUN_END'];

function delimiter(body: string): string {
  const taken = new Set(
    body.split('\n').map((line) => line.replace(/^\t+/, '').replace(/\r$/, '')),
  );
  const free = delimiters.find((name) => !taken.has(name));
  if (free) return free;
  let number = 2;
  while (taken.has(`EOF${number}`)) number++;
  return `EOF${number}`;
}

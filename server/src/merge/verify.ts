/**
 * Proof of a merge by reading it again: the new text must parse without new problems, leave every
 * other instruction as it was, and give the shell the tree that was intended, in which each script's
 * own tree stands unchanged.
 */

import type { Command } from 'unbash';
import { fingerprint, fingerprintOf, longestScript, readScript } from '../shell/shellTree.ts';
import type { Dockerfile } from '../syntax/ast.ts';
import { parse } from '../syntax/parser.ts';
import { elements } from './heredocText.ts';
import type { Join, Piece } from './joinScripts.ts';
import { readRunText } from './runText.ts';

/** Why the new text is not the merge of `count` RUN lines from `index` on, or undefined when it is. */
export function findFault(
  before: Dockerfile,
  newText: string,
  index: number,
  count: number,
  join: Join,
): string | undefined {
  const after = parse(newText);
  const differs = 'The merged line would be read differently than the separate ones.';
  if (after.problems.length > before.problems.length) return differs;
  if (after.instructions.length !== before.instructions.length - count + 1) return differs;
  for (const [at, instruction] of after.instructions.entries()) {
    if (at === index) continue;
    const old = before.instructions[at < index ? at : at + count - 1];
    if (old?.joined.text !== instruction.joined.text) return differs;
    if (old.heredocs.some(({ content }, body) => content !== instruction.heredocs[body]?.content))
      return differs;
  }
  const merged = after.instructions[index];
  const script = merged && readRunText(merged)?.script;
  if (script === undefined) return differs;
  if (new TextEncoder().encode(script).length > longestScript) {
    return 'The merged script would be longer than the 128 KiB that Linux passes to a shell.';
  }
  const tree = readScript(script);
  return tree && fingerprint(tree) === intended(join) ? undefined : differs;
}

/** The fingerprint of the tree that a join stands for, made from the scripts' own trees. */
function intended(join: Join): string {
  const statements = join.operator === '&&' ? [listOf(join)] : sequenceOf(join);
  return fingerprintOf('Script', [], statements);
}

function listOf(join: Join): string {
  const parts = join.pieces.flatMap(membersOf);
  if (join.lead !== undefined) parts.unshift(commandOf(join.lead));
  if (parts.length === 1) return statement(parts[0] ?? '');
  const operators = Array.from({ length: parts.length - 1 }, () => '&&');
  return statement(fingerprintOf('AndOr', ['operators', operators], parts));
}

function sequenceOf(join: Join): readonly string[] {
  const statements: string[] = [];
  if (join.lead !== undefined) statements.push(statement(commandOf(join.lead)));
  for (const [index, piece] of join.pieces.entries()) {
    if (index === join.pieces.length - 1 && join.beforeLast !== undefined) {
      statements.push(statement(commandOf(join.beforeLast)));
    }
    if (piece.group !== '') statements.push(statement(groupOf(piece)));
    else if (piece.split) {
      statements.push(...elements(piece.facts.tree).map((node) => statement(fingerprint(node))));
    } else statements.push(...kept(piece));
  }
  return statements;
}

/** Members that a piece gives to a list of `&&`. */
function membersOf(piece: Piece): string[] {
  if (piece.group !== '') return [groupOf(piece)];
  return elements(piece.facts.tree)
    .filter((node) => node.end > piece.start)
    .map(fingerprint);
}

function groupOf(piece: Piece): string {
  const inside = piece.inside === undefined ? [] : [statement(commandOf(piece.inside))];
  const list = fingerprintOf('CompoundList', [], [...inside, ...kept(piece)]);
  return fingerprintOf(piece.group === '{' ? 'BraceGroup' : 'Subshell', [], [list]);
}

/** The statements of a script that stay, as fingerprints. */
function kept(piece: Piece): readonly string[] {
  const { tree, prologue } = piece.facts;
  if (piece.start > 0 && prologue?.joint === '&&') {
    const parts = elements(tree).slice(1).map(fingerprint);
    if (parts.length === 1) return [statement(parts[0] ?? '')];
    const operators = Array.from({ length: parts.length - 1 }, () => '&&');
    return [statement(fingerprintOf('AndOr', ['operators', operators], parts))];
  }
  return tree.commands.filter(({ end }) => end > piece.start).map(fingerprint);
}

function statement(command: string): string {
  return fingerprintOf('Statement', [], [command]);
}

function commandOf(text: string): string {
  const command = readScript(text)?.commands[0]?.command as Command | undefined;
  return command ? fingerprint(command) : '';
}

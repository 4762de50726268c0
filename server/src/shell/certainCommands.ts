/**
 * The commands of a RUN, for rules about what it does to files: those that surely run when the
 * build goes on, and all that may.
 */

import type { Script, Statement, SyntaxNode } from 'unbash';
import type { ResolvedRun } from '../model/plan.ts';
import { knownVariables, knownWords } from './commandWords.ts';
import { readShell } from './shellPrefix.ts';
import { literalName } from './shellState.ts';
import { longestScript, readScript, visit } from './shellTree.ts';

/** A command with its words; what is not known of a word is `unknownPart` in it. */
export interface PlainCommand {
  readonly words: readonly string[];
  /** The folder that its relative paths start from; null: not known. */
  readonly cwd: string | null;
}

/** End the shell or move it, or run text that is not here. */
const turns = /^(cd|pushd|popd|exit|return|exec|eval|\.|source|break|continue)$/;

/**
 * The commands that run in every build that succeeds, in their order: not those behind `||`, in
 * conditions or in loops, nor those behind an `&&` whose failure is forgotten. Null where the
 * script, or the shell that reads it, is not understood.
 */
export function certainCommands(run: ResolvedRun): readonly PlainCommand[] | null {
  if (!run.shell) return [{ words: run.argv, cwd: run.cwd }];
  const read = readRun(run);
  if (!read) return null;
  const found: PlainCommand[] = [];
  const walk: Walk = { cwd: run.cwd, env: read.env, found, over: false };
  walkAll(read.tree.commands, walk, true);
  return found;
}

/** Every command that may run; null where the script is not understood. */
export function possibleCommands(run: ResolvedRun): readonly PlainCommand[] | null {
  if (!run.shell) return [{ words: run.argv, cwd: run.cwd }];
  const read = readRun(run);
  if (!read) return null;
  const found: (readonly string[])[] = [];
  visit(read.tree, (node) => {
    if (node.type === 'Command' && node.name) found.push(knownWords(node, read.env));
    return true;
  });
  const moves = found.some(([name = '']) => turns.test(name));
  return found.map((words) => ({ words, cwd: moves ? null : run.cwd }));
}

function readRun({ argv, script, env }: ResolvedRun) {
  if (script === null || script.length > longestScript) return null;
  if (!readShell(argv.slice(0, -1)).ok) return null;
  const tree = readScript(script);
  if (!tree || defines(tree)) return null;
  const given = env.map((entry): [string, string] => {
    const at = entry.indexOf('=');
    return [entry.slice(0, at), entry.slice(at + 1)];
  });
  return { tree, env: knownVariables(tree, new Map(given)) };
}

/** A function or an alias may stand behind any name. */
function defines(tree: Script): boolean {
  return some(tree, (node) => node.type === 'Function' || nameOf(node) === 'alias');
}

interface Walk {
  cwd: string | null;
  readonly env: ReadonlyMap<string, string>;
  readonly found: PlainCommand[];
  /** Whether what follows runs is not known. */
  over: boolean;
}

/** `decides`: the status of the last statement is that of the RUN. */
function walkAll(statements: readonly Statement[], walk: Walk, decides: boolean): void {
  for (const [index, { command, background }] of statements.entries()) {
    if (walk.over) return;
    const last = decides && index === statements.length - 1 && !background;
    walkNode(command, background ? { ...walk } : walk, last);
  }
}

function walkNode(node: Statement['command'], walk: Walk, decides: boolean): void {
  switch (node.type) {
    case 'AndOr': {
      const [first, ...others] = node.commands;
      const certain = decides && !node.operators.includes('||');
      if (first) walkNode(first, walk, false);
      for (const command of certain ? others : []) if (!walk.over) walkNode(command, walk, false);
      if (!certain && others.some(mayTurn)) walk.over = true;
      return;
    }
    case 'Pipeline':
      if (node.commands.length === 1 && node.commands[0]) walkNode(node.commands[0], walk, false);
      else for (const command of node.commands) walkNode(command, { ...walk }, false);
      return;
    case 'Redirected':
      walkNode(node.command, walk, decides);
      return;
    case 'BraceGroup':
      walkAll(node.body.commands, walk, decides);
      return;
    case 'Subshell':
      walkAll(node.body.commands, { ...walk }, decides);
      return;
    case 'Command':
      if (node.name) walkPlain(knownWords(node, walk.env), walk);
      return;
    default:
      walk.over ||= mayTurn(node);
  }
}

function walkPlain(words: readonly string[], walk: Walk): void {
  const [name = '', target = '', ...more] = words;
  if (name === 'cd' && /^[\w/.][\w/.+@ -]*$/.test(target) && more.length === 0) {
    const isKnown = target.startsWith('/') || walk.cwd !== null;
    walk.cwd = target.startsWith('/') ? target : isKnown ? `${walk.cwd}/${target}` : null;
  } else if (turns.test(name)) walk.over = true;
  else walk.found.push({ words, cwd: walk.cwd });
}

function mayTurn(node: SyntaxNode): boolean {
  return some(node, (child) => turns.test(nameOf(child)));
}

function nameOf(node: SyntaxNode): string {
  return (node.type === 'Command' && literalName(node)) || '';
}

function some(node: SyntaxNode, holds: (node: SyntaxNode) => boolean): boolean {
  let found = false;
  visit(node, (child) => {
    found ||= holds(child);
    return !found;
  });
  return found;
}

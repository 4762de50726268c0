/** Simple commands: their words, assignments and redirections, and what runs because of them. */

import type { Assignment, Command, Word } from 'unbash';
import type { Redirect } from './commands.ts';
import { baseName } from './commandWords.ts';
import { callFunction } from './functionCall.ts';
import { runInner, runXargs } from './innerCommands.ts';
import { emit } from './programCall.ts';
import { notRedirected, type Redirected, readRedirects } from './redirects.ts';
import {
  type Context,
  joined,
  leaveUnread,
  type Runner,
  type Status,
  withRedirects,
} from './runner.ts';
import { builtins, declarations, declare } from './shellBuiltins.ts';
import { assign, assignArray, limits, lookUp, type ShellScope, type Value } from './shellScope.ts';
import { unknownPart } from './shellTree.ts';
import { unwrap } from './wrappers.ts';

/** Runs a simple command of the script; `decides`: the build goes on only if it succeeds. */
export function runCommand(
  node: Command,
  scope: ShellScope,
  runner: Runner,
  decides: boolean,
): Status {
  const { expand } = runner;
  if (!node.name) return assignOnly(node, scope, runner);
  const declares = declarations.has(node.name.value);
  const words = expand.fields([node.name], scope);
  const assigned: Assignment[] = [];
  const suffix: Word[] = [];
  for (const arg of node.args) {
    if (arg.type === 'Word') suffix.push(arg);
    else assigned.push(arg);
  }
  for (const word of expand.fields(suffix, scope)) words.push(word);
  let extra: Map<string, Value> | null = null;
  for (const part of node.prefix) {
    if (part.type !== 'Assignment' || part.value.type !== 'Word') continue;
    extra ??= new Map();
    extra.set(part.name, expand.text(part.value, scope));
  }
  const redirected =
    node.redirects.length > 0 ? readRedirects(node.redirects, scope, expand) : notRedirected;
  if (declares) {
    for (const part of assigned) assignPart(part, scope, runner, words[0] ?? '');
  } else {
    for (const part of assigned)
      if (part.value.type === 'Word') words.push(`${part.name}=${expand.text(part.value, scope)}`);
  }
  if (words.length === 0) return true;
  return runWords(words, scope, runner, { extra, redirected, decides, functions: true });
}

/** `X=1` alone, or redirections alone: they make their files. */
function assignOnly(node: Command, scope: ShellScope, runner: Runner): Status {
  scope.status = true;
  for (const part of node.prefix) {
    if (part.type === 'Assignment') assignPart(part, scope, runner, '');
  }
  const { status } = scope;
  if (node.redirects.length > 0) {
    const redirected = readRedirects(node.redirects, scope, runner.expand);
    if (redirected.input && scope.printed) scope.printed.text += unknownPart;
    if (redirected.outputs.some(makesFile)) emit([':'], scope, plainContext(redirected));
  }
  return status;
}

function assignPart(part: Assignment, scope: ShellScope, runner: Runner, command: string): void {
  const { name, value, append } = part;
  if (command) declare(command, name, scope);
  if (value.type === 'ArrayValue') {
    const items = runner.expand.fields(value.elements, scope);
    const before = append ? (scope.arrays.get(name) ?? []) : [];
    assignArray(scope, name, [...before, ...items]);
    return;
  }
  const text = runner.expand.text(value, scope);
  if (part.index) {
    assignArray(scope, name, undefined);
    return;
  }
  const before = append ? lookUp(scope, name) : '';
  assign(scope, name, before === undefined ? unknownPart + text : (before ?? '') + text);
}

function plainContext(redirected: Redirected): Context {
  return { extra: null, redirected, decides: false, functions: true };
}

/** Runs expanded words: a function, a part of the shell, a wrapper, or a program, which is listed. */
export function runWords(
  words: readonly string[],
  scope: ShellScope,
  runner: Runner,
  context: Context,
): Status {
  const [name = ''] = words;
  const { redirected } = context;
  if (!goesOn(scope)) return undefined;
  const body = context.functions ? scope.functions.get(name) : undefined;
  if (body) {
    return withRedirects(scope, redirected, () =>
      callFunction(words, body, scope, runner, context),
    );
  }
  const builtin = context.functions || builtins.has(name) ? builtins.get(name) : undefined;
  if (builtin) {
    for (const [key, value] of name === 'exec' ? [] : (context.extra ?? [])) {
      if (name === 'eval' || name === '.') assign(scope, key, value);
    }
    if (redirected.outputs.some(makesFile)) emit(words, scope, context);
    return withRedirects(scope, redirected, () =>
      builtin(words.slice(1), scope, runner, context.decides),
    );
  }
  if (name === 'exec' && words.length === 1) {
    scope.outputs = joined(scope.outputs, redirected);
    if (redirected.input) scope.input = redirected.input;
    return true;
  }
  if (baseName(name) === 'xargs') return runXargs(words, scope, runner, context);
  const inner = unwrap(words);
  if (inner) return runInner(inner, words, scope, runner, context);
  return emit(words, scope, context);
}

function makesFile({ path }: Redirect): boolean {
  return path === null || !path.startsWith('/dev/');
}

function goesOn(scope: ShellScope): boolean {
  const { reading } = scope;
  if (++reading.steps <= limits.steps && reading.commands.length < limits.commands) return true;
  leaveUnread(scope, 'The script runs more commands than are followed here.');
  scope.jump = { kind: 'exit', status: undefined, loops: 0 };
  return false;
}

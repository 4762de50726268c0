/** Simple commands: their words, assignments and redirections, and what runs because of them. */

import type { Assignment, Command, Word } from 'unbash';
import { answerOf, type Question, verdictOf } from './answers.ts';
import type { Redirect } from './commands.ts';
import { absolute, baseName } from './commandWords.ts';
import { notRedirected, type Redirected, readRedirects } from './redirects.ts';
import {
  joined,
  leaveUnread,
  type Runner,
  type Status,
  subshell,
  withRedirects,
} from './runner.ts';
import { builtins, declarations, declare } from './shellBuiltins.ts';
import {
  assign,
  assignArray,
  environmentOf,
  homeOf,
  isSure,
  land,
  limits,
  lookUp,
  type ShellScope,
  type Value,
} from './shellScope.ts';
import { unknownPart } from './shellTree.ts';
import { type Inner, unwrap } from './wrappers.ts';
import { readXargs } from './xargs.ts';

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

/** What stands around the words of a command. */
export interface Context {
  /** Assignments in front of it. */
  readonly extra: ReadonlyMap<string, Value> | null;
  readonly redirected: Redirected;
  readonly decides: boolean;
  /** The name may be that of a function. */
  readonly functions: boolean;
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

function callFunction(
  words: readonly string[],
  body: Parameters<Runner['body']>[0] | unknown,
  scope: ShellScope,
  runner: Runner,
  { extra }: Context,
): Status {
  if (scope.nesting >= limits.nesting) {
    leaveUnread(
      scope,
      `The function ${words[0]} calls itself or others too deeply to be followed.`,
    );
    return undefined;
  }
  const { args, locals, nesting } = scope;
  scope.args = words.slice(1);
  scope.locals = new Map();
  scope.nesting = nesting + 1;
  for (const [name, value] of extra ?? []) {
    declare('local', name, scope);
    assign(scope, name, value);
  }
  let status = runner.body(body as Parameters<Runner['body']>[0], scope);
  if (scope.jump?.kind === 'return') status = scope.jump.status;
  else if (scope.escapes.some(({ jump }) => jump.kind === 'return' && jump.status !== status)) {
    status = undefined;
  }
  land(scope, 'return');
  if (scope.jump?.kind === 'return') scope.jump = null;
  for (const [name, value] of scope.locals) {
    if (value === 'none') scope.own.delete(name);
    else scope.own.set(name, value);
    scope.seen = null;
  }
  scope.args = args;
  scope.locals = locals;
  scope.nesting = nesting;
  return status;
}

/** Lists a program that runs here, and gives its status as far as it is known. */
function emit(words: readonly string[], scope: ShellScope, context: Context): Status {
  const { redirected } = context;
  const input = redirected.input ?? scope.input;
  const moved = redirected.movesOutput;
  const { reading, platform } = { reading: scope.reading, platform: scope.reading.platform };
  const question: Question = {
    words,
    platform,
    cwd: scope.cwd,
    user: scope.user,
    input: input?.text ?? null,
    language: scope.language,
  };
  const outputs = joined(scope.outputs, redirected);
  reading.commands.push({
    words,
    cwd: scope.cwd,
    env: environmentOf(scope, context.extra),
    user: scope.user,
    runs: isSure(scope) ? 'always' : 'maybe',
    outputs,
    input: input?.text ?? null,
    pipedFrom: input?.from ?? null,
    piped: scope.printed !== null && !moved,
  });
  if (scope.outputs.length > 0)
    scope.outputs = scope.outputs.map((each) => ({ ...each, append: true }));
  if (scope.printed && !moved) {
    const text = baseName(words[0] ?? '') === 'mktemp' ? madeUp(words, scope) : answerOf(question);
    const known = text !== undefined && (text === '' || isSure(scope));
    if (scope.printed.text.length < limits.text) scope.printed.text += known ? text : unknownPart;
  }
  return verdictOf(question);
}

/** A name that `mktemp` might choose: nothing else has it. */
function madeUp(words: readonly string[], scope: ShellScope): string {
  const template = words.slice(1).find((word) => word.includes('XXX') && !word.startsWith('-'));
  const number = String(++scope.reading.made);
  if (!template) return `/tmp/tmp.made-up-${number}\n`;
  const name = template.replace(/X{3,}/, `made-up-${number}`);
  const inTmp = words.some((word) => /^-[a-z]*t$|^--tmpdir$/.test(word));
  return `${inTmp && !name.startsWith('/') ? `/tmp/${name}` : name}\n`;
}

function runXargs(
  words: readonly string[],
  scope: ShellScope,
  runner: Runner,
  context: Context,
): Status {
  const input = context.redirected.input ?? scope.input;
  const calls = readXargs(words.slice(1), input?.text ?? null);
  let status: Status = true;
  for (const call of calls) {
    const inside = subshell(scope);
    inside.functions = new Map();
    inside.input = { text: null, from: input?.from ?? null };
    const given = { ...context.redirected, input: undefined };
    if (
      runWords(call, inside, runner, { ...context, redirected: given, functions: false }) !== true
    ) {
      status = undefined;
    }
  }
  return status;
}

function runInner(
  inner: Inner,
  words: readonly string[],
  scope: ShellScope,
  runner: Runner,
  context: Context,
): Status {
  const stays = /^(command|builtin)$/.test(words[0] ?? '');
  if (stays && inner.words) {
    const before = scope.functions;
    scope.functions = new Map();
    const status = runWords(inner.words, scope, runner, { ...context, functions: true });
    scope.functions = before;
    return status;
  }
  const text = inner.readsInput ? (context.redirected.input ?? scope.input)?.text : inner.script;
  if (inner.words === null && (text === undefined || text === null))
    return emit(words, scope, context);
  const child = subshell(scope);
  if (++child.nesting > limits.nesting) {
    leaveUnread(scope, 'The script starts shells in shells too deeply to be followed.');
    return undefined;
  }
  child.functions = new Map();
  const extra = enter(inner, child, context.extra, baseName(words[0] ?? ''));
  let status: Status;
  if (inner.words) {
    const given = { ...context, extra, functions: false };
    status = runWords(inner.words, child, runner, given);
  } else {
    startShell(inner, child, extra);
    status = withRedirects(child, context.redirected, () => {
      if (inner.readsInput) child.input = null;
      const ended = runner.text(text ?? '', child, context.decides);
      const status = child.jump ? child.jump.status : child.escapes.length > 0 ? undefined : ended;
      runAtExit(child, runner);
      return status;
    });
  }
  if (inner.ends) scope.jump = { kind: 'exit', status, loops: 0 };
  return status;
}

/** What `trap … EXIT` has asked for; an exit on the way does not keep it from running. */
function runAtExit(child: ShellScope, runner: Runner): void {
  if (child.atExit === null) return;
  child.jump = null;
  child.escapes = [];
  runner.text(child.atExit, child, false);
}

/** Changes user, folder and variables as a wrapper does; the assignments for a program come back. */
function enter(
  inner: Inner,
  child: ShellScope,
  before: ReadonlyMap<string, Value> | null,
  wrapper: string,
): ReadonlyMap<string, Value> | null {
  const extra = new Map(before);
  if (inner.user !== null) {
    child.user = inner.user.includes(unknownPart) ? null : inner.user;
    extra.set('HOME', homeOf(child.user));
    if (inner.atHome) child.cwd = homeOf(child.user) ?? null;
  }
  if (inner.clears || (inner.user !== null && (wrapper === 'sudo' || inner.atHome))) clear(child);
  for (const name of inner.removed) extra.set(name, null);
  for (const [name, value] of inner.assigned) extra.set(name, value);
  if (inner.cwd) child.cwd = child.cwd === null ? null : absolute(inner.cwd, child.cwd);
  return extra.size > 0 ? extra : null;
}

/** An environment that starts anew: what is in it then is not known, the script's own is not. */
function clear(child: ShellScope): void {
  child.own.clear();
  const path = child.given.values.get('PATH');
  child.given = { values: new Map([['PATH', path]]) };
  child.seen = null;
}

/** What a new shell knows of the one that starts it: the exported variables. */
function startShell(
  inner: Inner,
  child: ShellScope,
  extra: ReadonlyMap<string, Value> | null,
): void {
  if (extra || child.own.size > 0) child.given = { values: environmentOf(child, extra) };
  child.own.clear();
  child.exported = new Set();
  child.arrays = new Map();
  child.seen = null;
  child.language = inner.language;
  child.braces ||= inner.language === 'bash';
  child.program = inner.args[0] ?? 'sh';
  child.args = inner.args.slice(1);
}

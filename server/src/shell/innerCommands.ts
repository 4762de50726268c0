/** Commands that start commands: `sudo`, `env`, `sh -c`, `command` and their like, and `xargs`. */

import { baseName } from './commandWords.ts';
import { enter, startShell } from './newShell.ts';
import { emit } from './programCall.ts';
import {
  type Context,
  endStatus,
  leaveUnread,
  type Runner,
  type Status,
  subshell,
  withRedirects,
} from './runner.ts';
import { limits, type ShellScope } from './shellScope.ts';
import type { Inner } from './wrappers.ts';
import { readXargs } from './xargs.ts';

/** `xargs`: the commands it makes of its input, each in a shell of its own. */
export function runXargs(
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
    if (runner.words(call, inside, { ...context, redirected: given, functions: false }) !== true) {
      status = undefined;
    }
  }
  return status;
}

/** Runs what a wrapper wraps: words, or the text of a script in a new shell. */
export function runInner(
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
    const status = runner.words(inner.words, scope, { ...context, functions: true });
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
    status = runner.words(inner.words, child, given);
  } else {
    startShell(inner, child, extra);
    status = withRedirects(child, context.redirected, () => {
      if (inner.readsInput) child.input = null;
      const ended = runner.text(text ?? '', child, context.decides);
      const status = endStatus(child, ended);
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

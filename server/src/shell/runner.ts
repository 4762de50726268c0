/** What the rules for commands need of the walk through the tree, and the other way round. */

import type { Statement, SyntaxNode } from 'unbash';
import type { Redirect } from './commands.ts';
import type { Expander } from './expansion.ts';
import type { Redirected } from './redirects.ts';
import { isSure } from './shellBranches.ts';
import { fork, type ShellScope, type Value } from './shellScope.ts';

/** True: did its job; false: says no; undefined: the text does not tell. */
export type Status = boolean | undefined;

/** What stands around the words of a command. */
export interface Context {
  /** Assignments in front of it. */
  readonly extra: ReadonlyMap<string, Value> | null;
  readonly redirected: Redirected;
  readonly decides: boolean;
  /** The name may be that of a function. */
  readonly functions: boolean;
}

export interface Runner {
  readonly expand: Expander;
  /** Runs the text of a script in this shell; `decides`: the build goes on only if it succeeds. */
  readonly text: (script: string, scope: ShellScope, decides: boolean) => Status;
  /** Runs commands one after the other; `decides`: the build goes on only if the last succeeds. */
  readonly all: (commands: readonly Statement[], scope: ShellScope, decides: boolean) => Status;
  /** Runs expanded words: a function, a part of the shell, a wrapper, or a program. */
  readonly words: (words: readonly string[], scope: ShellScope, context: Context) => Status;
  /** Runs the body of a function. */
  readonly body: (body: SyntaxNode, scope: ShellScope) => Status;
}

/** A shell of its own that starts as a copy: nothing of it comes back. */
export function subshell(scope: ShellScope): ShellScope {
  const child = fork(scope);
  child.sure = isSure(scope);
  child.escapes = [];
  child.jump = null;
  child.atExit = null;
  return child;
}

/** The status of a shell that has ended, by `exit` or behind its last command. */
export function endStatus(child: ShellScope, status: Status): Status {
  if (child.jump) return child.jump.status;
  return child.escapes.length > 0 ? undefined : status;
}

/** Runs something whose input and output the redirections move. */
export function withRedirects(
  scope: ShellScope,
  redirected: Redirected,
  run: () => Status,
): Status {
  const { input, outputs, printed } = scope;
  scope.input = redirected.input ?? input;
  scope.outputs = joined(outputs, redirected);
  if (redirected.movesOutput) scope.printed = null;
  const status = run();
  scope.input = input;
  scope.outputs = outputs;
  scope.printed = printed;
  return status;
}

/** The outputs of a command: its own, and those of the shell around it that it does not move. */
export function joined(outer: readonly Redirect[], own: Redirected): readonly Redirect[] {
  if (outer.length === 0) return own.outputs;
  if (own.outputs.length === 0 && !own.movesOutput) return outer;
  const moved = new Set(own.outputs.map(({ from }) => from));
  const kept = outer.filter(({ from }) => {
    if (moved.has('&') || moved.has(from)) return false;
    return !(own.movesOutput && from !== '2');
  });
  return [...kept, ...own.outputs];
}

/** Says why something is not read; the first reason stays. */
export function leaveUnread(scope: ShellScope, reason: string): void {
  scope.reading.unread ??= reason;
}

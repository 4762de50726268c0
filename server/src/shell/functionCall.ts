/** Calls of functions that a script defines: arguments, local variables, `return`. */

import type { SyntaxNode } from 'unbash';
import { type Context, leaveUnread, type Runner, type Status } from './runner.ts';
import { land } from './shellBranches.ts';
import { declare } from './shellBuiltins.ts';
import { assign, limits, type ShellScope } from './shellScope.ts';

/** Runs a function with its own arguments and local variables. */
export function callFunction(
  words: readonly string[],
  body: SyntaxNode,
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
  let status = runner.body(body, scope);
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

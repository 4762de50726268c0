/** `for`, `while`, `until`, `select`: bodies as often as the text says, or once as what may run. */

import type { ArithmeticFor, CompoundList, For, SyntaxNode, While, Word } from 'unbash';
import { not } from './conditions.ts';
import type { Runner, Status } from './runner.ts';
import { land, runEither } from './shellBranches.ts';
import { assign, limits, type ShellScope } from './shellScope.ts';
import { literalName, runsElsewhere } from './shellState.ts';
import { unknownPart, visit } from './shellTree.ts';

/** `for … in`: the body for each word; a word that may be any number of them makes it a branch. */
export function runFor(node: For, scope: ShellScope, runner: Runner): Status {
  const name = node.name.text;
  if (!node.wordlist && !scope.args) return runUnknownTimes(node.body, scope, runner, [name]);
  const items = node.wordlist
    ? node.wordlist.flatMap((word) => itemsOf(word, scope, runner))
    : (scope.args ?? []).map((text) => ({ text, open: false }));
  if (items.length > limits.iterations) return runUnknownTimes(node.body, scope, runner, [name]);
  let status: Status = true;
  for (const { text, open } of items) {
    if (open) {
      blur(node.body, scope);
      runEither(scope, [
        (branch) => {
          assign(branch, name, text);
          return runner.all(node.body.commands, branch, false);
        },
        () => true,
      ]);
      status = undefined;
    } else {
      assign(scope, name, text);
      status = runner.all(node.body.commands, scope, false);
    }
    land(scope, 'continue');
    if (leavesLoop(scope)) break;
    if (scope.jump) return scope.jump.status;
  }
  land(scope, 'break');
  return status;
}

/** Whether a jump goes on outwards. */
function hasLeft({ jump }: ShellScope): boolean {
  return jump !== null;
}

/** Whether a jump ends this loop; one to the loops around it stays. */
function leavesLoop(scope: ShellScope): boolean {
  const { jump } = scope;
  if (jump?.kind !== 'break' && jump?.kind !== 'continue') return false;
  scope.jump = jump.loops > 1 ? { ...jump, loops: jump.loops - 1 } : null;
  return jump.kind === 'break' || jump.loops > 1;
}

/** The words a loop goes through; `open`: any number of them. */
function itemsOf(word: Word, scope: ShellScope, runner: Runner): { text: string; open: boolean }[] {
  const globs = word.parts?.some(({ type }) => type === 'Glob' || type === 'ExtendedGlob') ?? false;
  const splits =
    word.parts?.some(({ type }) => type.endsWith('Expansion') && type !== 'BraceExpansion') ??
    false;
  const lists = word.text.includes('[@]') || word.text.includes('@}');
  return runner.expand.fields([word], scope).map((text) => {
    if (globs) return { text: text.replace(/[*?[].*?(?=\/|$)/g, unknownPart), open: true };
    return { text, open: (splits || lists) && text.includes(unknownPart) };
  });
}

/** The body once as something that may run, with all it assigns unknown. */
export function runUnknownTimes(
  body: CompoundList,
  scope: ShellScope,
  runner: Runner,
  names: readonly string[],
): Status {
  for (const name of names) assign(scope, name, undefined);
  blur(body, scope);
  runEither(scope, [(branch) => runner.all(body.commands, branch, false), () => true]);
  land(scope, 'continue');
  land(scope, 'break');
  return scope.jump ? scope.jump.status : undefined;
}

/** Forgets what a body that runs an unknown number of times may assign, and where it may go. */
function blur(body: SyntaxNode, scope: ShellScope): void {
  visit(body, (node) => {
    if (runsElsewhere(node) && node.type !== 'Pipeline') return false;
    if (node.type === 'Assignment') assign(scope, node.name, undefined);
    if (node.type === 'For') assign(scope, node.name.text, undefined);
    if (node.type === 'Command') {
      const name = literalName(node);
      if (name === 'cd' || name === 'pushd' || name === 'popd') scope.cwd = null;
      if (name === 'shift' || name === 'set') scope.args = null;
    }
    return true;
  });
}

/** `while` and `until`. */
export function runWhile(node: While, scope: ShellScope, runner: Runner): Status {
  return repeat(
    scope,
    runner,
    node.body,
    () => {
      const status = runner.all(node.clause.commands, scope, false);
      return node.kind === 'while' ? status : not(status);
    },
    () => {},
  );
}

/** `for ((…; …; …))`. */
export function runCounting(node: ArithmeticFor, scope: ShellScope, runner: Runner): Status {
  if (node.initialize) runner.expand.number(node.initialize, scope);
  const { test, update } = node;
  return repeat(
    scope,
    runner,
    node.body,
    () => {
      const value = test ? runner.expand.number(test, scope) : 1;
      return value === undefined ? undefined : value !== 0;
    },
    () => update && runner.expand.number(update, scope),
  );
}

/** A loop with a condition: as often as that is decided, then once as something that may run. */
function repeat(
  scope: ShellScope,
  runner: Runner,
  body: CompoundList,
  asks: () => Status,
  next: () => unknown,
): Status {
  const before = scope.escapes.length;
  for (let count = 0; ; count++) {
    const status = asks();
    if (scope.jump) return scope.jump.status;
    if (status === false) break;
    const decided = status === true && scope.escapes.length === before;
    if (!decided || count >= limits.iterations) {
      runUnknownTimes(body, scope, runner, []);
      break;
    }
    runner.all(body.commands, scope, false);
    land(scope, 'continue');
    if (leavesLoop(scope)) break;
    if (hasLeft(scope)) return undefined;
    next();
  }
  land(scope, 'break');
  return true;
}

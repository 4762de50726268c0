/** Follows the tree of a script: lists, conditions, pipes; each other construct has its own file. */

import type { AndOr, If, ParsedScript, Pipeline, Statement, SyntaxNode } from 'unbash';
import { runCase } from './caseItems.ts';
import { not } from './conditions.ts';
import { holds } from './doubleBrackets.ts';
import { type Expander, expanderWith } from './expansion.ts';
import { runCounting, runFor, runUnknownTimes, runWhile } from './loops.ts';
import { readRedirects } from './redirects.ts';
import {
  endStatus,
  leaveUnread,
  type Runner,
  type Status,
  subshell,
  withRedirects,
} from './runner.ts';
import { parsedScript } from './scriptTexts.ts';
import { runEither } from './shellBranches.ts';
import { type Input, limits, type ShellScope } from './shellScope.ts';
import { unknownPart } from './shellTree.ts';
import { runCommand, runWords } from './simpleCommand.ts';

type Node = Statement['command'] | SyntaxNode;

const expand: Expander = expanderWith(substitute);

/** The walk as the rules for commands call it. */
export const runner: Runner = {
  expand,
  text: runText,
  all: runAll,
  words: (words, scope, context) => runWords(words, scope, runner, context),
  body: (body, scope) => runNode(body, scope, false),
};

const notRead = 'The script is no shell syntax that can be read here.';

/** Runs the text of a script in this shell; what does not parse is left unread. */
function runText(text: string, scope: ShellScope, decides: boolean): Status {
  const tree = parsedScript(text);
  if (!tree) {
    leaveUnread(scope, notRead);
    return undefined;
  }
  if (++scope.nesting > limits.nesting) {
    leaveUnread(scope, 'The script runs text in text too deeply to be followed.');
    return undefined;
  }
  const status = runAll(tree.commands, scope, decides);
  scope.nesting--;
  return status;
}

/** Runs a substitution in a shell of its own, and gives what it prints. */
function substitute(script: ParsedScript | undefined, scope: ShellScope): string {
  if (!script) return unknownPart;
  if (script.errors?.length) {
    leaveUnread(scope, notRead);
    return unknownPart;
  }
  if (++scope.reading.steps > limits.steps) return unknownPart;
  const child = subshell(scope);
  const printed = { text: '' };
  child.printed = printed;
  child.outputs = [];
  child.nesting++;
  const status = child.nesting > limits.nesting ? undefined : runAll(script.commands, child, false);
  scope.status = endStatus(child, status);
  return printed.text.replace(/\n+$/, '');
}

function runAll(statements: readonly Statement[], scope: ShellScope, decides: boolean): Status {
  let status: Status = true;
  for (const [index, { command, background }] of statements.entries()) {
    if (scope.jump) return scope.jump.status;
    if (background) {
      runNode(command, subshell(scope), false);
      status = true;
    } else status = runNode(command, scope, decides && index === statements.length - 1);
    scope.status = status;
  }
  return status;
}

function runNode(node: Node, scope: ShellScope, decides: boolean): Status {
  if (++scope.reading.steps > limits.steps) {
    leaveUnread(scope, 'The script runs more commands than are followed here.');
    return undefined;
  }
  switch (node.type) {
    case 'Command':
      return runCommand(node, scope, runner, decides);
    case 'AndOr':
      return runAndOr(node, scope, decides);
    case 'Pipeline':
      return runPipeline(node, scope, decides);
    case 'Redirected': {
      const redirected = readRedirects(node.redirects, scope, expand);
      return withRedirects(scope, redirected, () => runNode(node.command, scope, decides));
    }
    case 'BraceGroup':
      return runAll(node.body.commands, scope, decides);
    case 'CompoundList':
      return runAll(node.commands, scope, decides);
    case 'Subshell': {
      const child = subshell(scope);
      return endStatus(child, runAll(node.body.commands, child, decides));
    }
    case 'If':
      return runIf(node, scope, decides);
    case 'Case':
      return runCase(node, scope, runner, decides);
    case 'For':
      return runFor(node, scope, runner);
    case 'Select':
      return runUnknownTimes(node.body, scope, runner, [node.name.text]);
    case 'While':
      return runWhile(node, scope, runner);
    case 'ArithmeticFor':
      return runCounting(node, scope, runner);
    case 'Function':
      scope.functions = new Map(scope.functions).set(node.name.value, node.body);
      return true;
    case 'TestCommand':
      return holds(node.expression, scope, expand);
    case 'ArithmeticCommand': {
      const value = node.expression ? expand.number(node.expression, scope) : 0;
      return value === undefined ? undefined : value !== 0;
    }
    case 'Coproc':
      runNode(node.body, subshell(scope), false);
      return true;
    default:
      return undefined;
  }
}

/**
 * `a && b || c`. What stands behind the last `||` of a list that decides, joined by `&&`, runs in
 * every build that goes on, as does the list's start when it has no `||`.
 */
function runAndOr(node: AndOr, scope: ShellScope, decides: boolean): Status {
  const [first, ...others] = node.commands;
  if (!first) return true;
  const lastOr = decides ? node.operators.lastIndexOf('||') : node.operators.length;
  let status = runNode(first, scope, false);
  for (const [at, command] of others.entries()) {
    if (scope.jump) return scope.jump.status;
    scope.status = status;
    const isAnd = node.operators[at] === '&&';
    const last = decides && at === others.length - 1;
    if (status === undefined && !(isAnd && at > lastOr)) {
      status = runEither(scope, [(branch) => runNode(command, branch, false), () => !isAnd]);
    } else if (status === undefined || status === isAnd) status = runNode(command, scope, last);
  }
  return status;
}

function runPipeline(node: Pipeline, scope: ShellScope, decides: boolean): Status {
  const negated = node.prefixes.filter(({ type }) => type === 'Negation').length % 2 === 1;
  const [only] = node.commands;
  let status: Status;
  if (node.commands.length === 1 && only) status = runNode(only, scope, decides && !negated);
  else status = runPipes(node, scope, decides && !negated);
  return negated ? not(status) : status;
}

function runPipes(node: Pipeline, scope: ShellScope, decides: boolean): Status {
  const { commands } = scope.reading;
  let input: Input | null = scope.input;
  let status: Status;
  for (const [at, command] of node.commands.entries()) {
    const child = subshell(scope);
    const last = at === node.commands.length - 1;
    const printed = { text: '' };
    child.input = input;
    if (!last) {
      child.printed = printed;
      child.outputs = [];
    }
    const before = commands.length;
    status = endStatus(child, runNode(command, child, decides && last));
    const { text } = printed;
    input = {
      text: text.includes(unknownPart) ? null : text,
      from: commands.length > before ? commands.length - 1 : null,
    };
  }
  return status;
}

function runIf(node: If, scope: ShellScope, decides: boolean): Status {
  const choose = (at: number, inner: ShellScope): Status => {
    const clause = at === 0 ? node : node.elif[at - 1];
    if (!clause) return node.else ? runAll(node.else.commands, inner, decides) : true;
    const status = runAll(clause.clause.commands, inner, false);
    if (inner.jump) return inner.jump.status;
    if (status === true) return runAll(clause.then.commands, inner, decides);
    if (status === false) return choose(at + 1, inner);
    return runEither(inner, [
      (branch) => runAll(clause.then.commands, branch, decides),
      (branch) => choose(at + 1, branch),
    ]);
  };
  return choose(0, scope);
}

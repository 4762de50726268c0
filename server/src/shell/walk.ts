/** Follows the tree of a script: lists, conditions, loops, pipes, functions. */

import {
  type AndOr,
  type ArithmeticFor,
  type Case,
  type CompoundList,
  type For,
  type If,
  type ParsedScript,
  type Pipeline,
  parse,
  type Script,
  type Statement,
  type SyntaxNode,
  type TestExpression,
  type While,
  type Word,
} from 'unbash';
import { binaryHolds, both, either, isFilled, not, unaryHolds } from './conditions.ts';
import { type Expander, expanderWith } from './expansion.ts';
import { matches } from './patterns.ts';
import { readRedirects } from './redirects.ts';
import { leaveUnread, type Runner, type Status, subshell, withRedirects } from './runner.ts';
import {
  assign,
  type Input,
  land,
  limits,
  lookUp,
  runEither,
  type ShellScope,
} from './shellScope.ts';
import { literalName, runsElsewhere } from './shellState.ts';
import { longestScript, unknownPart, visit } from './shellTree.ts';
import { runCommand } from './simpleCommand.ts';

type Node = Statement['command'] | SyntaxNode;

const expand: Expander = expanderWith(substitute);

/** The walk as the rules for commands call it. */
export const runner: Runner = {
  expand,
  text: runText,
  body: (body, scope) => runNode(body, scope, false),
};

const notRead = 'The script is no shell syntax that can be read here.';

/** Parsed scripts, the most recent ones. */
const parsed = new Map<string, Script | null>();

/** The tree, or null where the script is too long or no syntax; substitutions are judged when they run. */
function parseWhole(text: string): Script | null {
  if (text.length > longestScript || endsOpen(text)) return null;
  const tree = parse(text);
  return tree.errors?.length ? null : tree;
}

/** Whether a lone backslash ends the text. */
function endsOpen(text: string): boolean {
  let at = text.length;
  while (text[at - 1] === '\\') at--;
  return (text.length - at) % 2 === 1;
}

/** Runs the text of a script in this shell; what does not parse is left unread. */
function runText(text: string, scope: ShellScope, decides: boolean): Status {
  let tree = parsed.get(text);
  if (tree === undefined) {
    tree = parseWhole(text);
    if (parsed.size >= 1_000) parsed.clear();
    parsed.set(text, tree);
  }
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

/** The status of a shell that has ended, by `exit` or behind its last command. */
function endStatus(child: ShellScope, status: Status): Status {
  if (child.jump) return child.jump.status;
  return child.escapes.length > 0 ? undefined : status;
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
      return runCase(node, scope, decides);
    case 'For':
      return runFor(node, scope);
    case 'Select':
      return runUnknownTimes(node.body, scope, [node.name.text]);
    case 'While':
      return runWhile(node, scope);
    case 'ArithmeticFor':
      return runCounting(node, scope);
    case 'Function':
      scope.functions = new Map(scope.functions).set(node.name.value, node.body);
      return true;
    case 'TestCommand':
      return holds(node.expression, scope);
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

function runCase(node: Case, scope: ShellScope, decides: boolean): Status {
  return runItemsOf(node, expand.text(node.word, scope), scope, decides);
}

function runItemsOf(node: Case, subject: string, scope: ShellScope, decides: boolean): Status {
  const branches: ((branch: ShellScope) => Status)[] = [];
  for (const [at, item] of node.items.entries()) {
    const fits = item.pattern
      .map((word) => patternFits(subject, word, scope))
      .reduce(either, false as Status);
    if (fits === false) continue;
    const run = (branch: ShellScope) => runItems(node, at, branch, decides, subject);
    if (fits && branches.length === 0) return run(scope);
    branches.push(run);
    if (fits) return runEither(scope, branches);
  }
  if (branches.length === 0) return true;
  return runEither(scope, [...branches, () => true]);
}

/** The body of an item, and of those after it where it ends in `;&` or `;;&`. */
function runItems(
  node: Case,
  from: number,
  scope: ShellScope,
  decides: boolean,
  subject: string,
): Status {
  let status: Status = true;
  for (let at = from; at < node.items.length && !scope.jump; at++) {
    const item = node.items[at];
    if (!item) break;
    status = runAll(item.body.commands, scope, decides);
    if (item.terminator === ';;&') {
      const rest = { ...node, items: node.items.slice(at + 1) };
      return scope.jump ? status : runItemsOf(rest, subject, scope, decides);
    }
    if (item.terminator !== ';&') break;
  }
  return status;
}

function patternFits(subject: string, word: Word, scope: ShellScope): Status {
  const pattern = expand.pattern(word, scope);
  if (/^\*+$/.test(pattern)) return true;
  if (pattern.includes(unknownPart)) return undefined;
  if (subject.includes(unknownPart)) return openTextFits(subject, pattern);
  return matches(subject, pattern);
}

/** A pattern without stars does not fit a text whose known start is another one. */
function openTextFits(subject: string, pattern: string): Status {
  const start = subject.slice(0, subject.indexOf(unknownPart));
  const plain = /^[\w./:@-]*/.exec(pattern)?.[0] ?? '';
  const length = Math.min(start.length, plain.length);
  if (start.slice(0, length) !== plain.slice(0, length)) return false;
  return plain === pattern && plain.length < start.length ? false : undefined;
}

function runFor(node: For, scope: ShellScope): Status {
  const name = node.name.text;
  if (!node.wordlist && !scope.args) return runUnknownTimes(node.body, scope, [name]);
  const items = node.wordlist
    ? node.wordlist.flatMap((word) => itemsOf(word, scope))
    : (scope.args ?? []).map((text) => ({ text, open: false }));
  if (items.length > limits.iterations) return runUnknownTimes(node.body, scope, [name]);
  let status: Status = true;
  for (const { text, open } of items) {
    if (open) {
      blur(node.body, scope);
      runEither(scope, [
        (branch) => {
          assign(branch, name, text);
          return runAll(node.body.commands, branch, false);
        },
        () => true,
      ]);
      status = undefined;
    } else {
      assign(scope, name, text);
      status = runAll(node.body.commands, scope, false);
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
function itemsOf(word: Word, scope: ShellScope): { text: string; open: boolean }[] {
  const globs = word.parts?.some(({ type }) => type === 'Glob' || type === 'ExtendedGlob') ?? false;
  const splits =
    word.parts?.some(({ type }) => type.endsWith('Expansion') && type !== 'BraceExpansion') ??
    false;
  const lists = word.text.includes('[@]') || word.text.includes('@}');
  return expand.fields([word], scope).map((text) => {
    if (globs) return { text: text.replace(/[*?[].*?(?=\/|$)/g, unknownPart), open: true };
    return { text, open: (splits || lists) && text.includes(unknownPart) };
  });
}

/** The body once as something that may run, with all it assigns unknown. */
function runUnknownTimes(body: CompoundList, scope: ShellScope, names: readonly string[]): Status {
  for (const name of names) assign(scope, name, undefined);
  blur(body, scope);
  runEither(scope, [(branch) => runAll(body.commands, branch, false), () => true]);
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

function runWhile(node: While, scope: ShellScope): Status {
  return repeat(
    scope,
    node.body,
    () => {
      const status = runAll(node.clause.commands, scope, false);
      return node.kind === 'while' ? status : not(status);
    },
    () => {},
  );
}

function runCounting(node: ArithmeticFor, scope: ShellScope): Status {
  if (node.initialize) expand.number(node.initialize, scope);
  const { test, update } = node;
  return repeat(
    scope,
    node.body,
    () => {
      const value = test ? expand.number(test, scope) : 1;
      return value === undefined ? undefined : value !== 0;
    },
    () => update && expand.number(update, scope),
  );
}

/** A loop with a condition: as often as that is decided, then once as something that may run. */
function repeat(
  scope: ShellScope,
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
      runUnknownTimes(body, scope, []);
      break;
    }
    runAll(body.commands, scope, false);
    land(scope, 'continue');
    if (leavesLoop(scope)) break;
    if (hasLeft(scope)) return undefined;
    next();
  }
  land(scope, 'break');
  return true;
}

/** `[[ … ]]`. */
function holds(node: TestExpression, scope: ShellScope): Status {
  switch (node.type) {
    case 'TestLogical':
      return node.operands
        .map((operand) => holds(operand, scope))
        .reduce(node.operator === '&&' ? both : either);
    case 'TestNot': {
      const inner = holds(node.operand, scope);
      return node.negations.length % 2 === 1 ? not(inner) : inner;
    }
    case 'TestGroup':
      return holds(node.expression, scope);
    case 'TestUnary': {
      const operand = expand.text(node.operand, scope);
      if (node.operator !== '-v') return unaryHolds(node.operator, operand);
      const value = lookUp(scope, operand);
      return value === undefined ? undefined : value !== null;
    }
    case 'TestBinary':
      return compares(node, scope);
  }
}

function compares(
  node: Extract<TestExpression, { type: 'TestBinary' }>,
  scope: ShellScope,
): Status {
  const left = expand.text(node.left, scope);
  const { operator } = node;
  if (operator === '=~') return searches(left, expand.pattern(node.right, scope), scope);
  if (operator === '==' || operator === '=' || operator === '!=') {
    const fits = patternFits(left, node.right, scope);
    return operator === '!=' ? not(fits) : fits;
  }
  const right = expand.text(node.right, scope);
  return right === '' && operator === '' ? isFilled(left) : binaryHolds(operator, left, right);
}

/** `=~` with an expression without groups that repeat, so that it takes no time. */
function searches(text: string, pattern: string, scope: ShellScope): Status {
  assign(scope, 'BASH_REMATCH', undefined);
  if (text.includes(unknownPart) || pattern.includes(unknownPart)) return undefined;
  if (text.length > 200 || pattern.length > 200) return undefined;
  if (/\)[*+?{]|\[\[|\\[<>b]/.test(pattern) || /([*+].*){3}/.test(pattern)) return undefined;
  try {
    return new RegExp(pattern).test(text);
  } catch {
    return undefined;
  }
}

/**
 * Why a script cannot be joined with its neighbours: what it reads of its own process, what sh may
 * not understand, and what its grouping would change. Every reason is a full sentence.
 */

import type { Command, ParameterExpansionPart, ParsedScript, SyntaxNode } from 'unbash';
import { knownWords } from './lifetime.ts';
import type { ScriptFacts } from './scriptFacts.ts';
import type { Shell } from './shellPrefix.ts';
import { literalName, runsElsewhere } from './shellState.ts';
import { readScript, unknownPart, visit } from './shellTree.ts';

/** A reason that holds wherever the script stands, or undefined. */
export function refusalAnywhere(
  tree: ParsedScript,
  text: string,
  shell: Shell,
): string | undefined {
  if (text.includes('\r')) {
    return 'The script has carriage returns, which the shell takes as part of its words.';
  }
  return find(tree, (node) => {
    if (shell.language === 'sh' && isBashOnly(node, text)) {
      return 'The script uses Bash syntax, and /bin/sh may be another shell that reads it differently.';
    }
    if (node.type === 'Coproc') return 'The script starts a coprocess, whose end is not known.';
    if (node.type === 'Command') return commandRefusal(node);
    if (variableName(node) === 'BASH_EXECUTION_STRING') {
      return 'The script reads its own text, which is different in a merged script.';
    }
    return undefined;
  });
}

function commandRefusal(command: Command): string | undefined {
  const name = literalName(command);
  if (name === undefined) return undefined;
  const words = command.args.map((word) => word.text);
  if (['times', 'caller', 'history', 'fc', 'suspend'].includes(name)) {
    return `The script runs ${name}, which tells one shell from several.`;
  }
  if (
    name === 'set' &&
    words.some((word) => /^-\w*[nmtk]|^(noexec|monitor|onecmd|keyword)$/.test(word))
  ) {
    return 'The script sets a shell option that a group of commands does not keep to itself.';
  }
  return undefined;
}

/** What the script does that holds for its lines, so that it must stay on one line; or undefined. */
export function lineSense(tree: ParsedScript): string | undefined {
  return find(tree, (node) => {
    if (variableName(node) === 'LINENO') {
      return 'The script reads $LINENO, which is different in a merged script.';
    }
    if (node.type !== 'Command') return undefined;
    const name = literalName(node) ?? '';
    const words = node.args.map((word) => word.text);
    const changesReading =
      name === 'alias' ||
      name === 'unalias' ||
      (name === 'shopt' && words.some((word) => /^(extglob|expand_aliases)$/.test(word))) ||
      (name === 'set' && words.some((word) => /^[-+]\w*v|^verbose$/.test(word)));
    if (!changesReading) return undefined;
    return `The script runs ${name}, which changes how the shell reads the lines after it.`;
  });
}

/** A reason why the script cannot come after another one in the same shell, or undefined. */
export function refusalAfterAnother(tree: ParsedScript): string | undefined {
  const firstCommand = firstCommandEnd(tree);
  return find(tree, (node) => {
    const variable = variableName(node);
    if (variable === 'SECONDS') {
      return 'A later script reads $SECONDS, which counts from the start of its own shell.';
    }
    if (variable === '_' && node.pos < firstCommand) {
      return 'A later script reads $_ before a command of its own has set it.';
    }
    return undefined;
  });
}

/** Where the first command that sets `$_` in this very shell ends. */
function firstCommandEnd(tree: ParsedScript): number {
  let end = Number.POSITIVE_INFINITY;
  for (const statement of tree.commands.slice(0, 1)) {
    const command =
      statement.command.type === 'AndOr' ? statement.command.commands[0] : statement.command;
    if (command?.type === 'Command' && !statement.background) end = command.end;
  }
  return end;
}

/** A reason why the script cannot stand in a subshell, or undefined. */
export function refusalInSubshell(
  facts: ScriptFacts,
  shell: Shell,
  known: ReadonlySet<string>,
): string | undefined {
  const fatal = fatalExpansion(facts, shell, known);
  if (fatal) {
    return `When ${fatal} is unset, Bash ends a subshell with another status than a script of its own.`;
  }
  if (shell.language === 'bash' && exitTrapShows(facts, shell)) {
    return 'Bash runs an EXIT trap under a trace or a redirection differently in a subshell.';
  }
  return find(facts.tree, (node) => {
    const variable = variableName(node);
    if (variable === 'BASHPID' || variable === 'BASH_SUBSHELL') {
      return `The script reads $${variable}, which tells a subshell from the shell.`;
    }
    if (node.type === 'Word' && isOwnProcess(node.text)) {
      return 'The script names its own process by $$, which in a subshell is another one.';
    }
    if (node.type === 'Function') return undefined;
    if (node.type !== 'Command') return undefined;
    const name = literalName(node);
    if (
      name === 'kill' &&
      node.args.some((word) => /^(0|1|-1|-- ?-.*|"?\$\$"?)$/.test(word.text))
    ) {
      return 'The script signals its own process group, and a subshell is not spared as the first process is.';
    }
    if (name === 'return' && !insideFunction(facts.tree, node)) {
      return 'The script uses return outside a function, which shells treat differently in a subshell.';
    }
    return undefined;
  });
}

/**
 * Bash marks the trace of an EXIT trap by its depth, and undoes the redirection of a group before
 * the trap when the whole shell ends, but not when a subshell does.
 */
function exitTrapShows({ tree, mayExitOnError }: ScriptFacts, shell: Shell): boolean {
  let shows = shell.trace;
  let traps = false;
  visit(tree, (node) => {
    const redirects = node.type === 'Redirected' || node.type === 'Function';
    if (redirects) shows ||= mayExitOnError || shell.nounset || mayEnd(node);
    if (node.type !== 'Command') return true;
    const words = node.args.map((word) => word.text);
    const name = literalName(node);
    if (name === 'set') shows ||= words.some((word) => /^-\w*x|^xtrace$|\$/.test(word));
    if (name === 'trap') traps ||= words.some((word) => /^(SIG)?EXIT$|^0$|^DEBUG$/.test(word));
    return true;
  });
  return shows && traps;
}

/** Whether the shell may end while it runs this. */
function mayEnd(node: SyntaxNode): boolean {
  let ends = false;
  visit(node, (child) => {
    if (child.type === 'ParameterExpansion') ends ||= isRequired(child);
    if (child.type === 'Command') {
      const name = literalName(child);
      ends ||= name === undefined || /^(exit|exec|eval|\.|source|set|trap)$/.test(name);
    }
    return !ends;
  });
  return ends;
}

function isOwnProcess(text: string): boolean {
  return /^"?\$(\$|\{\$\})"?$/.test(text) || /\/proc\/\$(\$|\{\$\})/.test(text);
}

function insideFunction(tree: ParsedScript, command: Command): boolean {
  let inside = false;
  visit(tree, (node) => {
    if (node.type === 'Function' && node.pos <= command.pos && command.end <= node.end)
      inside = true;
    return !inside;
  });
  return inside;
}

const alwaysSet = new Set(
  'PATH HOME PWD IFS PPID UID EUID OPTIND PS4 HOSTNAME BASH BASH_VERSION SHLVL RANDOM _'.split(' '),
);

/**
 * Without `-e` Bash ends a `-c` script with 127 for an unset variable under `-u` (or `${x?}`), and a subshell
 * with 1; dash and BusyBox ash give 2 both times. Gives the first variable that may be unset.
 */
function fatalExpansion(
  facts: ScriptFacts,
  shell: Shell,
  known: ReadonlySet<string>,
): string | undefined {
  if (shell.language !== 'bash' || diesTheSame(facts, shell)) return undefined;
  const { tree } = facts;
  const assigned = new Set<string>();
  let nounset = shell.nounset;
  visit(tree, (node) => {
    if (node.type === 'Command' && literalName(node) === 'set') {
      nounset ||= node.args.some((word) => /^-\w*u|^nounset$|\$/.test(word.text));
    }
    return true;
  });
  let fatal: string | undefined;
  visit(tree, (node) => {
    if (fatal) return false;
    // A subshell ends with 1 wherever it stands; parts of a pipeline and jobs end as the shell does.
    const isPart = node.type === 'Statement' || node.type === 'Pipeline';
    if (runsElsewhere(node) && !isPart) return false;
    if (node.type === 'Command') collectAssigned(node, assigned);
    if (node.type === 'For') assigned.add(node.name.text);
    if (node.type === 'ParameterExpansion' && isRequired(node)) fatal = node.text;
    const name = variableName(node);
    if (!nounset || name === undefined || fatal) return !fatal;
    if (node.type === 'ParameterExpansion' && node.operation?.type === 'Default') return true;
    if (/^[?#$@*!0-]$/.test(name) && name !== '!') return true;
    const element = node.type === 'ParameterExpansion' && node.index !== undefined;
    if (element || (!assigned.has(name) && !known.has(name) && !alwaysSet.has(name)))
      fatal = `$${name}`;
    return true;
  });
  return fatal;
}

/** Names that a command sets for good; assignments before another command are gone with it. */
function collectAssigned(command: Command, assigned: Set<string>): void {
  const name = literalName(command);
  const lasting = name === '' ? command.prefix : command.suffix;
  if (name !== '' && !/^(export|readonly|declare|typeset|local|read)$/.test(name ?? '')) return;
  for (const part of lasting) {
    if (part.type === 'Assignment') assigned.add(part.name);
    if (part.type === 'Word' && name === 'read') assigned.add(part.text);
  }
}

/** With `-e` in force Bash ends both with 1. */
function diesTheSame(facts: ScriptFacts, shell: Shell): boolean {
  return (shell.errexit || facts.prologue?.errexit === true) && keepsErrexit(facts.tree);
}

/** Nothing in the script switches `-e` off. */
function keepsErrexit(tree: SyntaxNode): boolean {
  let keeps = true;
  visit(tree, (node) => {
    if (node.type !== 'Command') return keeps;
    const name = literalName(node);
    const words = node.args.map((word) => word.text);
    if (name === undefined || /^(\.|source|shopt|builtin)$/.test(name)) keeps = false;
    if (name === 'command' && /^(set|eval|\.|source)$/.test(words[0] ?? '')) keeps = false;
    if (name === 'eval') {
      const text = knownWords(node, new Map()).slice(1).join(' ');
      const nested = text.includes(unknownPart) ? undefined : readScript(text);
      keeps &&= nested !== undefined && keepsErrexit(nested);
    }
    if (name === 'set' && words[0] !== '--') {
      keeps &&= words.every((word) => /^-[a-zA-Z]+$|^pipefail$/.test(word));
    }
    return keeps;
  });
  return keeps;
}

function isRequired(part: ParameterExpansionPart): boolean {
  return part.operation?.type === 'Default' && part.operation.operator.includes('?');
}

function variableName(node: SyntaxNode): string | undefined {
  if (node.type === 'SimpleExpansion') return node.text.slice(1);
  if (node.type === 'ParameterExpansion') return node.parameter;
  if (node.type === 'ArithmeticWord' && /^[A-Za-z_]\w*$/.test(node.value)) return node.value;
  return undefined;
}

/** Syntax that Bash has and POSIX sh has not, where another shell would parse something else. */
function isBashOnly(node: SyntaxNode, text: string): boolean {
  switch (node.type) {
    case 'ArrayValue':
    case 'ProcessSubstitution':
    case 'HereString':
    case 'Select':
    case 'Coproc':
    case 'ArithmeticFor':
    case 'ArithmeticCommand':
    case 'ExtendedGlob':
    case 'LocaleString':
    case 'FileDescriptorVariable':
    case 'TestGroup':
    case 'TestLogical':
      return true;
    case 'CommandExpansion':
    case 'Subshell':
      // POSIX leaves open whether `$((` may begin a subshell.
      return /^\$?\(\(/.test(text.slice(node.pos, node.pos + 3));
    case 'TestBinary':
      return /^(=~|<|>)$/.test(node.operator);
    case 'Redirect':
      return (
        node.operator.startsWith('&>') ||
        (node.operator === '>&' && !/^(\d+|-)$/.test(node.target?.text ?? ''))
      );
    case 'Pipeline':
      return (
        node.operators.includes('|&') ||
        node.prefixes.length > 1 ||
        (node.prefixes[0]?.type === 'Time' && node.commands[0]?.type !== 'Command')
      );
    case 'CaseItem':
      return node.terminator === ';&' || node.terminator === ';;&';
    case 'Function':
      return text.startsWith('function', node.pos) || !/^[A-Za-z_]\w*$/.test(node.name.text);
    case 'For':
      return !/\bdone$/.test(text.slice(node.pos, node.end));
    case 'AnsiCQuoted':
      return node.text.includes("\\'");
    case 'Names':
    case 'Transform':
      return true;
    case 'ParameterExpansion':
      return node.index !== undefined || node.prefix === '!';
    default:
      return false;
  }
}

function find(
  tree: ParsedScript,
  test: (node: SyntaxNode) => string | undefined,
): string | undefined {
  let reason: string | undefined;
  visit(tree, (node) => {
    reason ??= test(node);
    return reason === undefined;
  });
  return reason;
}

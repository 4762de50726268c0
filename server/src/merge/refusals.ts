/**
 * Why a script cannot be joined with its neighbours: what it reads of its own process, what sh may
 * not understand, and what its grouping would change. Every reason is a full sentence.
 */

import type { Command, ParsedScript, SyntaxNode } from 'unbash';
import type { Shell } from '../shell/shellPrefix.ts';
import { literalName } from '../shell/shellState.ts';
import { variableName, visit } from '../shell/shellTree.ts';
import { isBashOnly } from './bashSyntax.ts';
import type { ScriptFacts } from './scriptFacts.ts';
import { fatalExpansion, isRequired } from './unsetVariables.ts';

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

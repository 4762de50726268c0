/**
 * Variables that may be unset where that ends the shell: Bash then tells a subshell from a script
 * of its own by its exit status.
 */

import type { Command, ParameterExpansionPart, SyntaxNode } from 'unbash';
import { knownWords } from '../shell/commandWords.ts';
import type { Shell } from '../shell/shellPrefix.ts';
import { literalName, runsElsewhere } from '../shell/shellState.ts';
import { readScript, unknownPart, variableName, visit } from '../shell/shellTree.ts';
import type { ScriptFacts } from './scriptFacts.ts';

const alwaysSet = new Set(
  'PATH HOME PWD IFS PPID UID EUID OPTIND PS4 HOSTNAME BASH BASH_VERSION SHLVL RANDOM _'.split(' '),
);

/**
 * Without `-e` Bash ends a `-c` script with 127 for an unset variable under `-u` (or `${x?}`), and a subshell
 * with 1; dash and BusyBox ash give 2 both times. Gives the first variable that may be unset.
 */
export function fatalExpansion(
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

/** `${name?word}`, which ends the shell when the variable is unset. */
export function isRequired(part: ParameterExpansionPart): boolean {
  return part.operation?.type === 'Default' && part.operation.operator.includes('?');
}

/**
 * What decides how a script may stand beside others in one shell: what it leaves behind there,
 * and whether `set -e` means the same for it inside a list as on its own.
 */

import type { ParsedScript, Statement, SyntaxNode } from 'unbash';
import { environmentShowers } from '../shell/builtins.ts';
import type { Shell } from '../shell/shellPrefix.ts';
import { leavesState, literalName, nodeLeavesState, runsElsewhere } from '../shell/shellState.ts';
import { visit } from '../shell/shellTree.ts';
import { endsWithFailure, isIndifferent, literalSet, setsErrexit, someCommand } from './errexit.ts';

export interface Prologue {
  /** `set -eux`, as written. */
  readonly text: string;
  readonly joint: ';' | '&&';
  /** Offset of the end of the `set` command, and of what follows the joint. */
  readonly end: number;
  readonly bodyStart: number;
  readonly errexit: boolean;
}

export interface ScriptFacts {
  readonly text: string;
  readonly tree: ParsedScript;
  /** Offset where the last statement ends; `;` and comments may follow. */
  readonly end: number;
  readonly endsInBackground: boolean;
  /** A comment behind the last statement on its line, with `#`. */
  readonly comment: string | undefined;
  readonly multiline: boolean;
  /** Bash may give up the rest of a line of it. */
  readonly mayDiscard: boolean;
  /** Then a line follows with which Bash goes on. */
  readonly goesOn: boolean;
  /** Why the script must stay on one line, when it must. */
  readonly lineSense: string | undefined;
  /** One pipeline, one list of `&&` only, one list with `||`, or several statements. */
  readonly shape: 'pipeline' | 'and' | 'or' | 'many';
  /** Leaves the shell as it found it. */
  readonly neutral: boolean;
  /** Prints the environment, where Bash's own SHLVL depends on the grouping. */
  readonly showsEnvironment: boolean;
  /** Reads which options are set. */
  readonly readsOptions: boolean;
  /** `-e` (or a trap on ERR) may be in force at some point. */
  readonly mayExitOnError: boolean;
  /** Does the same with `-e` in force, off, or ignored because a list tests the script. */
  readonly indifferent: boolean;
  /** With `-e` in force the shell ends whenever the script's status is not zero. */
  readonly endsOnFailure: boolean;
  readonly prologue: Prologue | undefined;
  /** The same, for what follows the prologue. */
  readonly body: { readonly neutral: boolean; readonly indifferent: boolean };
}

/** Facts of a script that parses and has at least one command; else undefined. */
export function scriptFacts(
  text: string,
  tree: ParsedScript,
  shell: Shell,
  sense: string | undefined,
): ScriptFacts | undefined {
  const statements = tree.commands;
  const last = statements.at(-1);
  if (!last) return undefined;
  const errTrap = hasErrorTrap(tree);
  const prologue = readPrologue(text, tree);
  const bash = shell.language === 'bash';
  const single = statements.length === 1 && !last.background;
  return {
    text,
    tree,
    end: last.end,
    endsInBackground: last.background === true,
    comment: /^[ \t;]*(#[^\n]*)/.exec(text.slice(last.end))?.[1]?.trimEnd(),
    multiline: text.trimEnd().includes('\n'),
    mayDiscard: bash && mayDiscard(tree),
    goesOn:
      bash &&
      statements.some(
        (statement) => text.slice(statement.end, last.pos).includes('\n') && mayDiscard(statement),
      ),
    lineSense: sense,
    shape: single ? shapeOf(last) : 'many',
    neutral: !statements.some(leavesState),
    showsEnvironment: showsEnvironment(tree),
    readsOptions: readsOptions(tree),
    mayExitOnError: shell.errexit || errTrap || setsErrexit(tree),
    indifferent: single && !errTrap && isIndifferent(last.command),
    endsOnFailure: !last.background && endsWithFailure(last.command),
    prologue,
    body: bodyFacts(tree, prologue, single && !errTrap),
  };
}

function shapeOf(statement: Statement): ScriptFacts['shape'] {
  if (statement.command.type !== 'AndOr') return 'pipeline';
  return statement.command.operators.includes('||') ? 'or' : 'and';
}

function bodyFacts(tree: ParsedScript, prologue: Prologue | undefined, single: boolean) {
  if (!prologue) return { neutral: false, indifferent: false };
  if (prologue.joint === ';') {
    return { neutral: !tree.commands.slice(1).some(leavesState), indifferent: false };
  }
  const list = tree.commands[0]?.command;
  const rest = list?.type === 'AndOr' ? list.commands.slice(1) : [];
  return {
    neutral: !rest.some((command) => nodeLeavesState(command)),
    indifferent: single && rest.every(isIndifferent),
  };
}

/** A `set` with literal options only, as the first command of the script or of its one `&&` list. */
function readPrologue(text: string, tree: ParsedScript): Prologue | undefined {
  const [first, second] = tree.commands;
  if (!first || first.background) return undefined;
  const list = first.command.type === 'AndOr' ? first.command : undefined;
  const inList = list !== undefined && second === undefined && !list.operators.includes('||');
  const command = inList ? list.commands[0] : first.command;
  const next = inList ? list.commands[1] : second;
  if (command?.type !== 'Command' || !next) return undefined;
  const options = literalSet(command);
  if (!options || options.some((word) => !/^-([euxfC]+|[euxfC]*o)$|^pipefail$/.test(word))) {
    return undefined;
  }
  const between = /^[ \t]*;?[ \t]*\n*/.exec(text.slice(command.end))?.[0].length ?? 0;
  return {
    text: text.slice(command.pos, command.end),
    joint: inList ? '&&' : ';',
    end: command.end,
    bodyStart: inList ? next.pos : command.end + between,
    errexit: options.some((word) => /^-[a-zA-Z]*e/.test(word)),
  };
}

function showsEnvironment(tree: SyntaxNode): boolean {
  let shows = false;
  visit(tree, (node) => {
    if (node.type === 'Command' && environmentShowers.has(literalName(node) ?? '')) shows = true;
    return !shows;
  });
  return shows;
}

/**
 * Errors after which Bash forgets the rest of the line, or of the whole `-c` text on one line, and
 * reads the next: in arithmetic, subscripts, substitutions and assignments to readonly variables.
 */
function mayDiscard(tree: SyntaxNode): boolean {
  let may = false;
  visit(tree, (node) => {
    if (runsElsewhere(node)) return false;
    switch (node.type) {
      case 'ArithmeticWord':
        may ||= !/^\d+$/.test(node.value) || /^0\d/.test(node.value);
        break;
      case 'ArithmeticBinary':
        may ||= /[/%]|\*\*|=$/.test(node.operator);
        break;
      case 'Slice':
        may ||= !/^\d+$/.test(node.offset.text.trim()) || !/^\d*$/.test(node.length?.text ?? '');
        break;
      case 'Transform':
      case 'Unknown':
        may = true;
        break;
      case 'ParameterExpansion':
        may ||= !/^(\d+|[@*])?$/.test(node.index?.text ?? '') || node.prefix === '!';
        break;
      case 'Assignment':
        may ||= node.index !== undefined || /^(UID|EUID|PPID|BASHOPTS|SHELLOPTS)$/.test(node.name);
        break;
      case 'Command': {
        const name = literalName(node);
        const words = node.args.map((word) => word.text);
        may ||=
          name === 'readonly' ||
          name === 'let' ||
          ((name === 'declare' || name === 'typeset') &&
            words.some((word) => /^-\w*[ri]/.test(word))) ||
          (name === 'shopt' && words.includes('failglob'));
        break;
      }
    }
    return !may;
  });
  return may;
}

function readsOptions(tree: SyntaxNode): boolean {
  let reads = false;
  visit(tree, (node) => {
    if (node.type === 'SimpleExpansion') reads ||= node.text === '$-' || node.text === '$SHELLOPTS';
    if (node.type === 'ParameterExpansion') reads ||= /^(-|SHELLOPTS)$/.test(node.parameter);
    if (node.type === 'Command' && /^(set|shopt)$/.test(literalName(node) ?? '')) {
      reads ||=
        node.args.length === 0 ||
        (node.args.length === 1 && /^[-+]\w*o$/.test(node.args[0]?.text ?? ''));
    }
    if (node.type === 'TestUnary' && node.operator === '-o') reads = true;
    return !reads;
  });
  return reads;
}

function hasErrorTrap(tree: SyntaxNode): boolean {
  return someCommand(tree, (command) => {
    if (literalName(command) !== 'trap') return false;
    return command.args
      .slice(1)
      .some((word) => !/^(EXIT|0|SIG\w+|HUP|INT|QUIT|TERM|USR[12]|PIPE|-)$/.test(word.text));
  });
}

/**
 * What `set -e` means for a script: it is off in every command of an `&&` or `||` list but the last,
 * in subshells and functions below it too (POSIX.1-2024, XCU 2.15 `set`), which is why a list is not
 * always equal to a sequence.
 */

import {
  type Command,
  type CommandNode,
  forEachChild,
  type PipelineNode,
  type Statement,
  type SyntaxNode,
} from 'unbash';
import { literalName } from '../shell/shellState.ts';
import { visit } from '../shell/shellTree.ts';

/** Words of a `set` whose options are plain text; undefined for any other command. */
export function literalSet(command: Command): readonly string[] | undefined {
  if (command.name?.text !== 'set' || command.prefix.length > 0) return undefined;
  const words = command.suffix.map((word) =>
    word.type === 'Word' && !word.parts ? word.text : undefined,
  );
  if (words.length === 0 || words.includes(undefined)) return undefined;
  return words as readonly string[];
}

/** Whether `-e` may come into force in this shell or one below that shares its options. */
export function setsErrexit(tree: SyntaxNode): boolean {
  return someCommand(tree, (command) => {
    const name = literalName(command);
    if (name === undefined) return true;
    if (name === 'eval' || name === '.' || name === 'source') return true;
    if (name === 'shopt' || name === 'builtin') return true;
    if (name === 'command') return command.args.some((word) => setters.has(word.text));
    if (name !== 'set' || command.args.length === 0) return false;
    const options = literalSet(command);
    return !options || options.some((word) => /^-[a-zA-Z]*e/.test(word) || word === 'errexit');
  });
}

const setters = new Set(['set', 'eval', '.', 'source', 'shopt']);

/** Whether a command below the node passes the test. */
export function someCommand(tree: SyntaxNode, test: (command: Command) => boolean): boolean {
  let found = false;
  visit(tree, (node) => {
    if (!found && node.type === 'Command') found = test(node);
    return !found;
  });
  return found;
}

/** One command or list of commands in which nothing runs after a failure that `-e` would stop at. */
export function isIndifferent(node: PipelineNode | Statement['command']): boolean {
  switch (node.type) {
    case 'AndOr':
    case 'Pipeline':
      return node.commands.every(isIndifferent);
    case 'Command':
      return isPlain(node);
    case 'Subshell':
    case 'BraceGroup': {
      const [only, ...more] = node.body.commands;
      return (
        only !== undefined && more.length === 0 && !only.background && isIndifferent(only.command)
      );
    }
    case 'TestCommand':
      return !hasSubstitution(node);
    case 'Redirected':
      return isIndifferent(node.command as CommandNode) && !hasSubstitution(node);
    default:
      return false;
  }
}

/** A command that runs no shell code of more than one step in this shell's options. */
function isPlain(command: Command): boolean {
  const name = command.name ? literalName(command) : '';
  if (name === undefined || ['eval', '.', 'source', 'command', 'builtin'].includes(name)) {
    return name === 'command' && /^-[vV]$/.test(command.args[0]?.text ?? '');
  }
  let plain = true;
  forEachChild(command, (child) => {
    visit(child, (node) => {
      if (node.type === 'CommandExpansion' || node.type === 'ArithmeticCommandExpansion') {
        const [only, ...more] = node.script?.commands ?? [];
        if (only && (more.length > 0 || only.background || !isIndifferent(only.command))) {
          plain = false;
        }
      }
      if (node.type === 'ProcessSubstitution') plain = false;
      return plain;
    });
  });
  return plain;
}

function hasSubstitution(node: SyntaxNode): boolean {
  let found = false;
  visit(node, (child) => {
    if (child.type === 'CommandExpansion' || child.type === 'ProcessSubstitution') found = true;
    return !found;
  });
  return found;
}

/** A list that ends in `&&` and a `!` may fail without ending a shell that has `-e`. */
export function endsWithFailure(node: SyntaxNode): boolean {
  switch (node.type) {
    case 'Command':
    case 'Subshell':
    case 'TestCommand':
      return true;
    case 'Pipeline':
      return node.prefixes.length === 0;
    case 'AndOr': {
      const last = node.commands.at(-1);
      return node.operators.at(-1) === '||' && last !== undefined && endsWithFailure(last);
    }
    default:
      return false;
  }
}

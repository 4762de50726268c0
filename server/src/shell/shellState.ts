/** What a script leaves behind in the shell that runs it: directory, variables, options, functions… */

import type { Command, Statement, SyntaxNode } from 'unbash';
import { specialBuiltins, stateBuiltins } from './builtins.ts';
import { visit, wordText } from './shellTree.ts';

/** Whether a statement may change the shell that runs it: directory, variables, options, functions… */
export function leavesState(statement: Statement): boolean {
  return !statement.background && nodeLeavesState(statement.command);
}

/** Whether any command below the node may change the shell that runs it. */
export function nodeLeavesState(node: SyntaxNode): boolean {
  let leaves = false;
  visit(node, (child) => {
    if (leaves || runsElsewhere(child)) return false;
    if (changesState(child)) leaves = true;
    return !leaves;
  });
  return leaves;
}

/** Nodes whose commands run in a process of their own. */
export function runsElsewhere(node: SyntaxNode): boolean {
  switch (node.type) {
    case 'Subshell':
    case 'CommandExpansion':
    case 'ProcessSubstitution':
    case 'ArithmeticCommandExpansion':
      return true;
    case 'Pipeline':
      return node.commands.length > 1;
    case 'Statement':
      return node.background === true;
    default:
      return false;
  }
}

function changesState(node: SyntaxNode): boolean {
  switch (node.type) {
    case 'Function':
    case 'For':
    case 'ArithmeticFor':
    case 'Select':
    case 'Coproc':
    case 'FileDescriptorVariable':
    case 'ArrayValue':
      return true;
    case 'Default':
      return node.operator === '=' || node.operator === ':=';
    case 'ArithmeticUnary':
      return node.operator === '++' || node.operator === '--';
    case 'ArithmeticBinary':
      return /^([-+*/%&|^]|<<|>>|\*\*)?=$/.test(node.operator);
    case 'TestBinary':
      return node.operator === '=~';
    case 'Command':
      return commandChangesState(node);
    default:
      return false;
  }
}

function commandChangesState(command: Command): boolean {
  const assigns = command.prefix.some((part) => part.type === 'Assignment');
  if (!command.name) return assigns;
  const name = literalName(command);
  if (name === 'command' && /^-[vV]$/.test(command.args[0]?.text ?? '')) return assigns;
  if (name === undefined || stateBuiltins.has(name)) return true;
  if (assigns && specialBuiltins.has(name)) return true;
  return name === 'printf' && command.args.some((word) => word.text.startsWith('-v'));
}

/**
 * The command's name when it is plain text, `''` for none; undefined when it is made from
 * expansions, so that it may be any command. A path in which only a part is one names a program.
 */
export function literalName(command: Command): string | undefined {
  if (!command.name) return '';
  const { parts } = command.name;
  if (!parts || parts.every(isLiteral)) return command.name.value;
  const known = wordText(command.name, new Map());
  return known.includes('/') ? known : undefined;
}

function isLiteral(part: SyntaxNode): boolean {
  if (part.type === 'DoubleQuoted') return part.parts.every(isLiteral);
  return part.type === 'Literal' || part.type === 'SingleQuoted';
}

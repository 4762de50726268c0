/** What Bash reads and another shell at `/bin/sh` may not. */

import type { SyntaxNode } from 'unbash';

/** Syntax that Bash has and POSIX sh has not, where another shell would parse something else. */
export function isBashOnly(node: SyntaxNode, text: string): boolean {
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

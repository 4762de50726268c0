/** Arithmetic of the shell, as far as its operands are known. */

import type { ArithmeticExpression } from 'unbash';

/** What an arithmetic expression reads and writes. */
export interface ArithmeticVariables {
  /** The text of a name, or of a word with expansions in it; undefined: not known. */
  readonly read: (
    word: Extract<ArithmeticExpression, { type: 'ArithmeticWord' }>,
  ) => string | undefined;
  readonly write: (name: string, value: number | undefined) => void;
}

/** The value of an expression; undefined where an operand is not known or is no whole number. */
export function calculate(
  node: ArithmeticExpression,
  variables: ArithmeticVariables,
): number | undefined {
  switch (node.type) {
    case 'ArithmeticWord':
      return toNumber(variables.read(node));
    case 'ArithmeticGroup':
      return calculate(node.expression, variables);
    case 'ArithmeticTernary': {
      const test = calculate(node.test, variables);
      if (test === undefined) return undefined;
      return calculate(test ? node.consequent : node.alternate, variables);
    }
    case 'ArithmeticUnary': {
      const value = calculate(node.operand, variables);
      if (node.operator === '++' || node.operator === '--') {
        const next = value === undefined ? undefined : value + (node.operator === '++' ? 1 : -1);
        if (node.operand.type === 'ArithmeticWord') variables.write(node.operand.value, next);
        return node.prefix ? next : value;
      }
      if (value === undefined) return undefined;
      if (node.operator === '-') return -value;
      if (node.operator === '!') return value ? 0 : 1;
      return node.operator === '~' ? ~value : value;
    }
    case 'ArithmeticBinary':
      return binary(node, variables);
    default:
      return undefined;
  }
}

function binary(
  node: Extract<ArithmeticExpression, { type: 'ArithmeticBinary' }>,
  variables: ArithmeticVariables,
): number | undefined {
  const assigns = /^([-+*/%&|^]|<<|>>)?=$/.exec(node.operator);
  const left = node.operator === '=' ? 0 : calculate(node.left, variables);
  const right = calculate(node.right, variables);
  const known = left !== undefined && right !== undefined;
  const operator = assigns ? (assigns[1] ?? '=') : node.operator;
  const value = known ? operate(operator, left, right) : undefined;
  const whole = value !== undefined && Number.isSafeInteger(value) ? value : undefined;
  if (assigns && node.left.type === 'ArithmeticWord') variables.write(node.left.value, whole);
  return whole;
}

function operate(operator: string, left: number, right: number): number | undefined {
  switch (operator) {
    case '=':
    case ',':
      return right;
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right === 0 ? undefined : Math.trunc(left / right);
    case '%':
      return right === 0 ? undefined : left % right;
    case '**':
      return right < 0 ? undefined : left ** right;
    case '<<':
      return right > 30 ? undefined : left << right;
    case '>>':
      return right > 30 ? undefined : left >> right;
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '<':
      return Number(left < right);
    case '>':
      return Number(left > right);
    case '<=':
      return Number(left <= right);
    case '>=':
      return Number(left >= right);
    case '==':
      return Number(left === right);
    case '!=':
      return Number(left !== right);
    case '&&':
      return Number(left !== 0 && right !== 0);
    case '||':
      return Number(left !== 0 || right !== 0);
    default:
      return undefined;
  }
}

/** A whole number as the shell reads it (decimal, `0x`, octal with a leading 0). */
export function toNumber(text: string | undefined): number | undefined {
  const plain = text?.trim();
  if (plain === undefined) return undefined;
  if (plain === '') return 0;
  if (/^[-+]?0[0-7]+$/.test(plain)) return Number.parseInt(plain, 8);
  return /^[-+]?(0|[1-9]\d{0,14}|0x[\da-f]{1,12})$/i.test(plain) ? Number(plain) : undefined;
}

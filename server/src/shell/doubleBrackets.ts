/** `[[ … ]]`. */

import type { TestExpression } from 'unbash';
import { binaryHolds, both, either, isFilled, not, unaryHolds } from './conditions.ts';
import type { Expander } from './expansion.ts';
import { patternFits } from './patternFits.ts';
import type { Status } from './runner.ts';
import { assign, lookUp, type ShellScope } from './shellScope.ts';
import { unknownPart } from './shellTree.ts';

/** Whether a test holds, as far as the text tells. */
export function holds(node: TestExpression, scope: ShellScope, expand: Expander): Status {
  switch (node.type) {
    case 'TestLogical':
      return node.operands
        .map((operand) => holds(operand, scope, expand))
        .reduce(node.operator === '&&' ? both : either);
    case 'TestNot': {
      const inner = holds(node.operand, scope, expand);
      return node.negations.length % 2 === 1 ? not(inner) : inner;
    }
    case 'TestGroup':
      return holds(node.expression, scope, expand);
    case 'TestUnary': {
      const operand = expand.text(node.operand, scope);
      if (node.operator !== '-v') return unaryHolds(node.operator, operand);
      const value = lookUp(scope, operand);
      return value === undefined ? undefined : value !== null;
    }
    case 'TestBinary':
      return compares(node, scope, expand);
  }
}

function compares(
  node: Extract<TestExpression, { type: 'TestBinary' }>,
  scope: ShellScope,
  expand: Expander,
): Status {
  const left = expand.text(node.left, scope);
  const { operator } = node;
  if (operator === '=~') return searches(left, expand.pattern(node.right, scope), scope);
  if (operator === '==' || operator === '=' || operator === '!=') {
    const fits = patternFits(left, node.right, scope, expand);
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

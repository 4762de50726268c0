/** `[ … ]` and `test` with words that may be unknown. */

import { unknownPart } from './shellTree.ts';

type Verdict = boolean | undefined;

/** Whether the words between `[` and `]` hold; undefined: the text does not tell. */
export function testHolds(words: readonly string[]): Verdict {
  const [first = '', second = '', third = ''] = words;
  switch (words.length) {
    case 0:
      return false;
    case 1:
      return isFilled(first);
    case 2:
      return first === '!' ? not(isFilled(second)) : unaryHolds(first, second);
    case 3:
      if (isBinary(second)) return binaryHolds(second, first, third);
      if (first === '!') return not(testHolds([second, third]));
      if (first === '(' && third === ')') return isFilled(second);
      break;
    case 4:
      if (first === '!') return not(testHolds(words.slice(1)));
      break;
  }
  const reader = { words, at: 0, depth: 0 };
  const holds = readOr(reader);
  return reader.at === words.length ? holds : undefined;
}

interface Reader {
  readonly words: readonly string[];
  at: number;
  depth: number;
}

function readOr(reader: Reader): Verdict {
  let holds = readAnd(reader);
  while (reader.words[reader.at] === '-o') {
    reader.at++;
    holds = either(holds, readAnd(reader));
  }
  return holds;
}

function readAnd(reader: Reader): Verdict {
  let holds = readOne(reader);
  while (reader.words[reader.at] === '-a') {
    reader.at++;
    holds = both(holds, readOne(reader));
  }
  return holds;
}

function readOne(reader: Reader): Verdict {
  const [first = '', second = '', third] = reader.words.slice(reader.at, reader.at + 3);
  if (reader.at >= reader.words.length || ++reader.depth > 100) return undefined;
  if (third !== undefined && isBinary(second)) {
    reader.at += 3;
    return binaryHolds(second, first, third);
  }
  if (first === '!') {
    reader.at++;
    return not(readOne(reader));
  }
  if (first === '(') {
    reader.at++;
    const holds = readOr(reader);
    reader.at++;
    return holds;
  }
  if (/^-\w$/.test(first) && reader.at + 1 < reader.words.length) {
    reader.at += 2;
    return unaryHolds(first, second);
  }
  reader.at++;
  return isFilled(first);
}

/** Both hold, as far as it is known. */
export function both(one: Verdict, other: Verdict): Verdict {
  if (one === false || other === false) return false;
  return one === undefined || other === undefined ? undefined : true;
}

/** One of both holds, as far as it is known. */
export function either(one: Verdict, other: Verdict): Verdict {
  return not(both(not(one), not(other)));
}

/** The opposite, as far as it is known. */
export function not(verdict: Verdict): Verdict {
  return verdict === undefined ? undefined : !verdict;
}

/** Whether a text is not empty; one of nothing but unknown parts may be. */
export function isFilled(text: string): Verdict {
  if (!text.includes(unknownPart)) return text !== '';
  return text.replaceAll(unknownPart, '') === '' ? undefined : true;
}

/** `-n x`, `-z x`; questions about files are not decided. */
export function unaryHolds(operator: string, operand: string): Verdict {
  if (operator === '-n') return isFilled(operand);
  if (operator === '-z') return not(isFilled(operand));
  if (operand === '' && /^-[defrswxLhSpbc]$/.test(operator)) return false;
  if (operator === '-t') return false;
  // Folders that are in every Linux image, and there while a RUN runs.
  if (/^-[ed]$/.test(operator) && /^\/(etc|tmp|usr|var|bin|dev|proc)?\/?$/.test(operand))
    return true;
  return undefined;
}

function isBinary(operator: string): boolean {
  return /^(=|==|!=|<|>|-eq|-ne|-lt|-le|-gt|-ge|-nt|-ot|-ef)$/.test(operator);
}

/** Comparisons of `[`; texts are compared as they are. */
export function binaryHolds(operator: string, left: string, right: string): Verdict {
  if (operator.startsWith('-')) return numbersHold(operator, left, right);
  const order = compare(left, right);
  if (operator === '!=') return order === undefined ? undefined : order !== 0;
  if (operator === '=' || operator === '==') return order === undefined ? undefined : order === 0;
  if (order === undefined || left.includes(unknownPart) || right.includes(unknownPart))
    return undefined;
  return operator === '<' ? order < 0 : order > 0;
}

/** Negative, 0, positive; undefined where an unknown part may make them equal or not. */
function compare(left: string, right: string): number | undefined {
  const [leftOpen, rightOpen] = [left.includes(unknownPart), right.includes(unknownPart)];
  if (!leftOpen && !rightOpen) return left === right ? 0 : left < right ? -1 : 1;
  const [leftStart = '', rightStart = ''] = [
    left.split(unknownPart)[0],
    right.split(unknownPart)[0],
  ];
  const least = Math.min(
    leftOpen ? leftStart.length : Number.POSITIVE_INFINITY,
    rightOpen ? rightStart.length : Number.POSITIVE_INFINITY,
  );
  const differs = left.slice(0, least) !== right.slice(0, least);
  if (differs) return left < right ? -1 : 1;
  if (leftOpen !== rightOpen) {
    const open = leftOpen ? left : right;
    const closed = leftOpen ? right : left;
    if (!closed.endsWith(open.slice(open.lastIndexOf(unknownPart) + 1))) return -1;
  }
  return undefined;
}

/** `-eq` and its kin. */
export function numbersHold(operator: string, left: string, right: string): Verdict {
  if (!/^\s*-?\d{1,15}\s*$/.test(left) || !/^\s*-?\d{1,15}\s*$/.test(right)) return undefined;
  const [one, other] = [Number(left), Number(right)];
  switch (operator) {
    case '-eq':
      return one === other;
    case '-ne':
      return one !== other;
    case '-lt':
      return one < other;
    case '-le':
      return one <= other;
    case '-gt':
      return one > other;
    case '-ge':
      return one >= other;
    default:
      return undefined;
  }
}

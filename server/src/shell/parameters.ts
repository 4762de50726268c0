/** `$X`, `${X…}` and positional parameters. */

import type { ParameterExpansionPart, Word } from 'unbash';
import { toNumber } from './arithmetic.ts';
import { matches, removeMatch, replaceMatch } from './patterns.ts';
import { assign, lookUp, type ShellScope, type Value } from './shellScope.ts';
import { unknownPart } from './shellTree.ts';

/** What stands for an expansion: a value, or a list (`$@`, an array) with the way it is joined. */
export type Expanded = Value | { readonly items: readonly string[]; readonly apart: boolean };

/** How words inside an expansion are read. */
export interface WordReader {
  readonly text: (word: Word) => string;
  readonly pattern: (word: Word) => string;
}

/** The value of `$name`: a variable, a positional parameter or a special one. */
export function parameterValue(scope: ShellScope, name: string): Expanded {
  if (/^\d+$/.test(name)) {
    if (name === '0') return scope.program;
    return scope.args ? (scope.args[Number(name) - 1] ?? null) : undefined;
  }
  switch (name) {
    case '@':
    case '*':
      return scope.args ? { items: scope.args, apart: name === '@' } : undefined;
    case '#':
      return scope.args ? String(scope.args.length) : undefined;
    case '?':
      return scope.status === undefined ? undefined : scope.status ? '0' : '1';
    case '$':
    case '!':
    case '-':
      return undefined;
    case 'UID':
    case 'EUID':
      if (scope.language !== 'bash') break;
      return /^(root|0)?(:|$)/.test(scope.user ?? '?') ? '0' : undefined;
  }
  return lookUp(scope, name);
}

/** The value of `${…}` with its operation. */
export function expandParameter(
  scope: ShellScope,
  part: ParameterExpansionPart,
  read: WordReader,
): Expanded {
  let name = part.parameter;
  if (part.prefix === '!') {
    const target = lookUp(scope, name);
    if (part.operation?.type === 'Names' || part.index || !target || !/^\w+$/.test(target)) {
      return undefined;
    }
    name = target;
  }
  const value = part.index
    ? element(scope, name, read.text(part.index))
    : parameterValue(scope, name);
  if (part.prefix === '#') return lengthOf(value);
  if (!part.operation) return value;
  if (part.operation.type === 'Default')
    return withDefault(scope, name, value, part.operation, read);
  if (isList(value)) {
    const changed = value.items.map((item) => changedText(item, part.operation, read));
    if (changed.some((item) => typeof item !== 'string')) {
      return part.operation.type === 'Slice' ? slice(value, part.operation, read) : undefined;
    }
    return part.operation.type === 'Slice'
      ? slice(value, part.operation, read)
      : { items: changed as string[], apart: value.apart };
  }
  return value === undefined ? undefined : changedText(value ?? '', part.operation, read);
}

/** Whether the expansion is a list of words. */
export function isList(
  value: Expanded,
): value is { readonly items: readonly string[]; readonly apart: boolean } {
  return typeof value === 'object' && value !== null;
}

function element(scope: ShellScope, name: string, index: string): Expanded {
  if (!scope.arrays.has(name)) {
    const plain = lookUp(scope, name);
    if (index !== '@' && index !== '*') return index === '0' ? plain : undefined;
    if (typeof plain === 'string') return { items: [plain], apart: index === '@' };
    // Arrays do not come from the environment.
    return { items: [], apart: true };
  }
  const items = scope.arrays.get(name);
  if (!items) return undefined;
  if (index === '@' || index === '*') return { items, apart: index === '@' };
  const at = toNumber(index);
  return at === undefined ? undefined : (items.at(at) ?? null);
}

function lengthOf(value: Expanded): Value {
  if (isList(value)) return String(value.items.length);
  if (value === undefined || value?.includes(unknownPart)) return undefined;
  return String([...(value ?? '')].length);
}

type Operation = NonNullable<ParameterExpansionPart['operation']>;

function withDefault(
  scope: ShellScope,
  name: string,
  value: Expanded,
  { operator, operand }: Extract<Operation, { type: 'Default' }>,
  read: WordReader,
): Expanded {
  const filled = isThere(value, operator.startsWith(':'));
  const kind = operator.at(-1);
  if (kind === '+') return filled === undefined ? undefined : filled ? read.text(operand) : '';
  if (filled === undefined) return undefined;
  if (filled || kind === '?') return value;
  const text = read.text(operand);
  if (kind === '=') assign(scope, name, text);
  return text;
}

/** Whether a value counts as set; `filled`: an empty one does not. */
function isThere(value: Expanded, filled: boolean): boolean | undefined {
  if (isList(value)) return value.items.length > 0 && (!filled || value.items.join('') !== '');
  if (value === undefined || value === null) return value === null ? false : undefined;
  if (!filled) return true;
  if (!value.includes(unknownPart)) return value !== '';
  return value.replaceAll(unknownPart, '') === '' ? undefined : true;
}

function changedText(value: string, operation: Operation | undefined, read: WordReader): Value {
  if (value.includes(unknownPart)) return undefined;
  switch (operation?.type) {
    case 'Remove': {
      const pattern = read.pattern(operation.operand);
      if (pattern.includes(unknownPart)) return undefined;
      return removeMatch(value, operation.operator, pattern);
    }
    case 'Replace': {
      const pattern = read.pattern(operation.pattern);
      const replacement = read.text(operation.replacement);
      if (pattern.includes(unknownPart) || replacement.includes(unknownPart)) return undefined;
      return replaceMatch(value, operation.operator, pattern, replacement);
    }
    case 'Slice': {
      const [from, length] = bounds(operation, read);
      if (from === undefined || length === undefined) return undefined;
      const start = from < 0 ? Math.max(0, value.length + from) : from;
      return value.slice(start, length < 0 ? value.length + length : start + length);
    }
    case 'CaseModification': {
      const pattern = operation.operand ? read.pattern(operation.operand) : '?';
      if (pattern.includes(unknownPart)) return undefined;
      const turn = (char: string) => {
        if (!matches(char, pattern)) return char;
        return operation.operator[0] === '^' ? char.toUpperCase() : char.toLowerCase();
      };
      const chars = [...value];
      if (operation.operator.length === 2) return chars.map(turn).join('');
      return chars.map((char, at) => (at === 0 ? turn(char) : char)).join('');
    }
    default:
      return undefined;
  }
}

function bounds(operation: Extract<Operation, { type: 'Slice' }>, read: WordReader) {
  const length = operation.length ? read.text(operation.length) : String(Number.MAX_SAFE_INTEGER);
  const from = read.text(operation.offset);
  if (from.trim() === '' || length.trim() === '') return [undefined, undefined];
  const most = operation.length ? toNumber(length) : Number.MAX_SAFE_INTEGER;
  return [toNumber(from), most];
}

function slice(
  value: { readonly items: readonly string[]; readonly apart: boolean },
  operation: Extract<Operation, { type: 'Slice' }>,
  read: WordReader,
): Expanded {
  const [from, length] = bounds(operation, read);
  if (from === undefined || length === undefined || from < 1 || length < 0) return undefined;
  // `${@:1}` starts at the first parameter, as `$0` is number 0.
  return { items: value.items.slice(from - 1, from - 1 + length), apart: value.apart };
}

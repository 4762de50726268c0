/** Words as the shell expands them: variables, substitutions, braces, tilde, word splitting. */

import {
  type ArithmeticExpression,
  type DoubleQuotedChild,
  type ParsedScript,
  parse,
  type Word,
  type WordPart,
} from 'unbash';
import { calculate } from './arithmetic.ts';
import { type Expanded, expandParameter, isList, parameterValue } from './parameters.ts';
import { expandBraces } from './patterns.ts';
import { assign, homeOf, limits, lookUp, type ShellScope } from './shellScope.ts';
import { unknownPart } from './shellTree.ts';

/** Runs a substitution and gives what it prints, as far as it is known. */
export type Substitute = (script: ParsedScript | undefined, scope: ShellScope) => string;

export interface Expander {
  /** All fields of the words: none for an empty variable, several for a list. */
  readonly fields: (words: readonly Word[], scope: ShellScope) => string[];
  /** One text without splitting, as in an assignment. */
  readonly text: (word: Word, scope: ShellScope) => string;
  /** A pattern: what was quoted has a backslash before it. */
  readonly pattern: (word: Word, scope: ShellScope) => string;
  /** Parts of a heredoc's body. */
  readonly body: (parts: readonly WordPart[], scope: ShellScope) => string;
  /** The value of an arithmetic expression. */
  readonly number: (node: ArithmeticExpression, scope: ShellScope) => number | undefined;
}

/** Where expanded text goes: fields, one text, or a pattern. */
interface Target {
  /** Text that stays as it is; in patterns its stars count when it is not quoted. */
  readonly add: (text: string, quoted: boolean) => void;
  /** The value of an expansion that is not quoted. */
  readonly split: (text: string) => void;
  readonly list: (items: readonly string[], quoted: boolean, apart: boolean) => void;
  readonly pattern: boolean;
}

/** The rules of expansion, with a way to run what stands in `$(…)`. */
export function expanderWith(substitute: Substitute): Expander {
  const walk = (parts: readonly WordPart[], scope: ShellScope, target: Target, quoted: boolean) => {
    for (const part of parts) add(part, scope, target, quoted);
  };

  const value = (target: Target, expanded: Expanded, quoted: boolean) => {
    if (isList(expanded)) target.list(expanded.items, quoted, expanded.apart);
    else if (quoted) target.add(expanded === undefined ? unknownPart : (expanded ?? ''), true);
    else target.split(expanded === undefined ? unknownPart : (expanded ?? ''));
  };

  const add = (
    part: WordPart | DoubleQuotedChild,
    scope: ShellScope,
    target: Target,
    quoted: boolean,
  ): void => {
    switch (part.type) {
      case 'Literal':
        target.add(target.pattern && !quoted ? part.text : part.value, quoted);
        break;
      case 'SingleQuoted':
      case 'AnsiCQuoted':
        target.add(part.value, true);
        break;
      case 'DoubleQuoted':
      case 'LocaleString':
        if (part.parts.length === 0) target.add('', true);
        walk(part.parts, scope, target, true);
        break;
      case 'Glob':
        target.add(part.text, quoted);
        break;
      case 'SimpleExpansion':
        value(target, parameterValue(scope, part.text.slice(1)), quoted);
        break;
      case 'ParameterExpansion':
        value(target, expandParameter(scope, part, reader(scope)), quoted);
        break;
      case 'CommandExpansion':
        value(target, substitute(part.script, scope), quoted);
        break;
      case 'ArithmeticExpansion': {
        const result = part.expression ? number(part.expression, scope) : 0;
        value(target, result === undefined ? undefined : String(result), quoted);
        break;
      }
      case 'ProcessSubstitution':
        substitute(part.script, scope);
        target.add(unknownPart, true);
        break;
      case 'BraceExpansion':
        target.add(part.parts ? '{' : part.text, quoted);
        if (!part.parts) break;
        walk(part.parts, scope, target, quoted);
        target.add('}', quoted);
        break;
      case 'ExtendedGlob':
        target.add(part.text, quoted);
        break;
    }
  };

  const reader = (scope: ShellScope) => ({
    text: (word: Word) => text(word, scope),
    pattern: (word: Word) => pattern(word, scope),
  });

  const number = (node: ArithmeticExpression, scope: ShellScope) =>
    calculate(node, {
      read: (word) => {
        if (word.parts) return textOf(word.parts, scope);
        if (!/^[A-Za-z_]\w*$/.test(word.value)) return word.value;
        const found = lookUp(scope, word.value);
        return found === null ? '0' : found;
      },
      write: (name, result) =>
        assign(scope, name, result === undefined ? undefined : String(result)),
    });

  const textOf = (parts: readonly WordPart[], scope: ShellScope) => {
    let out = '';
    const append = (more: string) => {
      out = out.length > limits.text ? out : out + more;
    };
    const list = (items: readonly string[]) => append(items.join(' '));
    walk(parts, scope, { add: append, split: append, list, pattern: false }, false);
    return out;
  };

  const text = (word: Word, scope: ShellScope) => {
    if (!word.parts) return untilde(word.text, word.value, scope);
    const out = textOf(word.parts, scope);
    return word.text.startsWith('~') ? untilde(word.text, out, scope) : out;
  };

  const pattern = (word: Word, scope: ShellScope) => {
    if (!word.parts) return word.text;
    let out = '';
    const append = (more: string, quoted: boolean) => {
      out += quoted ? more.replace(/[\\*?[\]@!+()]/g, '\\$&') : more;
    };
    const split = (more: string) => append(more, false);
    const list = (items: readonly string[], quoted: boolean) => append(items.join(' '), quoted);
    walk(word.parts, scope, { add: append, split, list, pattern: true }, false);
    return out;
  };

  const fieldsOf = (word: Word, scope: ShellScope, out: string[]) => {
    if (!word.parts) {
      out.push(untilde(word.text, word.value, scope));
      return;
    }
    if (scope.braces && word.parts.some(({ type }) => type === 'BraceExpansion')) {
      const texts = expandBraces(word.text);
      if (texts.length !== 1 || texts[0] !== word.text) {
        for (const one of wordsOf(texts)) fieldsOf(one, scope, out);
        return;
      }
    }
    const start = out.length;
    let current: string | null = null;
    const append = (more: string) => {
      const before: string = current ?? '';
      current = before.length > limits.text ? before : before + more;
    };
    const end = () => {
      if (current !== null) out.push(current);
      current = null;
    };
    const split = (more: string) => {
      const [separators, kept] = separatorsOf(scope);
      let rest = more;
      for (;;) {
        const found = separators.exec(rest);
        if (!found || out.length > limits.commands) break;
        const before = rest.slice(0, found.index);
        if (before !== '' || (kept && current === null)) append(before);
        end();
        rest = rest.slice(found.index + found[0].length);
      }
      if (rest !== '') append(rest);
    };
    const list = (items: readonly string[], quoted: boolean, apart: boolean) => {
      if (quoted && !apart) append(items.join(' '));
      else
        for (const [at, item] of items.entries()) {
          if (at > 0) end();
          if (quoted) append(item);
          else split(item);
        }
    };
    walk(word.parts, scope, { add: append, split, list, pattern: false }, false);
    end();
    if (word.text.startsWith('~') && out[start]) out[start] = untilde(word.text, out[start], scope);
  };

  return {
    fields: (words, scope) => {
      const out: string[] = [];
      for (const word of words) fieldsOf(word, scope, out);
      return out;
    },
    text,
    pattern,
    body: (parts, scope) => {
      let out = '';
      const append = (more: string) => {
        out = out.length > limits.text ? out : out + more;
      };
      const list = (items: readonly string[]) => append(items.join(' '));
      walk(parts, scope, { add: append, split: append, list, pattern: false }, true);
      return out;
    },
    number,
  };
}

/** A tilde at the start that is not quoted stands for a home folder. */
function untilde(written: string, value: string, scope: ShellScope): string {
  if (written[0] !== '~') return value;
  const name = /^~([a-z_][\w-]*)?(?=\/|$)/i.exec(value);
  if (!name) return value;
  const home = name[1] === undefined ? (lookUp(scope, 'HOME') ?? unknownPart) : homeOf(name[1]);
  return (home ?? unknownPart) + value.slice(name[0].length);
}

/** The characters of IFS, and whether empty fields between them count. */
function separatorsOf(scope: ShellScope): readonly [RegExp, boolean] {
  const set = scope.own.get('IFS');
  if (typeof set !== 'string' || set === ' \t\n') return [/[ \t\n]+/, false];
  if (set === '') return [/(?!)/, false];
  const escaped = set.replace(/[\]\\^-]/g, '\\$&');
  return /\S/.test(set) ? [new RegExp(`[${escaped}]`), true] : [new RegExp(`[${escaped}]+`), false];
}

/** Words of texts that braces were written out in. */
function wordsOf(texts: readonly string[]): readonly Word[] {
  const command = parse(`: ${texts.join(' ')}`).commands[0]?.command;
  if (command?.type !== 'Command') return [];
  return command.args.filter((arg) => arg.type === 'Word');
}

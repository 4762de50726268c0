/** The words of a command: its options, what it works on, and the paths that these name. */

import type { ShellCommand } from '../../shell/commands.ts';
import { unknownPart } from '../../shell/shellTree.ts';
import { absolutePath } from '../../syntax/slashPaths.ts';

export interface Operands {
  /** Short ones one by one: `-rf` is `-r` and `-f`; long ones without their value. */
  readonly options: ReadonlySet<string>;
  /** Values of options that take one, by option. */
  readonly values: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

/**
 * Reads options as getopt does: anywhere before `--`. `withValue` names those that take a value in
 * the next word or, for a long one, behind `=`: `-o --output`.
 */
export function readOperands(words: readonly string[], withValue = ''): Operands {
  const takes = new Set(withValue.split(' '));
  const options = new Set<string>();
  const values = new Map<string, string>();
  const operands: string[] = [];
  for (let at = 1; at < words.length; at++) {
    const word = words[at] as string;
    if (word === '--') {
      operands.push(...words.slice(at + 1));
      break;
    }
    if (word.startsWith('--')) {
      const equals = word.indexOf('=');
      const name = equals < 0 ? word : word.slice(0, equals);
      options.add(name);
      if (equals >= 0) values.set(name, word.slice(equals + 1));
      else if (takes.has(name) && at + 1 < words.length) values.set(name, words[++at] as string);
      continue;
    }
    if (!word.startsWith('-') || word === '-') {
      operands.push(word);
      continue;
    }
    for (let letter = 1; letter < word.length; letter++) {
      const name = `-${word[letter]}`;
      options.add(name);
      if (!takes.has(name)) continue;
      const rest = word.slice(letter + 1);
      if (rest !== '') values.set(name, rest);
      else if (at + 1 < words.length) values.set(name, words[++at] as string);
      break;
    }
  }
  return { options, values, operands };
}

/** The absolute path that a word names, patterns left in it; null where that is not known. */
export function placeOf(word: string, { cwd, env, user }: ShellCommand): string | null {
  if (word === '' || word.includes(unknownPart)) return null;
  const slash = word.endsWith('/') && word !== '/' ? '/' : '';
  if (word.startsWith('/')) return absolutePath(word) + slash;
  if (/^~(\/|$)/.test(word)) {
    const home =
      env.get('HOME') ?? (user === '' || user === 'root' || user === '0' ? '/root' : null);
    return home === null ? null : absolutePath(home + word.slice(1)) + slash;
  }
  return cwd === null ? null : absolutePath(`${cwd}/${word}`) + slash;
}

/** The name at the end of a path. */
export function lastName(path: string): string {
  const plain = absolutePath(path);
  return plain.slice(plain.lastIndexOf('/') + 1);
}

/** Words of a command as options and operands, for programs that take both in any order. */

import { unknownPart } from '../../shell/shellTree.ts';

export interface CommandLine {
  /** By name with its dashes: `--omit`, `-g`; a value where one is given, `''` else; in order. */
  readonly options: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
  /** A word of it is known only when it runs. */
  readonly hasUnknown: boolean;
}

/**
 * Reads words behind the program. `valued`: options whose value is the next word where no `=` holds
 * it. `--` ends the options.
 */
export function commandLine(words: readonly string[], valued: ReadonlySet<string>): CommandLine {
  const options = new Map<string, string[]>();
  const operands: string[] = [];
  let isOver = false;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (isOver || !word.startsWith('-') || word === '-') {
      operands.push(word);
      continue;
    }
    if (word === '--') {
      isOver = true;
      continue;
    }
    const cut = word.indexOf('=');
    const name = cut < 0 ? word : word.slice(0, cut);
    const value = cut >= 0 ? word.slice(cut + 1) : valued.has(name) ? (words[++index] ?? '') : '';
    const known = options.get(name);
    if (known) known.push(value);
    else options.set(name, [value]);
  }
  return { options, operands, hasUnknown: words.some((word) => word.includes(unknownPart)) };
}

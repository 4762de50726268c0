/** Options and operands of programs that handle files. */

import { baseName } from '../../../shell/commandWords.ts';
import { matches } from '../../../shell/patterns.ts';
import { unknownPart } from '../../../shell/shellTree.ts';
import { find } from '../draft.ts';
import { belowOf, childOf, kindOf, namesIn } from '../entries.ts';
import { joined } from '../nodes.ts';
import { Unfollowed } from '../unfollowed.ts';
import { type Call, mayBePattern, operandPath } from './call.ts';

interface Options {
  readonly flags: string;
  readonly values: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

const longNames: Readonly<Record<string, string>> = {
  '--parents': 'p',
  '--recursive': 'R',
  '--force': 'f',
  '--verbose': 'v',
  '--archive': 'a',
  '--symbolic': 's',
  '--no-dereference': 'd',
  '--no-target-directory': 'T',
  '--directory': 'd',
};

/** Letters that are known, and those that take a value; throws Unfollowed for others. */
export function options(call: Call, flags: string, valued = ''): Options {
  const values = new Map<string, string>();
  const operands: string[] = [];
  let found = '';
  const { args } = call;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    if (arg.includes(unknownPart)) throw new Unfollowed();
    if (arg === '--') {
      operands.push(...args.slice(index + 1));
      break;
    }
    if (!arg.startsWith('-') || arg === '-' || (call.name === 'chmod' && /^-[rwxXst]+/.test(arg))) {
      operands.push(arg);
      continue;
    }
    const letters = arg.startsWith('--') ? (longNames[arg] ?? '\0') : arg.slice(1);
    for (let position = 0; position < letters.length; position++) {
      const letter = letters[position] ?? '';
      if (valued.includes(letter)) {
        const rest = letters.slice(position + 1);
        values.set(letter, rest || (args[++index] ?? ''));
        break;
      }
      if (!flags.includes(letter)) throw new Unfollowed();
      found += letter;
    }
  }
  return { flags: found, values, operands };
}

/** Paths of operands; a pattern is looked up where all names of its folder are known. */
export function pathsOf(call: Call, words: readonly string[]): readonly string[] {
  return words.flatMap((word) => {
    const path = operandPath(call, word);
    if (!mayBePattern(call, word)) return [word.endsWith('/') ? `${path}/` : path];
    const { found, below } = matchesOf(call, path);
    if (below !== null || found.length === 0) throw new Unfollowed();
    return found;
  });
}

/**
 * What a pattern in the last part of a path stands for, in the order of the names, and what has all
 * names of the folder that are not known; null: there are no others.
 */
export function matchesOf(call: Call, path: string) {
  const pattern = baseName(path);
  const folder = path.slice(0, -pattern.length);
  const { path: parent, node } = find(call.draft.root, folder || '/');
  // Names may be in another order, and letters in another range.
  const sorts = ['LC_ALL', 'LC_COLLATE', 'LANG'].map((name) => call.command.env.get(name) ?? '');
  const isPlain = sorts.every((value) => /^(C|POSIX)?(\.UTF-8|\.utf8)?$/.test(value));
  if (!isPlain || /\\/.test(pattern) || /[*?[]/.test(folder) || !node) throw new Unfollowed();
  if (kindOf(node) !== 'folder') throw new Unfollowed();
  const found: string[] = [];
  for (const name of [...namesIn(node).names].sort()) {
    const fits = matches(name, pattern);
    if (fits === undefined) throw new Unfollowed();
    const isShown = !name.startsWith('.') || pattern.startsWith('.');
    if (fits && isShown && childOf(node, name)) found.push(joined(parent, name));
  }
  return { found, below: belowOf(node) };
}

/** Options and operands of programs that handle files. */

import { baseName } from '../../../shell/commandWords.ts';
import { unknownPart } from '../../../shell/shellTree.ts';
import { find } from '../draft.ts';
import { namesIn } from '../entries.ts';
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
    const name = baseName(path);
    const parent = find(call.draft.root, path.slice(0, -name.length) || '/');
    if (!/^[^[\\?]*$/.test(name) || /[*?[]/.test(path.slice(0, -name.length)) || !parent.node)
      throw new Unfollowed();
    const { names, all } = namesIn(parent.node);
    if (!all) throw new Unfollowed();
    const parts = name.split('*');
    const fits = (each: string) => {
      let from = parts[0]?.length ?? 0;
      if (!each.startsWith(parts[0] ?? '') || (each.startsWith('.') && !name.startsWith('.')))
        return false;
      for (const part of parts.slice(1, -1)) {
        const found = each.indexOf(part, from);
        if (found < 0) return false;
        from = found + part.length;
      }
      const last = parts.at(-1) ?? '';
      return each.length - last.length >= from && each.endsWith(last);
    };
    const matching = [...names].sort().filter(fits);
    if (matching.length === 0) throw new Unfollowed();
    return matching.map((each) => joined(parent.path, each));
  });
}

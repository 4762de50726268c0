/** The words of apt's programs: what is to be done, to which packages, and with which options. */

import type { ShellCommand } from '../../shell/commands.ts';
import { unknownPart } from '../../shell/shellTree.ts';
import type { Draft } from './draft.ts';

export interface AptWords {
  /** `install`, `update` …; `''` where there is none. */
  readonly verb: string;
  readonly operands: readonly string[];
  /** Short and long ones with their dashes, without values. */
  readonly options: ReadonlySet<string>;
  /** Settings of `-o`, names in lower case. */
  readonly settings: ReadonlyMap<string, string>;
  /** The release that `-t` names. */
  readonly release: string | null;
}

const long: Readonly<Record<string, string>> = {
  '--option': '-o',
  '--config-file': '-c',
  '--target-release': '-t',
  '--default-release': '-t',
  '--host-architecture': '-a',
  '--build-profiles': '-P',
};

const valued = new Set(['-o', '-c', '-t', '-a', '-P']);

/** Reads the words behind the program (apt-get(8): options may stand anywhere, short ones together). */
export function readAptWords(words: readonly string[]): AptWords {
  const operands: string[] = [];
  const options = new Set<string>();
  const settings = new Map<string, string>();
  let release: string | null = null;
  const take = (option: string, value: string) => {
    if (option === '-t') release = value;
    if (option !== '-o') return;
    const [, name = '', text = ''] = /^\s*([^=\s]+)\s*=?\s*(.*?)\s*;?$/s.exec(value) ?? [];
    settings.set(name.toLowerCase(), text.replace(/^"(.*)"$/s, '$1'));
  };
  for (let at = 1; at < words.length; at++) {
    const word = words[at] as string;
    if (word === '--') {
      operands.push(...words.slice(at + 1));
      break;
    }
    if (word.startsWith('--')) {
      const equals = word.indexOf('=');
      const written = equals < 0 ? word : word.slice(0, equals);
      const name = long[written] ?? written;
      const value = equals < 0 ? null : word.slice(equals + 1);
      if (valued.has(name)) take(name, value ?? words[++at] ?? '');
      else if (value === null || isTrue(value)) options.add(name);
      else options.add(`--no-${name.slice(2)}`);
      continue;
    }
    if (!word.startsWith('-') || word === '-') {
      operands.push(word);
      continue;
    }
    for (let letter = 1; letter < word.length; letter++) {
      const name = `-${word[letter]}`;
      options.add(name);
      if (name === '-q' && word[letter + 1] === '=') break;
      if (!valued.has(name)) continue;
      const rest = word.slice(letter + 1).replace(/^=/, '');
      take(name, rest !== '' ? rest : (words[++at] ?? ''));
      break;
    }
  }
  const [verb = '', ...rest] = operands;
  return { verb, operands: rest, options, settings, release };
}

/** What apt takes for yes. */
export function isTrue(value: string): boolean {
  return /^(1|yes|true|with|on|enable)$/i.test(value);
}

/** One operand of `install`, `remove` and their like. */
export interface Wanted {
  /** As written, for sentences. */
  readonly text: string;
  readonly name: string;
  readonly kind: 'name' | 'pattern' | 'file' | 'task' | 'unknown';
  /** `name-` removes, `name+` installs, whatever the verb is. */
  readonly sign: '' | '+' | '-';
  /** Behind `=`; null: not given. */
  readonly version: string | null;
  /** Behind `/`; null: not given. */
  readonly release: string | null;
  /** Behind `:`; null: not given. */
  readonly arch: string | null;
}

/** Reads an operand. `exists`: is there a package of exactly this name (`g++` is no sign). */
export function readWanted(text: string, exists: (name: string) => boolean): Wanted {
  const plain = { text, sign: '', version: null, release: null, arch: null } as const;
  if (/^\.{0,2}\//.test(text) || /\.deb$/.test(text)) return { ...plain, name: text, kind: 'file' };
  const [, head = '', version = null, release = null] =
    /^([^=/]*)(?:=(.*?))?(?:\/(.*))?$/s.exec(text) ?? [];
  const [, bare = '', arch = null] = /^(.*?)(?::([\w-]+))?$/s.exec(head) ?? [];
  if (bare === '' || bare.includes(unknownPart)) return { ...plain, name: bare, kind: 'unknown' };
  const rest = { text, version, release, arch };
  if (exists(bare)) return { ...rest, name: bare, kind: 'name', sign: '' };
  const last = bare.at(-1);
  const shorter = bare.slice(0, -1);
  if ((last === '-' || last === '+') && exists(shorter)) {
    return { ...rest, name: shorter, kind: 'name', sign: last };
  }
  if (last === '^') return { ...rest, name: shorter, kind: 'task', sign: '' };
  const isPattern = /[*?[\]^$|()]/.test(bare) || /\.[*+]/.test(bare);
  return { ...rest, name: bare, kind: isPattern ? 'pattern' : 'name', sign: '' };
}

/**
 * Names that a pattern matches: as the shell would, whole names, else as a regular expression
 * anywhere in them (apt-get(8)). Null: it is more than we would run on every name.
 */
export function matching(pattern: string, names: Iterable<string>): readonly string[] | null {
  const isSimple = /^\^?[\w.+*?[\]-]*\$?$/.test(pattern) && !/[*?+]{2}/.test(pattern);
  if (!isSimple || pattern.length > 100 || (pattern.match(/[*?+]/g)?.length ?? 0) > 4) return null;
  const all = [...names];
  if (/[*?[]/.test(pattern)) {
    const inner = pattern
      .replace(/[.+^$]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.');
    const found = selected(all, `^${inner}$`);
    if (found === null || found.length > 0) return found;
  }
  return selected(all, pattern);
}

function selected(names: readonly string[], source: string): readonly string[] | null {
  try {
    const expression = new RegExp(source);
    return names.filter((name) => expression.test(name));
  } catch {
    return null;
  }
}

/** What one verb of apt does to the layer. */
export type Act = (words: AptWords, command: ShellCommand, draft: Draft) => void;

/** Programs that only run another one: `sudo`, `env`, `timeout`, `sh -c` … */

import { baseName } from './commandWords.ts';
import { unknownPart } from './shellTree.ts';

/** What a wrapper runs, and how that differs from the wrapper itself. */
export interface Inner {
  /** The words of the program; null: `script` is run by a shell. */
  readonly words: readonly string[] | null;
  /** Text for a shell; null: none. */
  readonly script: string | null;
  /** A shell that reads its script from its input. */
  readonly readsInput: boolean;
  readonly language: 'sh' | 'bash';
  /** `$0` and the positional parameters of the script. */
  readonly args: readonly string[];
  /** Another user; null: the same. */
  readonly user: string | null;
  /** The home folder of the user becomes the current one. */
  readonly atHome: boolean;
  readonly assigned: readonly (readonly [string, string])[];
  readonly removed: readonly string[];
  /** The environment starts empty. */
  readonly clears: boolean;
  readonly cwd: string | null;
  /** Takes the place of the shell. */
  readonly ends: boolean;
  /** Runs functions of the script, too. */
  readonly inShell: boolean;
}

const plain: Inner = {
  words: null,
  script: null,
  readsInput: false,
  language: 'sh',
  args: [],
  user: null,
  atHome: false,
  assigned: [],
  removed: [],
  clears: false,
  cwd: null,
  ends: false,
  inShell: false,
};

/** Options of a wrapper: the letters and names that take a value, and how many operands come first. */
interface Form {
  readonly values: RegExp;
  readonly operands: number;
}

const none = /^$/;
const simple: Readonly<Record<string, Form>> = {
  nohup: { values: none, operands: 0 },
  eatmydata: { values: none, operands: 0 },
  setsid: { values: none, operands: 0 },
  fakeroot: { values: /^-[luisb]$/, operands: 0 },
  chronic: { values: none, operands: 0 },
  unbuffer: { values: none, operands: 0 },
  ccache: { values: none, operands: 0 },
  linux32: { values: none, operands: 0 },
  linux64: { values: none, operands: 0 },
  'dbus-run-session': { values: none, operands: 0 },
  'xvfb-run': { values: /^-[enfpsw]$|^--server-(args|num)$/, operands: 0 },
  builtin: { values: none, operands: 0 },
  nice: { values: /^(-n|--adjustment)$/, operands: 0 },
  ionice: { values: /^(-c|-n|--class|--classdata)$/, operands: 0 },
  chrt: { values: /^-[pTPD]$/, operands: 1 },
  taskset: { values: none, operands: 1 },
  stdbuf: { values: /^(-[ioe]|--(input|output|error))$/, operands: 0 },
  timeout: { values: /^(-k|-s|--kill-after|--signal)$/, operands: 1 },
  time: { values: /^(-f|-o|--format|--output)$/, operands: 0 },
  busybox: { values: none, operands: 0 },
  tini: { values: /^-[pe]$/, operands: 0 },
  'dumb-init': { values: /^(-r|--rewrite)$/, operands: 0 },
  setarch: { values: none, operands: 1 },
};

/** What the words run inside; null when the program is no wrapper, or not used as one. */
export function unwrap(words: readonly string[]): Inner | null {
  const [program = '', ...rest] = words;
  const name = baseName(program);
  const form = simple[name];
  if (form && Object.hasOwn(simple, name)) {
    const at = operandsFrom(rest, form.values) + form.operands;
    return at < rest.length ? { ...plain, words: rest.slice(at) } : null;
  }
  switch (name) {
    case 'sh':
    case 'dash':
    case 'ash':
    case 'bash':
    case 'zsh':
    case 'ksh':
      return unwrapShell(name, rest);
    case 'sudo':
    case 'doas':
      return unwrapSudo(rest);
    case 'env':
      return unwrapEnv(rest);
    case 'su':
      return unwrapSu(rest);
    case 'runuser':
      return unwrapRunUser(rest);
    case 'gosu':
    case 'su-exec':
    case 'chpst':
    case 'setuidgid':
      return unwrapUser(name, rest);
    case 'command':
      return /^-[vV]/.test(rest[0] ?? '') ? null : nextIs(rest[0] === '-p' ? rest.slice(1) : rest);
    case 'exec': {
      const at = operandsFrom(rest, /^-a$/);
      return at < rest.length ? { ...plain, words: rest.slice(at), ends: true } : null;
    }
    case 'conda':
    case 'mamba':
    case 'micromamba':
      if (rest[0] !== 'run') return null;
      return nextIs(rest.slice(1 + operandsFrom(rest.slice(1), /^(-n|-p|--name|--prefix|--cwd)$/)));
    case 'scl':
      return unwrapCollection(rest);
    default:
      return null;
  }
}

function nextIs(words: readonly string[]): Inner | null {
  return words.length > 0 ? { ...plain, words } : null;
}

/** Where the operands start: behind the options and the values of those that take one. */
function operandsFrom(words: readonly string[], values: RegExp): number {
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') return at + 1;
    if (!word.startsWith('-') || word === '-') break;
    if (values.test(word)) at++;
  }
  return at;
}

/** `sh -c text name args`, in the ways people write the options; `sh` alone reads its input. */
function unwrapShell(name: string, words: readonly string[]): Inner | null {
  const language = name === 'bash' || name === 'zsh' || name === 'ksh' ? 'bash' : 'sh';
  let at = 0;
  let [command, stdin] = [false, false];
  for (; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') {
      at++;
      break;
    }
    if (/^--(rcfile|init-file)$/.test(word)) at++;
    else if (/^[-+][A-Za-z]+$/.test(word)) {
      if (word.startsWith('-') && word.includes('c')) command = true;
      if (word.startsWith('-') && word.includes('s')) stdin = true;
      for (const letter of word) if (letter === 'o' || letter === 'O') at++;
    } else if (!word.startsWith('--')) break;
  }
  const inner = { ...plain, language } as const;
  const [text, ...args] = words.slice(at);
  if (command) return text === undefined ? null : { ...inner, script: text, args };
  if (text === undefined || stdin || text === '-' || text === '/dev/stdin') {
    const given = stdin ? words.slice(at) : args;
    return { ...inner, readsInput: true, args: [name, ...given] };
  }
  return null;
}

function unwrapSudo(words: readonly string[]): Inner | null {
  let user: string | null = 'root';
  let [login, shell] = [false, false];
  const assigned: [string, string][] = [];
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] ?? '';
    const pair = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(word);
    if (pair) assigned.push([pair[1] ?? '', pair[2] ?? '']);
    else if (word === '-u' || word === '--user') user = words[++at] ?? null;
    else if (/^(--user=|-u)/.test(word)) user = word.replace(/^(--user=|-u)/, '');
    else if (/^-[gCpThrtD]$/.test(word)) at++;
    else if (word === '--') {
      at++;
      break;
    } else if (/^-[A-Za-z]+$/.test(word)) {
      login ||= word.includes('i');
      shell ||= word.includes('s');
      if (word.endsWith('u')) user = words[++at] ?? null;
    } else if (!word.startsWith('--')) break;
  }
  const inner = { ...plain, user: knownUser(user), atHome: login, assigned };
  if (at >= words.length) return login || shell ? { ...inner, readsInput: true } : null;
  return { ...inner, words: words.slice(at) };
}

/** What is not known of a user's name leaves the user unknown: a text that no user has. */
function knownUser(user: string | null): string {
  return user === null || user.includes(unknownPart) ? unknownPart : user;
}

function unwrapEnv(words: readonly string[]): Inner | null {
  const assigned: [string, string][] = [];
  const removed: string[] = [];
  let [clears, cwd, at] = [false, null as string | null, 0];
  for (; at < words.length; at++) {
    const word = words[at] ?? '';
    const pair = /^([^=-][^=]*)=([\s\S]*)$/.exec(word);
    if (pair) assigned.push([pair[1] ?? '', pair[2] ?? '']);
    else if (word === '-i' || word === '-' || word === '--ignore-environment') clears = true;
    else if (word === '-u' || word === '--unset') removed.push(words[++at] ?? '');
    else if (word.startsWith('--unset=')) removed.push(word.slice(8));
    else if (word === '-C' || word === '--chdir') cwd = words[++at] ?? null;
    else if (word === '-S' || word === '--split-string')
      return nextIs(
        words
          .slice(at + 1)
          .join(' ')
          .split(/\s+/),
      );
    else if (!word.startsWith('-')) break;
  }
  if (at >= words.length) return null;
  return { ...plain, words: words.slice(at), assigned, removed, clears, cwd };
}

function unwrapSu(words: readonly string[]): Inner | null {
  let user: string | null = null;
  let script: string | null = null;
  let login = false;
  const args: string[] = [];
  let language: Inner['language'] = 'sh';
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '-' || word === '-l' || word === '--login') login = true;
    else if (/^(-[lmp]*c|--command)$/.test(word)) {
      script = words[++at] ?? null;
      login ||= word.includes('l');
    } else if (word.startsWith('--command=')) script = word.slice(10);
    else if (word === '-s' || word === '--shell') {
      if (/bash$/.test(words[++at] ?? '')) language = 'bash';
    } else if (/^-[gG]$/.test(word)) at++;
    else if (word.startsWith('-')) continue;
    else if (user === null) user = word;
    else args.push(word);
  }
  const inner = { ...plain, language, user: knownUser(user ?? 'root'), atHome: login, args };
  return script === null ? { ...inner, readsInput: true } : { ...inner, script };
}

function unwrapRunUser(words: readonly string[]): Inner | null {
  const at = words.findIndex((word) => word === '-u' || word.startsWith('--user='));
  if (at < 0) return unwrapSu(words);
  const user = words[at] === '-u' ? words[at + 1] : words[at]?.slice(7);
  const rest = words.slice(at + (words[at] === '-u' ? 2 : 1));
  const command = rest.slice(operandsFrom(rest, /^-[gG]$/));
  if (command.length === 0) return null;
  return { ...plain, user: knownUser(user ?? null), words: command };
}

function unwrapUser(name: string, words: readonly string[]): Inner | null {
  const at = name === 'chpst' ? words.indexOf('-u') + 1 : 0;
  const command = words.slice(at + 1);
  if (command.length === 0 || words[at]?.startsWith('-')) return null;
  return { ...plain, user: knownUser(words[at] ?? null), words: command };
}

function unwrapCollection(words: readonly string[]): Inner | null {
  if (words[0] !== 'enable') return null;
  const dashes = words.indexOf('--');
  if (dashes > 0) return nextIs(words.slice(dashes + 1));
  const script = words.at(-1);
  return words.length > 2 && script ? { ...plain, language: 'bash', script } : null;
}

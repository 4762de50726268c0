/** What known programs print: the very text, or a digest of all that it is made from. */

import { unknownPart } from '../shell/shellTree.ts';
import type { Call } from './runEffectsCommands.ts';
import { contentOf, operandPath } from './runEffectsWrite.ts';
import { find, Unfollowed } from './stageTreeDraft.ts';
import type { Making } from './stageTreeMaking.ts';
import { type Content, certain, joinMarks, kindOf, type Marks } from './stageTreeNodes.ts';

/** What the command prints; null: not known, though it may do nothing else. */
export function printed(call: Call): Content | null {
  const { name, args, command, making } = call;
  if (args.some((arg) => arg.includes(unknownPart))) return null;
  switch (name) {
    case 'echo':
      return echoed(call);
    case 'printf':
      return formatted(call);
    case ':':
    case 'true':
    case 'false':
    case 'test':
    case '[':
    case 'sleep':
    case 'export':
    case 'set':
    case 'cd':
      return literal(call, '');
    case 'pwd':
      return command.cwd === null || args.length > 0 ? null : literal(call, `${command.cwd}\n`);
    case 'tee':
      return call.input;
    case 'cat': {
      const plain = args.every((arg) => arg === '-' || !arg.startsWith('-'));
      const read = plain ? inputsOf(call, args) : null;
      if (!plain) break;
      return read && concatenated(call.making, read);
    }
  }
  const filter = filters[name];
  if (!filter) return null;
  const files = filter.files(args);
  if (!files) return null;
  const read = inputsOf(call, files);
  if (!read) return null;
  let marks: Marks = certain;
  for (const each of read) marks = joinMarks(marks, each.marks);
  if (filter.lossy) marks = { ...marks, lossy: new Set([...marks.lossy, call.step]) };
  const words = JSON.stringify([name, args, localeOf(call), read.map(({ digest }) => digest)]);
  return { digest: making.hash(`${words} ${call.draft.image}`), text: null, marks };
}

function literal({ making }: Call, text: string): Content {
  return { digest: making.hash(text), text, marks: certain };
}

/** A digest of the words, where shells differ in what they make of them. */
function made(call: Call): Content {
  const { making, name, args, run, draft } = call;
  const text = JSON.stringify([name, args, run.argv[0], draft.image]);
  return { digest: making.hash(text), text: null, marks: certain };
}

/** Backslashes are taken differently by dash, BusyBox and Bash; so is `-e`. */
function echoed(call: Call): Content | null {
  const { args } = call;
  if (args.some((arg) => mayBePattern(call, arg))) return null;
  const noNewline = args[0] === '-n';
  const rest = noNewline ? args.slice(1) : args;
  if (/^-[neE]+$/.test(rest[0] ?? '') || args.some((arg) => arg.includes('\\'))) return made(call);
  return literal(call, rest.join(' ') + (noNewline ? '' : '\n'));
}

function formatted(call: Call): Content | null {
  const { args } = call;
  if (args.some((arg) => mayBePattern(call, arg))) return null;
  const [format = '', ...values] = args;
  const plain = format.replaceAll('\\n', '\n').replaceAll('\\t', '\t');
  if (format.startsWith('-') || /\\|%([^s]|$)/.test(plain)) return made(call);
  const pieces = plain.split('%s');
  let text = '';
  let next = 0;
  do {
    text += pieces.map((piece, at) => (at === 0 ? piece : (values[next++] ?? '') + piece)).join('');
  } while (pieces.length > 1 && next < values.length);
  return literal(call, text);
}

/** A word with stars and the like that is not seen to be quoted: it may stand for names of files. */
export function mayBePattern({ script }: Call, word: string): boolean {
  if (!/[*?[]/.test(word)) return false;
  const quoted = [`'${word}'`, `"${word}"`];
  const rest = quoted.reduce((text, each) => text.replaceAll(each, ''), script);
  return rest.length === script.length || rest.includes(word);
}

/** The bytes of the files; of the input without any. Null: not known. */
function inputsOf(call: Call, files: readonly string[]): readonly Content[] | null {
  if (files.length === 0) return call.input && [call.input];
  const read: Content[] = [];
  for (const file of files) {
    if (file === '-') {
      if (!call.input) return null;
      read.push(call.input);
      continue;
    }
    if (mayBePattern(call, file)) return null;
    if (/^\/(dev|proc|sys)\//.test(file)) {
      if (file !== '/dev/null') return null;
      read.push(literal(call, ''));
      continue;
    }
    const { node } = find(call.draft.root, operandPath(call, file));
    if (!node || kindOf(node) === 'folder') throw new Unfollowed();
    read.push(contentOf(call.making, node));
  }
  return read;
}

/** One content behind the other. */
export function concatenated(making: Making, parts: readonly Content[]): Content {
  const [only] = parts;
  if (parts.length === 1 && only) return only;
  let marks: Marks = certain;
  for (const part of parts) marks = joinMarks(marks, part.marks);
  const texts = parts.flatMap(({ text }) => (text === null ? [] : [text]));
  if (texts.length === parts.length) {
    const text = texts.join('');
    if (text.length <= 65_536) return { digest: making.hash(text), text, marks };
  }
  const digest = making.hash(JSON.stringify(['joined', parts.map((part) => part.digest)]));
  return { digest, text: null, marks };
}

/** Decides on the order of `sort` and on what is a letter. */
function localeOf({ command: { env } }: Call): readonly string[] {
  return ['LC_ALL', 'LC_COLLATE', 'LC_CTYPE', 'LANG', 'TZ'].map((name) => env.get(name) ?? '');
}

interface Filter {
  /** Another input may give the same output. */
  readonly lossy: boolean;
  /** The files among the arguments; null: a form that is not known here. */
  readonly files: (args: readonly string[]) => readonly string[] | null;
}

/** `flags` have no value, `valued` have one, behind them or as the next word. */
function filter(lossy: boolean, flags: string, valued: string, operands = 0): Filter {
  const isFlag = new RegExp(`^-[${flags || '_'}]+$`);
  const isWhole = new RegExp(`^-[${flags}]*[${valued || '_'}].+$`, 's');
  const takesNext = new RegExp(`^-[${flags}]*[${valued || '_'}]$`);
  const files = (args: readonly string[]) => {
    const rest: string[] = [];
    for (let at = 0; at < args.length; at++) {
      const arg = args[at] ?? '';
      if (arg === '-' || !arg.startsWith('-')) rest.push(arg);
      else if (isFlag.test(arg) || /^-\d+$/.test(arg)) continue;
      else if (takesNext.test(arg)) at++;
      else if (!isWhole.test(arg)) return null;
    }
    return rest.length < operands ? null : rest.slice(operands);
  };
  return { lossy, files };
}

const plainSed =
  /^(s([/|#,@:!])(?:(?!\2).)*\2(?:(?!\2).)*\2[gip\d]*|(\d+|\$|\/[^/]*\/)?(,(\d+|\$|\/[^/]*\/))?[pdq=])$/;
const sed = filter(true, 'nErsu', '');

const filters: Readonly<Record<string, Filter>> = {
  cat: filter(false, 'nbAeEstTuv', ''),
  sort: filter(true, 'bdfghiMnrVuzs', 'kt'),
  uniq: { lossy: true, files: (args) => onlyOne(filter(true, 'cdiu', 'fsw').files(args)) },
  tr: { lossy: true, files: (args) => (args.some((arg) => arg.length > 200) ? null : []) },
  head: filter(true, 'qv', 'nc'),
  tail: filter(true, 'qv', 'nc'),
  cut: filter(true, 'sz', 'bcdf'),
  wc: filter(true, 'clmwL', ''),
  grep: filter(true, 'EFGPivwxcLlqsnhHo', 'm', 1),
  egrep: filter(true, 'ivwxcLlqsnhHo', 'm', 1),
  fgrep: filter(true, 'ivwxcLlqsnhHo', 'm', 1),
  sed: {
    lossy: true,
    files: (args) => {
      const rest = sed.files(args);
      return rest && plainSed.test(rest[0] ?? '') ? rest.slice(1) : null;
    },
  },
  sha1sum: filter(false, 'bt', ''),
  sha224sum: filter(false, 'bt', ''),
  sha256sum: filter(false, 'bt', ''),
  sha384sum: filter(false, 'bt', ''),
  sha512sum: filter(false, 'bt', ''),
  md5sum: filter(false, 'bt', ''),
  base64: filter(false, 'di', 'w'),
  rev: filter(false, '', ''),
  tac: filter(false, '', ''),
  nl: filter(false, '', 'bw'),
};

/** A second operand of `uniq` is a file that it writes. */
function onlyOne(files: readonly string[] | null): readonly string[] | null {
  return files && files.length > 1 ? null : files;
}

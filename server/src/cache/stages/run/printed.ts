/** What known programs print: the very text, or a digest of all that it is made from. */

import { unknownPart } from '../../../shell/shellTree.ts';
import { find } from '../draft.ts';
import { kindOf } from '../entries.ts';
import { certain, joinMarks, type Marks } from '../marks.ts';
import type { Content, Node } from '../nodes.ts';
import { Unfollowed } from '../unfollowed.ts';
import { type Call, mayBePattern, operandPath } from './call.ts';
import { concatenated, contentOf, textContent } from './content.ts';
import { filters, localeOf } from './filters.ts';
import { matchesOf } from './operands.ts';

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
    case 'cd':
      return textContent(call.making, '');
    case 'export':
    case 'set':
      // Without words they print all variables.
      return args.length > 0 && args[0] !== '-p' ? textContent(call.making, '') : null;
    case 'pwd':
      return command.cwd === null || args.length > 0
        ? null
        : textContent(call.making, `${command.cwd}\n`);
    case 'tee':
      return call.input;
    case 'cat': {
      const plain = args.every((arg) => arg === '-' || !arg.startsWith('-'));
      const read = plain ? inputsOf(call, args) : null;
      if (!plain) break;
      return read && concatenated(call.making, read);
    }
  }
  const filter = Object.hasOwn(filters, name) ? filters[name] : undefined;
  if (!filter) return null;
  const files = filter.files(args);
  if (!files) return null;
  const read = inputsOf(call, files);
  if (!read) return null;
  let marks: Marks = certain;
  for (const each of read) marks = joinMarks(marks, each.marks);
  if (filter.lossy) marks = { ...marks, lossy: new Set([...marks.lossy, call.draft.line]) };
  const words = JSON.stringify([name, args, localeOf(call), read.map(({ digest }) => digest)]);
  return { digest: making.hash(`${words} ${call.draft.image}`), text: null, marks };
}

/** A digest of the words, where shells differ in what they make of them. */
function made(call: Call): Content {
  const { making, name, args, run, draft } = call;
  const text = JSON.stringify([name, args, run.argv[0], draft.image]);
  const marks = { ...certain, lossy: new Set([draft.line]) };
  return { digest: making.hash(text), text: null, marks };
}

/** Backslashes are taken differently by dash, BusyBox and Bash; so is `-e`. */
function echoed(call: Call): Content | null {
  const { args } = call;
  if (args.some((arg) => mayBePattern(call, arg))) return null;
  const noNewline = args[0] === '-n';
  const rest = noNewline ? args.slice(1) : args;
  if (/^-[neE]+$/.test(rest[0] ?? '') || args.some((arg) => arg.includes('\\'))) return made(call);
  return textContent(call.making, rest.join(' ') + (noNewline ? '' : '\n'));
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
  return textContent(call.making, text);
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
    if (mayBePattern(call, file)) {
      const matched = matchedBy(call, file);
      if (!matched) return null;
      read.push(...matched);
      continue;
    }
    if (/^\/(dev|proc|sys)\//.test(file)) {
      if (file !== '/dev/null') return null;
      read.push(textContent(call.making, ''));
      continue;
    }
    const { node } = find(call.draft.root, operandPath(call, file));
    if (!node || kindOf(node) === 'folder') throw new Unfollowed();
    read.push(contentOf(call.making, node));
  }
  return read;
}

/** The files that fit a pattern; what an image may have in their folder stands behind them. Null: not known. */
function matchedBy(call: Call, file: string): readonly Content[] | null {
  const { making, draft, name } = call;
  const { found, below } = matchesOf(call, operandPath(call, file));
  if (found.length === 0) return null;
  const contents = found.map((path) => {
    const { node } = find(draft.root, path);
    if (!node || kindOf(node) !== 'file') throw new Unfollowed();
    return contentOf(making, node);
  });
  // Some print the names with what is in the files.
  const names = name === 'cat' ? [] : [textContent(making, found.join('\0'))];
  return [...names, ...contents, ...(below ? [othersIn(call, below)] : [])];
}

function othersIn({ making }: Call, below: Node): Content {
  const { digest, marks } = making.digestOf(below);
  return { digest: making.hash(`others ${digest}`), text: null, marks };
}

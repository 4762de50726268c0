/** Where a comment stands behind an instruction, in the eyes of whoever wrote it. */

import type { Escape, Instruction, JoinedText } from './ast.ts';
import { isSpace, trimSpaces } from './chars.ts';
import { readJson } from './json.ts';
import { readWords, splitAtBlanks } from './words.ts';

/** How the arguments in front of the comment are written. */
export type Form = 'json' | 'pairs' | 'legacy' | 'plain';

/** A comment behind an instruction, before it is known what BuildKit makes of it. */
export interface Found {
  /** The instruction that the comment stands behind; inside ONBUILD that one. */
  readonly instruction: Instruction;
  readonly onbuild: boolean;
  readonly joined: JoinedText;
  /** Where the arguments and the comment start in the joined text. */
  readonly from: number;
  readonly at: number;
  readonly form: Form;
}

/** In exec form they start a program, in shell form a shell. */
export const jsonIsShell: ReadonlySet<string> = new Set([
  ...['RUN', 'CMD', 'ENTRYPOINT', 'HEALTHCHECK'],
]);
const rawNames: ReadonlySet<string> = new Set(['WORKDIR', 'USER', 'STOPSIGNAL']);
const wordNames: ReadonlySet<string> = new Set(['FROM', 'EXPOSE', 'VOLUME', 'COPY', 'ADD']);
const pairNames: ReadonlySet<string> = new Set(['ENV', 'LABEL', 'ARG']);
const jsonNames: ReadonlySet<string> = new Set([
  ...['RUN', 'CMD', 'ENTRYPOINT', 'SHELL', 'HEALTHCHECK', 'VOLUME', 'COPY', 'ADD'],
]);

/** The first comment behind an instruction that no shell will read; null when there is none. */
export function locate(outer: Instruction, escapeChar: Escape): Found | null {
  if (!outer.joined.text.includes('#')) return null;
  const onbuild = outer.name === 'ONBUILD';
  const instruction = onbuild ? outer.trigger : outer;
  if (!instruction || instruction.json || instruction.name === 'ONBUILD') return null;
  const { joined, name } = instruction;
  const health = name === 'HEALTHCHECK';
  const [type, command] = instruction.args;
  const first = health && command && type?.value.toUpperCase() !== 'NONE' ? command : type;
  if (!first) return null;
  const from = joinedOffset(joined, first.span.start);
  // In the shell form the shell reads the comment.
  const shell = jsonIsShell.has(name) && !(health && first === type);
  if (shell && joined.text[from] !== '[') return null;
  const base = { instruction, onbuild, joined, from };
  for (const at of hashes(joined.text, from, escapeChar)) {
    const end = trimSpaces(joined.text, from, at);
    if (jsonNames.has(name) && readJson(joined.text, from, end).kind === 'strings') {
      return { ...base, at, form: 'json' };
    }
    const form = formOf(instruction, joined.text, from, end, at, escapeChar);
    if (form) return { ...base, at, form };
  }
  return null;
}

/** The form when `#` at `at` starts a comment in the eyes of whoever wrote it, else null. */
function formOf(
  { name, args }: Instruction,
  text: string,
  from: number,
  end: number,
  at: number,
  escapeChar: Escape,
): Form | null {
  if (end <= from) return null;
  const apart = /^#+(?:\s|$)/.test(text.slice(at, at + 80));
  if (name === 'HEALTHCHECK') return args[0]?.value.toUpperCase() === 'NONE' ? 'plain' : null;
  if (rawNames.has(name)) return 'plain';
  if (wordNames.has(name)) {
    if (name !== 'COPY' && name !== 'ADD') return 'plain';
    if (splitAtBlanks(text, from, end).length < 2) return null;
    // `COPY a b #c# /x/` names a file; `COPY a b #to the app` does not.
    const words = splitAtBlanks(text, at, text.length);
    const last = words.at(-1);
    const path = last && words.length < 3 && text.slice(last.start, last.end).includes('/');
    return apart || !path ? 'plain' : null;
  }
  if (!pairNames.has(name)) return null;
  const words = readWords(text, from, end, escapeChar);
  const first = words[0];
  if (name !== 'ARG' && first && !text.slice(first.start, first.end).includes('=')) {
    return apart && words.length > 1 ? 'legacy' : null;
  }
  return apart || !/^#\d/.test(text.slice(at, at + 2)) ? 'pairs' : null;
}

/** Places of `#` at the start of a word, outside quotes (as a reader sees them, closed ones only). */
function hashes(text: string, from: number, escapeChar: Escape): readonly number[] {
  const found: number[] = [];
  const lastQuote = { '"': text.lastIndexOf('"'), "'": text.lastIndexOf("'") };
  let quote = '';
  let escaped = -1;
  for (let at = from; at < text.length; at++) {
    const char = text[at] as string;
    if (char === escapeChar && quote !== "'") escaped = ++at;
    else if (quote) {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") {
      if (lastQuote[char] > at) quote = char;
    } else if (
      char === '#' &&
      at > Math.max(from, escaped + 1) &&
      isSpace(text.charCodeAt(at - 1))
    ) {
      found.push(at);
      // Whatever is no comment in the first places will not become one.
      if (found.length === 8) break;
    }
  }
  return found;
}

function joinedOffset({ pieces }: JoinedText, source: number): number {
  for (const piece of pieces) {
    if (source < piece.source + piece.length) return piece.at + Math.max(source - piece.source, 0);
  }
  return 0;
}

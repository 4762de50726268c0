/**
 * Variables and quotes in the words of a Dockerfile: BuildKit's shell word lexer
 * (`frontend/dockerfile/shell/lex.go`), with its modes, its messages and its one known slip (text
 * in front of `${x:-w}` is missing among the `words`). Never throws; time is linear.
 */

import {
  addText,
  type ExpandOptions,
  fail,
  failLength,
  failLimit,
  failPattern,
  type Lookup,
  lookUp,
  peek,
  type State,
  take,
} from './expandState.ts';
import { goQuote } from './goText.ts';
import {
  cutPrefix,
  readPattern,
  replaceAll,
  replaceFirst,
  reversePattern,
  reverseText,
} from './shellPattern.ts';

export type ExpandResult =
  | {
      readonly ok: true;
      readonly value: string;
      /** The value split at white space outside quotes (EXPOSE, heredoc detection). */
      readonly words: readonly string[];
      /** Names that were looked up and found, or not found. */
      readonly matched: ReadonlySet<string>;
      readonly unmatched: ReadonlySet<string>;
    }
  | { readonly ok: false; readonly error: string };

/** BuildKit has no such limits; without them a short file could ask for any amount of memory. */
const maxDepth = 500;
const maxGrowth = 1 << 20;
const maxPatternSteps = 1 << 24;

/** Expands one word. The error is BuildKit's whole text: `failed to process "…": …`. */
export function expand(word: string, env: Lookup, options: ExpandOptions): ExpandResult {
  if (!/[^\w./:=@,+-]/.test(word)) return plain(word);
  const state: State = {
    text: word.startsWith('\ufeff') ? word.slice(1) : word,
    limit: maxGrowth + 2 * word.length,
    env,
    options,
    matched: null,
    unmatched: null,
    budget: { steps: maxPatternSteps },
    words: { done: [], open: '' },
    at: 0,
    depth: 0,
    error: '',
    limited: false,
  };
  const value = readUntil(state, null, options.rawEscapes ?? false);
  if (value === null)
    return { ok: false, error: `failed to process ${goQuote(word)}: ${state.error}` };
  if (state.words.open) state.words.done.push(state.words.open);
  const { matched, unmatched } = state;
  const { done } = state.words;
  return { ok: true, value, words: done, matched: matched ?? none, unmatched: unmatched ?? none };
}

const none: ReadonlySet<string> = new Set();

/** Most words have nothing to expand. */
function plain(word: string): ExpandResult {
  return { ok: true, value: word, words: word ? [word] : [], matched: none, unmatched: none };
}

/** Text up to `stop`, which is consumed, or to the end; null after an error. */
function readUntil(state: State, stop: string | null, raw: boolean): string | null {
  if (state.depth >= maxDepth) return failLimit(state, 'substitutions are nested too deeply');
  const top = stop === null;
  state.depth++;
  let result = '';
  while (state.at < state.text.length) {
    const run = takeRun(state, stop);
    if (run) {
      result += run;
      if (top) addText(state.words, run);
      continue;
    }
    const char = peek(state) as string;
    if (char === stop) {
      state.at++;
      state.depth--;
      // BuildKit collects the words of all levels in one buffer and empties it here.
      state.words.open = '';
      return result;
    }
    const special = readSpecial(state, char, raw);
    if (special === null) return null;
    result += special;
    if (result.length > state.limit) return failLength(state);
    if (!top) continue;
    if (char === '$') addText(state.words, special);
    else state.words.open += special;
  }
  if (top) return result;
  return fail(state, `unexpected end of statement while looking for matching ${stop}`);
}

/** The text up to the next character that may have a meaning here; '' when that is the next one. */
function takeRun(state: State, stop: string | null): string {
  const { text, options } = state;
  const start = state.at;
  for (; state.at < text.length; state.at++) {
    const char = text[state.at] as string;
    if (char === '$' || char === '<' || char === options.escape || char === stop) break;
    if ((char === "'" || char === '"') && !options.skipProcessQuotes) break;
  }
  return text.slice(start, state.at);
}

/** What a character with a meaning gives; null after an error. */
function readSpecial(state: State, char: string, raw: boolean): string | null {
  if (char === '$') return readDollar(state);
  if (char === '<') return readAngle(state);
  if (char === "'") return readSingleQuotes(state);
  if (char === '"') return readDoubleQuotes(state, raw);
  state.at++;
  return (raw ? char : '') + (take(state) ?? '');
}

function readSingleQuotes(state: State): string | null {
  const start = state.at + 1;
  const end = state.text.indexOf("'", start);
  if (end < 0) {
    state.at = state.text.length;
    return fail(state, 'unexpected end of statement while looking for matching single-quote');
  }
  state.at = end + 1;
  const inner = state.text.slice(start, end);
  return state.options.rawQuotes ? `'${inner}'` : inner;
}

function readDoubleQuotes(state: State, raw: boolean): string | null {
  const quote = state.options.rawQuotes ? '"' : '';
  let result = quote;
  state.at++;
  for (let char = peek(state); char !== undefined; char = peek(state)) {
    if (char === '$') {
      const value = readDollar(state);
      if (value === null) return null;
      result += value;
      if (result.length > state.limit) return failLength(state);
      continue;
    }
    state.at++;
    if (char === '"') return result + quote;
    if (char !== state.options.escape) {
      result += char;
      continue;
    }
    if (raw) result += char;
    const next = peek(state);
    if (next === undefined) break;
    if (next === '"' || next === '$' || next === state.options.escape) {
      state.at++;
      result += next;
    } else {
      result += char;
    }
  }
  return fail(state, 'unexpected end of statement while looking for matching double-quote');
}

/** `<`, and `<<` with the blanks behind it: so a heredoc's delimiter stays in one word with it. */
function readAngle(state: State): string {
  state.at++;
  if (peek(state) !== '<') return '<';
  state.at++;
  let result = '<<';
  for (let char = peek(state); char === ' ' || char === '\t' || char === '\r'; char = peek(state)) {
    result += char;
    state.at++;
  }
  return result;
}

function readDollar(state: State): string | null {
  state.at++;
  if (peek(state) !== '{') {
    const name = readName(state);
    if (!name) return '$';
    const value = lookUp(state, name);
    return value ?? (state.options.skipUnsetEnv ? `$${name}` : '');
  }
  state.at++;
  const first = peek(state);
  if (first === undefined) return fail(state, "syntax error: missing '}'");
  if (first === '{' || first === '}' || first === ':') {
    return fail(state, 'syntax error: bad substitution');
  }
  const name = readName(state);
  const modifier = take(state);
  if (modifier === '}') {
    const value = lookUp(state, name);
    return value ?? (state.options.skipUnsetEnv ? `\${${name}}` : '');
  }
  if (modifier === '/') return readReplace(state, name);
  if (modifier === ':') return readModifier(state, name, true, take(state) ?? '\ufffd');
  if (modifier !== undefined && '+-?#%'.includes(modifier)) {
    return readModifier(state, name, false, modifier);
  }
  return fail(state, `unsupported modifier (${modifier ?? '\ufffd'}) in substitution`);
}

/** `${name-word}` and its like, from behind the modifier on. `colon`: empty counts as unset. */
function readModifier(state: State, name: string, colon: boolean, modifier: string): string | null {
  const written = (colon ? ':' : '') + modifier;
  const pattern = modifier === '#' || modifier === '%';
  if (colon && pattern) return fail(state, `unsupported modifier (${written}) in substitution`);
  const word = readPart(state, '}', pattern, "syntax error: missing '}'");
  if (word === null) return null;
  const value = lookUp(state, name);
  if (value === undefined && state.options.skipUnsetEnv) return `\${${name}${written}${word}}`;
  const missing = value === undefined || (colon && value === '');
  switch (modifier) {
    case '-':
      return missing ? word : value;
    case '+':
      return missing ? '' : word;
    case '?': {
      if (!missing) return value;
      const found = value === undefined ? 'unset' : 'empty';
      return fail(state, `${name}: ${word || `is not allowed to be ${found}`}`);
    }
    case '#':
    case '%':
      return cut(state, modifier, word, value ?? '');
    default:
      return fail(state, `unsupported modifier (${written}) in substitution`);
  }
}

function cut(state: State, modifier: '#' | '%', word: string, value: string): string | null {
  const greedy = word.startsWith(modifier);
  const plain = greedy ? word.slice(1) : word;
  const suffix = modifier === '%';
  const text = suffix ? reversePattern(plain) : plain;
  const pattern = readPattern(text);
  if (!pattern.ok) return failPattern(state, text, pattern.error);
  const input = suffix ? reverseText(value) : value;
  state.budget.steps -= value.length + text.length;
  const rest = cutPrefix(pattern.tokens, input, greedy, state.budget);
  if (rest === undefined) return failPattern(state, text, 'it takes too long to match');
  return suffix ? reverseText(rest) : rest;
}

/** `${name/pattern/replacement}` and `${name//pattern/replacement}`, from behind the slash on. */
function readReplace(state: State, name: string): string | null {
  const all = peek(state) === '/';
  if (all) state.at++;
  const text = readPart(state, '/', true, "syntax error: missing '/' in ${}");
  if (text === null) return null;
  const replacement = readPart(state, '}', true, "syntax error: missing '}'");
  if (replacement === null) return null;
  const value = lookUp(state, name);
  if (value === undefined && state.options.skipUnsetEnv) {
    return `\${${name}/${text}/${replacement}}`;
  }
  const pattern = readPattern(text);
  if (!pattern.ok) return failPattern(state, text, pattern.error);
  state.budget.steps -= (value?.length ?? 0) + text.length;
  const replace = all ? replaceAll : replaceFirst;
  const result = replace(pattern.tokens, value ?? '', replacement, state.budget);
  return result ?? failPattern(state, text, 'it takes too long to match');
}

/** `readUntil` inside braces: an error at the end of the text becomes `missing`. */
function readPart(state: State, stop: string, raw: boolean, missing: string): string | null {
  const part = readUntil(state, stop, raw);
  if (part !== null || state.limited || peek(state) !== undefined) return part;
  return fail(state, missing);
}

/** A name: letters, digits and `_`; or digits only; or one special character; or ''. */
function readName(state: State): string {
  const { text, at } = state;
  let end = at;
  if (!isDigit(text.charCodeAt(at))) while (isNamePart(text.charCodeAt(end))) end++;
  // The usual name is found without a pattern, unless a letter beyond ASCII goes on with it.
  if (end > at && !(text.charCodeAt(end) >= 0x80)) {
    state.at = end;
    return text.slice(at, end);
  }
  const name = /\p{Nd}+|[@*#?\-$!]|[\p{L}_][\p{L}\p{Nd}_]*/uy;
  name.lastIndex = at;
  const found = name.exec(text)?.[0] ?? '';
  state.at += found.length;
  return found;
}

function isNamePart(code: number): boolean {
  // Letters in both cases, digits, `_`.
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || isDigit(code) || code === 0x5f;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

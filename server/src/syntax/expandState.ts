/** Where the expansion of one word stands: the text, how far it is read, and what was found. */

import type { Escape } from './ast.ts';
import { isSpace, skipSpaces } from './chars.ts';
import type { Budget } from './shellPattern.ts';

/** Where variables are looked up; a `ReadonlyMap` fits. */
export interface Lookup {
  get(name: string): string | undefined;
}

export interface ExpandOptions {
  readonly escape: Escape;
  /** Quotes stay in the result (step names, heredoc detection). */
  readonly rawQuotes?: boolean;
  /** Escape characters stay in the result (heredoc detection). */
  readonly rawEscapes?: boolean;
  /** Unset variables stay as written instead of becoming nothing. */
  readonly skipUnsetEnv?: boolean;
  /** Quotes are ordinary characters (bodies of COPY heredocs). */
  readonly skipProcessQuotes?: boolean;
}

/** One expansion under way. */
export interface State {
  readonly text: string;
  /** No level's result may be longer. */
  readonly limit: number;
  readonly env: Lookup;
  readonly options: ExpandOptions;
  matched: Set<string> | null;
  unmatched: Set<string> | null;
  readonly budget: Budget;
  readonly words: Words;
  at: number;
  depth: number;
  error: string;
  /** The error is one of our limits, not BuildKit's: it stays as it is on the way out. */
  limited: boolean;
}

/** The value of a variable, noted among the names that were found or not found. */
export function lookUp(state: State, name: string): string | undefined {
  const value = state.env.get(name);
  if (value === undefined) {
    state.unmatched ??= new Set();
    state.unmatched.add(name);
  } else {
    state.matched ??= new Set();
    state.matched.add(name);
  }
  return value;
}

/** The next character, as far as it matters: all that have a meaning are one unit long. */
export function peek(state: State): string | undefined {
  return state.text[state.at];
}

/** The next character, whole, and goes behind it; undefined at the end. */
export function take(state: State): string | undefined {
  const code = state.text.codePointAt(state.at);
  if (code === undefined) return undefined;
  const char = String.fromCodePoint(code);
  state.at += char.length;
  return char;
}

/** Notes BuildKit's message; null, which is passed on to the outside. */
export function fail(state: State, message: string): null {
  state.error = message;
  return null;
}

/** Notes that one of our own limits is reached. */
export function failLimit(state: State, message: string): null {
  state.limited = true;
  return fail(state, message);
}

/** The result has grown beyond the limit. */
export function failLength(state: State): null {
  return failLimit(state, `the value is longer than ${state.limit} characters`);
}

/** The pattern of `${x#p}` and its like is refused. */
export function failPattern(state: State, pattern: string, error: string): null {
  return fail(state, `invalid pattern (${pattern}) in substitution: ${error}`);
}

/** The words of the outermost level, as they grow. */
export interface Words {
  readonly done: string[];
  open: string;
}

/** Adds text of the outermost level, whose white space ends words. */
export function addText(words: Words, text: string): void {
  for (let at = 0; at < text.length; ) {
    const start = skipSpaces(text, at, text.length);
    if (start > at && words.open) {
      words.done.push(words.open);
      words.open = '';
    }
    at = start;
    while (at < text.length && !isSpace(text.charCodeAt(at))) at++;
    words.open += text.slice(start, at);
  }
}

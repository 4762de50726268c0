/** Which heredocs a logical line asks for (BuildKit `parser.go`: heredocsFromLine, ParseHeredoc). */

import type { Heredoc } from './ast.ts';
import { expand } from './expand.ts';

/** A heredoc operator with its delimiter, before its body is read. */
export type HeredocWord = Pick<Heredoc, 'name' | 'fd' | 'expand' | 'chomp'>;

/** `heredoc` is null when the word is none; `error` is BuildKit's text for a word that cannot be read. */
export type HeredocReading =
  | { readonly ok: true; readonly heredoc: HeredocWord | null }
  | { readonly ok: false; readonly error: string };

/** Reads one word, like `<<EOF`, `3<<-"EOF"` or `<< EOF`. */
export function readHeredocWord(word: string): HeredocReading {
  // In two steps, since one pattern for all would backtrack over the blanks.
  const match = /^(\d*)<<(-?)[\t\n\f\r ]*/.exec(word);
  const rest = match ? word.slice(match[0].length) : '';
  if (!match || !rest || rest.includes('<')) return { ok: true, heredoc: null };
  const options = { escape: '\\', skipUnsetEnv: true } as const;
  const plain = expand(rest, new Map(), options);
  if (!plain.ok) return plain;
  const [name] = plain.words;
  if (plain.words.length !== 1 || name === undefined) return { ok: true, heredoc: null };
  const raw = expand(rest, new Map(), { ...options, rawQuotes: true });
  if (!raw.ok) return raw;
  const [rawName] = raw.words;
  if (raw.words.length !== 1 || rawName === undefined) {
    const error = `internal lexing of heredoc produced inconsistent results: ${rest}`;
    return { ok: false, error };
  }
  const fd = Math.min(Number(match[1]), 2 ** 64);
  const unquoted = countQuotes(name) === countQuotes(rawName);
  return { ok: true, heredoc: { name, fd, expand: unquoted, chomp: match[2] === '-' } };
}

/** A heredoc and the word it was read from, as the word lexer gives it. */
export interface FoundHeredoc extends HeredocWord {
  readonly word: string;
}

/**
 * The heredocs of a whole logical line, keyword and flags included, in order. A line that the word
 * lexer cannot read has none; the error is about a single word.
 */
export function findHeredocs(line: string): {
  readonly heredocs: readonly FoundHeredoc[];
  readonly error: string | null;
} {
  if (!line.includes('<<')) return { heredocs: [], error: null };
  const result = expand(line, new Map(), {
    escape: '\\',
    rawQuotes: true,
    rawEscapes: true,
    skipUnsetEnv: true,
  });
  const heredocs: FoundHeredoc[] = [];
  if (!result.ok) return { heredocs, error: null };
  for (const word of result.words) {
    if (!word.includes('<<')) continue;
    const reading = readHeredocWord(word);
    if (!reading.ok) return { heredocs: [], error: reading.error };
    if (reading.heredoc) heredocs.push({ ...reading.heredoc, word });
  }
  return { heredocs, error: null };
}

function countQuotes(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22 || code === 0x27) count++;
  }
  return count;
}

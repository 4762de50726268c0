/**
 * The few functions of Go's standard library whose exact behaviour shows in BuildKit's results and
 * messages: trimming, quoting, and reading numbers and switches.
 */

import { skipSpaces, trimSpaces } from './chars.ts';

/** Go's `strings.TrimSpace`. */
export function goTrim(text: string): string {
  const start = skipSpaces(text, 0, text.length);
  return text.slice(start, trimSpaces(text, start, text.length));
}

const named: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

/** Go's `strconv.Quote` (`%q`): double quotes around, what cannot be printed as an escape. */
export function goQuote(text: string): string {
  const quoted = text.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|["\\]/gu, (char) => {
    const short = named[char];
    if (short) return short;
    const code = char.codePointAt(0) as number;
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
    if (code >= 0xd800 && code < 0xe000) return '\ufffd';
    if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
    return `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `"${quoted}"`;
}

const truths = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const lies = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** Go's `strconv.ParseBool`; undefined: no switch. */
export function goBool(text: string): boolean | undefined {
  if (truths.has(text)) return true;
  return lies.has(text) ? false : undefined;
}

/** Go's `strconv.ParseUint(text, base, 32)`; undefined: no such number, or out of range. */
export function goUint32(text: string, base: 8 | 10): number | undefined {
  if (!(base === 8 ? /^[0-7]+$/ : /^\d+$/).test(text)) return undefined;
  const value = Number.parseInt(text, base);
  return value < 2 ** 32 ? value : undefined;
}

export type GoNumber =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly error: string };

/** Go's `strconv.ParseInt(text, 10, 32)` with its error texts. */
export function goInt32(text: string): GoNumber {
  const fail = (reason: string): GoNumber => {
    return { ok: false, error: `strconv.ParseInt: parsing ${goQuote(text)}: ${reason}` };
  };
  if (!/^[+-]?\d+$/.test(text)) return fail('invalid syntax');
  const value = Number(text);
  if (value < -(2 ** 31) || value >= 2 ** 31) return fail('value out of range');
  return { ok: true, value };
}

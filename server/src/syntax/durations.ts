/** Durations as HEALTHCHECK takes them: Go's `time.ParseDuration` with its error texts. */

import { utf8Bytes } from './chars.ts';

/** `value` in nanoseconds; exact up to 104 days, beyond that the nearest number there is. */
export type Duration =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly error: string };

const units: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['\u00b5s', 1e3],
  ['\u03bcs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['h', 3600e9],
]);
const largest = 2 ** 63;

/** `1m30s`, `.5h`, `-1s`, `0`. */
export function parseDuration(text: string): Duration {
  const fail = (reason: string): Duration => {
    return { ok: false, error: `time: ${reason} duration ${quote(text)}` };
  };
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = /^[+-]/.test(text) ? text.slice(1) : text;
  if (digits === '0') return { ok: true, value: 0 };
  if (!digits) return fail('invalid');
  let total = 0;
  const part = /(\d*)(\.\d*)?([^.\d]*)/y;
  while (part.lastIndex < digits.length) {
    const [, whole = '', fraction = '', unit = ''] = part.exec(digits) ?? [];
    if (!whole && fraction.length < 2) return fail('invalid');
    if (!unit) return fail('missing unit in');
    const scale = units.get(unit);
    if (scale === undefined) return fail(`unknown unit ${quote(unit)} in`);
    total += Number(whole) * scale + Math.trunc(Number(`0${fraction}`) * scale);
    if (total > largest) return fail('invalid');
  }
  return { ok: true, value: total * sign };
}

/** As Go's `time` package quotes: every byte that is not plain ASCII as `\x…`. */
function quote(text: string): string {
  let quoted = '';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (char === '"' || char === '\\') quoted += `\\${char}`;
    else if (code >= 0x20 && code < 0x80) quoted += char;
    else for (const byte of utf8Bytes(code)) quoted += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return `"${quoted}"`;
}

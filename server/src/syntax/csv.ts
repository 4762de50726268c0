/** One line of comma-separated values, as `--mount` and `--device` take them (`go-csvvalue`). */

import { utf8Length } from './chars.ts';

export type CsvFields =
  | { readonly ok: true; readonly fields: readonly string[] }
  | { readonly ok: false; readonly error: string };

/** The fields, quotes removed. The error is Go's; for nothing at all it is `EOF`. */
export function csvFields(text: string): CsvFields {
  const line = text.replace(/\r?\n$/, '');
  if (!line) return { ok: false, error: 'EOF' };
  const fields: string[] = [];
  for (let at = 0; ; ) {
    if (line[at] !== '"') {
      const comma = line.indexOf(',', at);
      const end = comma < 0 ? line.length : comma;
      const field = line.slice(at, end);
      const quote = field.indexOf('"');
      if (quote >= 0) return fail(line, at + quote, 'bare " in non-quoted-field');
      fields.push(field);
      if (comma < 0) return { ok: true, fields };
      at = comma + 1;
      continue;
    }
    const quoted = readQuoted(line, at + 1);
    if (quoted.bad >= 0) return fail(line, quoted.bad, 'extraneous or missing " in quoted-field');
    fields.push(quoted.value);
    if (quoted.end === line.length) return { ok: true, fields };
    at = quoted.end + 1;
  }
}

interface Quoted {
  readonly value: string;
  /** Behind the closing quote: a comma or the end. */
  readonly end: number;
  /** Where a quote is missing or too many, or -1. */
  readonly bad: number;
}

function readQuoted(line: string, start: number): Quoted {
  let value = '';
  for (let at = start; ; ) {
    const quote = line.indexOf('"', at);
    if (quote < 0) return { value, end: at, bad: at };
    value += line.slice(at, quote);
    const next = line[quote + 1];
    if (next === undefined || next === ',') return { value, end: quote + 1, bad: -1 };
    if (next !== '"') return { value, end: quote, bad: quote };
    value += '"';
    at = quote + 2;
  }
}

/** Go counts columns in bytes, from 1. */
function fail(line: string, at: number, reason: string): CsvFields {
  const column = utf8Length(line, 0, at) + 1;
  return { ok: false, error: `parse error on line 1, column ${column}: ${reason}` };
}

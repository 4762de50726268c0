/** Reads values of unknown shape: what an engine sends may lack any field or have it of another type. */

export type Json = Readonly<Record<string, unknown>>;

/** Is the value an object, and no list? */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as an object; an empty one where it is none. */
export function objectOf(value: unknown): Json {
  return isObject(value) ? value : {};
}

/** The value as a list; empty where it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value as text; empty where it is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The texts of a list. */
export function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((one) => typeof one === 'string');
}

/** The texts of an object by their keys. */
export function labelsOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(objectOf(value)).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

/** A count of bytes; null where the value is none. Engines say -1 where they did not count. */
export function bytesOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

const latest = 8.64e15;

/** Milliseconds since 1970 of seconds since then; null: not known (Go's zero time lies before 1970). */
export function secondsOf(value: unknown): number | null {
  const isTime = typeof value === 'number' && value > 0 && value * 1000 <= latest;
  return isTime ? Math.round(value * 1000) : null;
}

/** Milliseconds since 1970 of a time such as `2026-11-21T00:24:25.549900797Z`; null: not known. */
export function timeOf(value: unknown): number | null {
  const time = typeof value === 'string' && value.length < 64 ? Date.parse(value) : Number.NaN;
  return time > 0 ? time : null;
}

const longest = 300;

/**
 * What another program says, fit to stand in a sentence of ours: one line, without control
 * characters, shortened; with a full stop at its end.
 */
export function saying(text: string): string {
  const line = text
    .slice(0, 4 * longest)
    .replace(/\p{Cc}\[[0-9;?]*[ -/]*[@-~]|[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  if (line === '') return 'It does not say why.';
  if (line.length > longest) return `${line.slice(0, longest).trimEnd()}…`;
  return /[.!?…]$/.test(line) ? line : `${line}.`;
}

/** The value of a JSON text; undefined where it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the engine says is wrong, from the body of an answer with an error's status. */
export function errorSaying(body: string): string {
  const { message, cause } = objectOf(parsed(body));
  return saying(textOf(message) || textOf(cause) || (body.trimStart().startsWith('<') ? '' : body));
}

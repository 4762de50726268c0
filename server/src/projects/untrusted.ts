/** Values of files that anyone may have written, taken only in the form that is expected. */

/** An object that is no array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text, or null for anything else. */
export function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Only `true` itself is true. */
export function flag(value: unknown): boolean {
  return value === true;
}

/** The texts of a list; a single text is a list of one, anything else an empty one. */
export function list(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : none;
}

const none: readonly string[] = [];

/** The entry of that name, own ones only: names may be `__proto__` or `constructor`. */
export function own(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

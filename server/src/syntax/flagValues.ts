/** Flags of one instruction against those that it knows (BuildKit `bflag.go`). */

import type { Flag } from './ast.ts';
import { withSuggestion } from './suggestions.ts';

/** `string` takes one value, `strings` may be repeated, `bool` needs no value. */
export type FlagKind = 'string' | 'strings' | 'bool';

export interface FlagValues {
  /** Value of a string flag; null when not given. */
  text(name: string): string | null;
  /** Values of a repeatable flag, in order. */
  list(name: string): readonly string[];
  /** Value of a boolean flag; null when not given. */
  switch(name: string): boolean | null;
}

export type FlagReading =
  | { readonly ok: true; readonly values: FlagValues }
  | {
      readonly ok: false;
      readonly code: 'unknown-flag' | 'duplicate-flag' | 'invalid-flag';
      readonly error: string;
      readonly flag: Flag;
    };

/** Reads flags in order; the first mistake ends it, with BuildKit's text. */
export function readFlagValues(
  flags: readonly Flag[],
  known: ReadonlyMap<string, FlagKind>,
): FlagReading {
  if (!flags.length) return nothing;
  const values = new Map<string, string[]>();
  for (const flag of flags) {
    const kind = known.get(flag.name);
    const written = `--${flag.name}`;
    if (!kind) {
      const error = withSuggestion(`unknown flag: ${written}`, flag.name, known.keys(), true);
      return { ok: false, code: 'unknown-flag', error, flag };
    }
    const earlier = values.get(flag.name);
    if (earlier && kind !== 'strings') {
      const error = `duplicate flag specified: ${written}`;
      return { ok: false, code: 'duplicate-flag', error, flag };
    }
    const value = kind === 'bool' ? (flag.value ?? 'true') : flag.value;
    if (value === null || (kind === 'bool' && value === '')) {
      const error = `missing a value on flag: ${written}`;
      return { ok: false, code: 'invalid-flag', error, flag };
    }
    if (kind === 'bool' && !/^(?:true|false)$/i.test(value)) {
      const error = `expecting boolean value for flag ${written}, not: ${value}`;
      return { ok: false, code: 'invalid-flag', error, flag };
    }
    if (earlier) earlier.push(value);
    else values.set(flag.name, [value]);
  }
  return { ok: true, values: valuesOf(values) };
}

function valuesOf(values: ReadonlyMap<string, readonly string[]>): FlagValues {
  return {
    text: (name) => values.get(name)?.[0] ?? null,
    list: (name) => values.get(name) ?? [],
    switch: (name) => {
      const value = values.get(name)?.[0];
      return value === undefined ? null : value.toLowerCase() === 'true';
    },
  };
}

/** Most instructions have no flags. */
const nothing: FlagReading = { ok: true, values: valuesOf(new Map()) };

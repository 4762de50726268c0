/**
 * The patterns of `${x#p}`, `${x%p}` and `${x/p/r}` (BuildKit `shell/lex.go`): `*`, `?` and plain
 * text. BuildKit turns them into a regular expression. A backtracking engine can be sent into
 * hours of work that way, so they are matched here directly, with a limit on the steps.
 */

/** `*` is any text, `?` any one character, neither across a line end; `char` stands for itself. */
export type PatternToken = { readonly kind: '*' | '?' } | { readonly char: string };

export type Pattern =
  | { readonly ok: true; readonly tokens: readonly PatternToken[] }
  | { readonly ok: false; readonly error: string };

/** Reads a pattern; the error is BuildKit's, for an escape that it does not know. */
export function readPattern(text: string): Pattern {
  const chars = Array.from(text.startsWith('\ufeff') ? text.slice(1) : text);
  const tokens: PatternToken[] = [];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] as string;
    if (char === '*' || char === '?') {
      tokens.push({ kind: char });
      continue;
    }
    if (char !== '\\') {
      tokens.push({ char });
      continue;
    }
    const next = chars[at + 1];
    // The escape of a closing brace or slash belongs to the `${}` around it.
    if (next === '}' || next === '/') continue;
    if (next !== '*' && next !== '?' && next !== '\\') {
      return { ok: false, error: `invalid escape '\\${next ?? '\ufffd'}'` };
    }
    tokens.push({ char: next });
    at++;
  }
  return { ok: true, tokens };
}

/** Work left for all patterns of one word; a matcher that runs out of it gives up. */
export interface Budget {
  steps: number;
}

type Part = readonly PatternToken[];

/** `tokens` cut at the stars. */
function partsOf(tokens: readonly PatternToken[]): readonly Part[] {
  const parts: PatternToken[][] = [[]];
  for (const token of tokens) {
    if ('kind' in token && token.kind === '*') parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function partAt(part: Part, value: readonly string[], at: number, budget: Budget): boolean {
  for (const [index, token] of part.entries()) {
    budget.steps--;
    const char = value[at + index];
    if (char === undefined) return false;
    if ('char' in token ? token.char !== char : char === '\n') return false;
  }
  return true;
}

/** End of the match that starts at `at`, or -1. `greedy`: stars take as much as they can. */
function matchAt(
  parts: readonly Part[],
  value: readonly string[],
  at: number,
  greedy: boolean,
  budget: Budget,
): number {
  const [first = [], ...rest] = parts;
  if (!partAt(first, value, at, budget)) return -1;
  let end = at + first.length;
  for (const [index, part] of rest.entries()) {
    // Only the last part decides the end: those before it may always take their first place.
    const last = greedy && index === rest.length - 1;
    let found = -1;
    for (let place = end; place <= value.length && budget.steps > 0; place++) {
      budget.steps--;
      if (partAt(part, value, place, budget)) {
        found = place;
        if (!last) break;
      }
      if (value[place] === '\n') break;
    }
    if (found < 0) return -1;
    end = found + part.length;
  }
  return end;
}

/** `${x#p}`, `${x##p}`: the value without the prefix that matches; undefined: out of steps. */
export function cutPrefix(
  tokens: readonly PatternToken[],
  value: string,
  greedy: boolean,
  budget: Budget,
): string | undefined {
  const chars = Array.from(value);
  const end = matchAt(partsOf(tokens), chars, 0, greedy, budget);
  if (budget.steps <= 0) return undefined;
  return end < 0 ? value : chars.slice(end).join('');
}

/** `${x/p/r}`: the first match replaced, `replacement` as it is; undefined: out of steps. */
export function replaceFirst(
  tokens: readonly PatternToken[],
  value: string,
  replacement: string,
  budget: Budget,
): string | undefined {
  const chars = Array.from(value);
  const match = findFrom(partsOf(tokens), chars, 0, budget);
  if (budget.steps <= 0) return undefined;
  if (!match) return value;
  return chars.slice(0, match.start).join('') + replacement + chars.slice(match.end).join('');
}

/**
 * `${x//p/r}`: every match replaced, with the rules of Go's `ReplaceAllString`: `$0` in the
 * replacement is the match, other groups are empty. Undefined: out of steps.
 */
export function replaceAll(
  tokens: readonly PatternToken[],
  value: string,
  replacement: string,
  budget: Budget,
): string | undefined {
  const chars = Array.from(value);
  const parts = partsOf(tokens);
  let result = '';
  let copied = 0;
  for (let from = 0; from <= chars.length; ) {
    const match = findFrom(parts, chars, from, budget);
    if (!match) break;
    result += chars.slice(copied, match.start).join('');
    // An empty match directly behind another one does not count.
    if (match.end > copied || match.start === 0) {
      const matched = chars.slice(match.start, match.end).join('');
      result += fillTemplate(replacement, matched);
      budget.steps -= replacement.length + matched.length;
    }
    copied = match.end;
    from = Math.max(from + 1, match.end);
  }
  if (budget.steps <= 0) return undefined;
  return result + chars.slice(copied).join('');
}

function findFrom(
  parts: readonly Part[],
  value: readonly string[],
  from: number,
  budget: Budget,
): { readonly start: number; readonly end: number } | undefined {
  for (let start = from; start <= value.length && budget.steps > 0; start++) {
    budget.steps--;
    const end = matchAt(parts, value, start, true, budget);
    if (end >= 0) return { start, end };
  }
  return undefined;
}

/** Go's `Regexp.Expand` for a pattern without groups. */
function fillTemplate(template: string, match: string): string {
  return template.replace(
    /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu,
    (all, braced?: string, bare?: string) => {
      if (all === '$$') return '$';
      return (braced ?? bare) === '0' ? match : '';
    },
  );
}

/** The pattern back to front, escapes kept in front of what they escape: for `${x%p}`. */
export function reversePattern(pattern: string): string {
  const pairs = pattern.match(/\\.|./gsu) ?? [];
  return pairs.reverse().join('');
}

/** Text back to front, by characters. */
export function reverseText(text: string): string {
  return Array.from(text).reverse().join('');
}

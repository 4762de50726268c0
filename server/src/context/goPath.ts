/** The wildcards of Go's `path/filepath`, as BuildKit's copying uses them. */

import { absolutePath } from '../syntax/slashPaths.ts';

/** The parts of a path below a root that it cannot leave: `../a//b/.` has the parts `a`, `b`. */
export function partsOf(path: string): string[] {
  return absolutePath(path).split('/').filter(Boolean);
}

/** Does a source name hold `*`, `?` or `[`, not escaped (BuildKit's `containsWildcards`)? */
export function hasWildcard(name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    const char = name[at];
    if (char === '\\') at++;
    else if (char === '*' || char === '?' || char === '[') return true;
  }
  return false;
}

/**
 * `filepath.Match`: the whole name against the pattern; `*` and `?` stop at `/`. Undefined when the
 * pattern is malformed (`syntax error in pattern`). Never backtracks over an earlier star, so time is
 * at most name times pattern.
 */
export function matchName(pattern: string, name: string): boolean | undefined {
  const runes = [...pattern];
  const text = [...name];
  let at = 0;
  let used = 0;
  while (at < runes.length) {
    const { star, start, end } = nextChunk(runes, at);
    at = end;
    const last = end >= runes.length;
    if (star && start === end) return !text.includes('/', used);
    const direct = matchChunk(runes, start, end, text, used);
    if (direct === 'bad') return undefined;
    if (direct !== undefined && (direct === text.length || !last)) {
      used = direct;
      continue;
    }
    let later: number | undefined;
    for (let skip = used; star && skip < text.length && text[skip] !== '/'; skip++) {
      const found = matchChunk(runes, start, end, text, skip + 1);
      if (found === 'bad') return undefined;
      if (found === undefined || (last && found < text.length)) continue;
      later = found;
      break;
    }
    if (later === undefined) return remainderIsValid(runes, at) ? false : undefined;
    used = later;
  }
  return used === text.length;
}

/** Is the pattern well-formed for `filepath.Match`? */
export function isValidPattern(pattern: string): boolean {
  return matchName(pattern, '.') !== undefined;
}

function remainderIsValid(pattern: readonly string[], from: number): boolean {
  for (let at = from; at < pattern.length; ) {
    const { start, end } = nextChunk(pattern, at);
    if (matchChunk(pattern, start, end, [], 0) === 'bad') return false;
    at = end;
  }
  return true;
}

/** Stars, then text up to the next star outside of a bracket. */
function nextChunk(
  pattern: readonly string[],
  from: number,
): { star: boolean; start: number; end: number } {
  let start = from;
  while (pattern[start] === '*') start++;
  let inClass = false;
  let end = start;
  for (; end < pattern.length; end++) {
    const char = pattern[end];
    if (char === '\\') {
      if (end + 1 < pattern.length) end++;
    } else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '*' && !inClass) break;
  }
  return { star: start > from, start, end };
}

/** Where the text goes on behind the chunk; undefined: no match. The chunk is always read to its end. */
function matchChunk(
  pattern: readonly string[],
  start: number,
  end: number,
  text: readonly string[],
  from: number,
): number | 'bad' | undefined {
  let failed = false;
  let used = from;
  let at = start;
  while (at < end) {
    if (used >= text.length) failed = true;
    const char = pattern[at];
    if (char === '[') {
      const found = matchClass(pattern, at + 1, end, text[used] ?? '');
      if (!found) return 'bad';
      at = found.next;
      if (!found.matched) failed = true;
    } else {
      if (char === '\\') at++;
      if (at >= end) return 'bad';
      if (char === '?' ? text[used] === '/' : pattern[at] !== text[used]) failed = true;
      at++;
    }
    used++;
  }
  return failed ? undefined : used;
}

function matchClass(
  pattern: readonly string[],
  start: number,
  end: number,
  rune: string,
): { next: number; matched: boolean } | undefined {
  let at = start;
  const negated = pattern[at] === '^';
  if (negated) at++;
  const code = rune.codePointAt(0) ?? -1;
  let matched = false;
  const item = (): number | undefined => {
    if (at >= end || pattern[at] === '-' || pattern[at] === ']') return undefined;
    if (pattern[at] === '\\') at++;
    const value = pattern[at]?.codePointAt(0);
    at++;
    return at >= end ? undefined : value;
  };
  for (let ranges = 0; ; ranges++) {
    if (at < end && pattern[at] === ']' && ranges > 0)
      return { next: at + 1, matched: matched !== negated };
    const low = item();
    if (low === undefined) return undefined;
    let high: number | undefined = low;
    if (pattern[at] === '-') {
      at++;
      high = item();
      if (high === undefined) return undefined;
    }
    if (low <= code && code <= high) matched = true;
  }
}

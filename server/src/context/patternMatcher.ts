/**
 * Ignore patterns: `.dockerignore`, `--exclude`, and the sources of `COPY --parents`.
 *
 * Follows moby/patternmatcher, with its oddities: a pattern becomes a literal, a prefix, a suffix or
 * a Go regular expression, and in the latter `{`, `|`, `}` and `^` keep their meaning there, since
 * only `. + ( ) $` are escaped. Paths are relative, with forward slashes.
 */

import { cleanPath } from '../syntax/slashPaths.ts';
import { isValidPattern } from './goPath.ts';
import { compileGoRegexp } from './goRegexp.ts';

export interface Pattern {
  /** Cleaned, without the `!`. */
  readonly text: string;
  /** Written with `!` in front: lifts what an earlier pattern matched. */
  readonly exclusion: boolean;
  readonly kind: 'exact' | 'prefix' | 'suffix' | 'regexp';
  /** Go's expression for kind `regexp`, else `''`. */
  readonly regexp: string;
  readonly matches: (path: string) => boolean;
}

export interface PatternMatcher {
  readonly patterns: readonly Pattern[];
  readonly hasExclusions: boolean;
}

/** Why a pattern is refused, in the words of the builder; `index` counts the given list. */
export interface PatternProblem {
  readonly index: number;
  readonly message: string;
}

/** Per pattern: did it match this directory or one above it? Handed to what is below. */
export type MatchInfo = readonly boolean[];

/**
 * Compiles patterns in order. Refused ones are left out and reported; BuildKit stops at the first
 * (`patternmatcher.New`, and `Pattern.compile` when a path first meets the pattern).
 */
export function compilePatterns(texts: readonly string[]): {
  readonly matcher: PatternMatcher;
  readonly problems: readonly PatternProblem[];
} {
  const patterns: Pattern[] = [];
  const problems: PatternProblem[] = [];
  for (const [index, text] of texts.entries()) {
    const trimmed = text.trim();
    if (trimmed === '') continue;
    const cleaned = cleanPath(trimmed);
    if (cleaned === '!') {
      problems.push({ index, message: 'illegal exclusion pattern: "!"' });
      continue;
    }
    const exclusion = cleaned.startsWith('!');
    const pattern = compilePattern(exclusion ? cleaned.slice(1) : cleaned, exclusion);
    if (pattern) patterns.push(pattern);
    else problems.push({ index, message: 'syntax error in pattern' });
  }
  const matcher = { patterns, hasExclusions: patterns.some((pattern) => pattern.exclusion) };
  return { matcher, problems };
}

/** One cleaned pattern; undefined when `filepath.Match` or Go's regexp compiler refuses it. */
export function compilePattern(text: string, exclusion: boolean): Pattern | undefined {
  if (!isValidPattern(text)) return undefined;
  const { kind, regexp, simple } = translate(text);
  const common = { text, exclusion, kind, regexp: kind === 'regexp' ? regexp : '' };
  if (kind === 'exact') return { ...common, matches: (path) => path === text };
  if (kind === 'prefix') {
    const prefix = text.slice(0, -2);
    return { ...common, matches: (path) => path.startsWith(prefix) };
  }
  if (kind === 'suffix') {
    const suffix = text.slice(2);
    const whole = suffix.startsWith('/') ? suffix.slice(1) : undefined;
    return { ...common, matches: (path) => path.endsWith(suffix) || path === whole };
  }
  const matches = simple ? native(regexp) : compileGoRegexp(regexp);
  return matches && { ...common, matches };
}

/**
 * Does a path match when the directories above it were tested before (`MatchesUsingParentResults`)?
 * `parent` is null for entries of the root, and for a path that is tested alone, whose parents are
 * then tried too. A pattern that cannot change the verdict is not tried, and counts as not matching
 * for what is below: that is why `!dir` does not protect files that an earlier pattern names.
 */
export function matchPath(
  matcher: PatternMatcher,
  path: string,
  parent: MatchInfo | null,
): { readonly matched: boolean; readonly info: MatchInfo } {
  let matched = false;
  const info: boolean[] = [];
  for (const [index, pattern] of matcher.patterns.entries()) {
    let match = parent?.[index] ?? false;
    if (!match && pattern.exclusion === matched) {
      match = pattern.matches(path) || (!parent && matchesParent(pattern, path));
    }
    info.push(match);
    if (match) matched = !pattern.exclusion;
  }
  return { matched, info };
}

function matchesParent(pattern: Pattern, path: string): boolean {
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    if (pattern.matches(path.slice(0, slash))) return true;
  }
  return false;
}

/** Go escapes these; braces and the bar are meant to be escaped too, but are not. */
const escaped = new Set('.+()$');

/** `Pattern.compile` for `/` as the separator. */
function translate(text: string): { kind: Pattern['kind']; regexp: string; simple: boolean } {
  const runes = [...text];
  let kind: Pattern['kind'] = 'exact';
  let regexp = '^';
  let stars = 0;
  let plain = true;
  for (let at = 0; at < runes.length; at++) {
    const rune = runes[at] ?? '';
    if (rune === '*' && runes[at + 1] === '*') {
      const first = at === 0;
      at += runes[at + 2] === '/' ? 2 : 1;
      stars++;
      if (at + 1 < runes.length) {
        regexp += '(.*/)?';
        kind = 'regexp';
      } else if (kind === 'exact') kind = 'prefix';
      else {
        regexp += '.*';
        kind = 'regexp';
      }
      if (first) kind = 'suffix';
    } else if (rune === '*') {
      regexp += '[^/]*';
      stars++;
      kind = 'regexp';
    } else if (rune === '?') {
      regexp += '[^/]';
      kind = 'regexp';
    } else if (escaped.has(rune)) regexp += `\\${rune}`;
    else if (rune === '\\') {
      at++;
      plain = false;
      regexp += `\\${runes[at] ?? ''}`;
      if (at < runes.length) kind = 'regexp';
    } else {
      if ('[]{}|^'.includes(rune)) plain = false;
      regexp += rune;
      if (rune === '[' || rune === ']') kind = 'regexp';
    }
  }
  return { kind, regexp: `${regexp}$`, simple: plain && stars <= 2 };
}

/** Two stars at most: then backtracking is no worse than the square of the path's length. */
function native(regexp: string): (path: string) => boolean {
  const source = regexp.replaceAll('(.*/)?', '(?:[^\\n]*/)?').replace(/\.\*\$$/, '[^\\n]*$');
  const compiled = new RegExp(source, 'u');
  return (path) => compiled.test(path);
}

/**
 * `.dockerignore`: its text as patterns, and the walk that they filter.
 *
 * Reading follows moby/patternmatcher `ignorefile.ReadAll`, the walk fsutil's `filterFS.Walk`:
 * what is sent to the builder is what exists for COPY, ADD and bind mounts.
 */

import { cleanPath } from '../syntax/slashPaths.ts';
import {
  compilePatterns,
  type MatchInfo,
  matchPath,
  type Pattern,
  type PatternMatcher,
} from './patternMatcher.ts';

/** A pattern line that BuildKit refuses; the build then fails before its first step. */
export interface IgnoreProblem {
  /** BuildKit's own text. */
  readonly message: string;
  /** 1-based line of the ignore file. */
  readonly line: number;
}

export interface IgnoreFile {
  /** Normalized patterns in order, refused ones included. */
  readonly patterns: readonly string[];
  readonly matcher: PatternMatcher;
  readonly problems: readonly IgnoreProblem[];
}

/** Go's scanner refuses longer lines (`bufio.Scanner: token too long`). */
const longestLine = 64 * 1024;

/** No ignore file at all. */
export const ignoreNothing: IgnoreFile = readIgnoreFile('');

/**
 * Reads the text of an ignore file. Refused patterns are left out of the matcher and listed in
 * `problems`: BuildKit fails the build for any of them.
 */
export function readIgnoreFile(text: string): IgnoreFile {
  const lines: { pattern: string; line: number }[] = [];
  const problems: IgnoreProblem[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    if (raw.length >= longestLine && new TextEncoder().encode(raw).length >= longestLine) {
      problems.push({ message: 'bufio.Scanner: token too long', line: index + 1 });
      break;
    }
    const pattern = readLine(index === 0 ? raw.replace(/^\ufeff/, '') : raw);
    if (pattern !== undefined) lines.push({ pattern, line: index + 1 });
  }
  const patterns = lines.map((entry) => entry.pattern);
  const compiled = compilePatterns(patterns);
  for (const { index, message } of compiled.problems) {
    const list = `invalid excludepatterns: [${patterns.join(' ')}]: ${message}`;
    problems.push({ message: list, line: lines[index]?.line ?? 1 });
  }
  return { patterns, matcher: compiled.matcher, problems };
}

/** One line as a normalized pattern; undefined for comments and blank lines. */
function readLine(raw: string): string | undefined {
  if (raw.startsWith('#')) return undefined;
  const trimmed = trimSpace(raw);
  if (trimmed === '') return undefined;
  const inverted = trimmed.startsWith('!');
  const path = inverted ? trimSpace(trimmed.slice(1)) : trimmed;
  const cleaned = path === '' ? '' : cleanPath(path);
  const relative = cleaned.length > 1 && cleaned.startsWith('/') ? cleaned.slice(1) : cleaned;
  return inverted ? `!${relative}` : relative;
}

/** Go's `strings.TrimSpace`: Unicode white space, and not the byte order mark that JavaScript adds. */
function trimSpace(text: string): string {
  return text.replace(/^(?:(?!\ufeff)[\s\u0085])+|(?:(?!\ufeff)[\s\u0085])+$/g, '');
}

/** Where a filtered walk stands: what decides on the entries of one folder. */
export interface Filter {
  readonly matcher: PatternMatcher;
  readonly path: string;
  readonly info: MatchInfo | null;
}

/** What the filter says of one entry. */
export type Verdict =
  /** Sent. */
  | 'kept'
  /** Not sent. */
  | 'dropped'
  /** A folder that is only sent if something below it is. */
  | 'perhaps';

/** The filter at the root of a context. */
export function rootFilter(matcher: PatternMatcher): Filter {
  return { matcher, path: '', info: null };
}

/**
 * The verdict on an entry of the folder where the filter stands, and the filter for what is below it.
 * Excluded folders are left unread unless an exception can match inside, as in `filterFS.Walk`.
 */
export function filterEntry(
  filter: Filter,
  name: string,
  isDirectory: boolean,
): { readonly verdict: Verdict; readonly below: Filter } {
  const path = filter.path === '' ? name : `${filter.path}/${name}`;
  const { matched, info } = matchPath(filter.matcher, path, filter.info);
  const below = { matcher: filter.matcher, path, info };
  if (!matched) return { verdict: 'kept', below };
  const open = isDirectory && exceptionMayMatchBelow(filter.matcher, path);
  return { verdict: open ? 'perhaps' : 'dropped', below };
}

function exceptionMayMatchBelow(matcher: PatternMatcher, path: string): boolean {
  if (!matcher.hasExclusions) return false;
  const exceptions = matcher.patterns.filter((pattern) => pattern.exclusion);
  if (exceptions.some((pattern) => /[*[\]?^\\]/.test(fixedPart(pattern)))) return true;
  return exceptions.some((pattern) => `${fixedPart(pattern)}/`.startsWith(`${path}/`));
}

function fixedPart(pattern: Pattern): string {
  return pattern.text.replace(/\/\*\*$/, '').replace(/\/\*$/, '');
}

/**
 * Does a COPY, ADD or bind mount take a path of the build context? Told by the path alone, so that it
 * can be asked of files that are there no more. Links are files here, as in git: what a source reaches
 * through one is not seen.
 */

import type { ResolvedCopy } from '../model/plan.ts';
import { type Filter, filterEntry, rootFilter } from './dockerignore.ts';
import { patternsOf, pivot } from './gather.ts';
import { hasWildcard, matchName, partsOf } from './goPath.ts';
import { compilePatterns, type PatternMatcher } from './patternMatcher.ts';
import { noInfo, type Selection, type SelectionInfo, selectEntry } from './selection.ts';
import { sentBy } from './sources.ts';

/** Is this file, by its clean path below the context's root, taken? */
export type Takes = (path: string) => boolean;

/** Of entries by the parts of their paths: is this file taken, and may something in this folder be? */
interface Judge {
  readonly file: (names: readonly string[]) => boolean;
  readonly folder: (names: readonly string[]) => boolean;
}

/**
 * What sources take behind the ignore file, whose normalized patterns are given. Throws Unreadable
 * where the builder refuses a pattern.
 */
export function takenBy(
  { sources, parents, exclude }: Pick<ResolvedCopy, 'sources' | 'parents' | 'exclude'>,
  ignorePatterns: readonly string[],
): Takes {
  const sent = sentBelow(compilePatterns(ignorePatterns).matcher);
  const excluded = patternsOf(exclude, '--exclude');
  const parts = sources.map((source) => {
    const { base, include } = parents ? pivot(source) : { base: source, include: null };
    return takenFrom(partsOf(base), { include, excluded });
  });
  const known = new Map<string, boolean>();
  return (path) => {
    let taken = known.get(path);
    if (taken === undefined) {
      const names = path.split('/');
      taken = parts.some((takes) => takes(names)) && sent.file(names);
      known.set(path, taken);
    }
    return taken;
  };
}

/** May something in a folder below a plain source be taken? */
export function mayTakeBelow(
  { sources, exclude }: Pick<ResolvedCopy, 'sources' | 'exclude'>,
  ignorePatterns: readonly string[],
): Takes {
  const sent = sentBelow(compilePatterns(ignorePatterns).matcher);
  const excluded = patternsOf(exclude, '--exclude');
  const source = partsOf(sources[0] ?? '');
  const chosen = selected({ include: null, excluded });
  return (path) => {
    const names = path.split('/').filter(Boolean);
    const isBelow = source.every((part, at) => part === names[at]);
    return isBelow && sent.folder(names) && chosen.folder(names.slice(source.length));
  };
}

/** The walk of the ignore file, which remembers the folders that it came through. */
function sentBelow(matcher: PatternMatcher): Judge {
  const folders = new Map<string, Filter | null>([['', rootFilter(matcher)]]);
  const folder = (names: readonly string[]): Filter | null => {
    const path = names.join('/');
    const known = folders.get(path);
    if (known !== undefined) return known;
    const above = folder(names.slice(0, -1));
    const found = above && filterEntry(above, names.at(-1) ?? '', true);
    const below = found && found.verdict !== 'dropped' ? found.below : null;
    folders.set(path, below);
    return below;
  };
  return {
    folder: (names) => folder(names) !== null,
    file(names) {
      const above = folder(names.slice(0, -1));
      return above !== null && filterEntry(above, names.at(-1) ?? '', false).verdict === 'kept';
    },
  };
}

/** What one source takes of what is sent; a file that it names itself is taken whatever is excluded. */
function takenFrom(
  source: readonly string[],
  selection: Selection,
): (names: readonly string[]) => boolean {
  const wild = source.findIndex(hasWildcard);
  const named = wild < 0 ? () => true : sentBy(source);
  const { include, excluded } = selection;
  const isSelected = include || excluded ? selected(selection).file : () => true;
  return (names) => {
    if (names.length < source.length) return false;
    for (let at = 0; at < source.length; at += 1) {
      const pattern = source[at] ?? '';
      const name = names[at] ?? '';
      const fits = wild >= 0 && at >= wild ? matchName(pattern, name) === true : pattern === name;
      if (!fits) return false;
    }
    if (!named(names.slice(0, source.length).join('/'))) return false;
    return names.length === source.length || isSelected(names.slice(source.length));
  };
}

/** `--exclude` and the pattern of `--parents`, folder by folder as the builder walks. */
function selected(selection: Selection): Judge {
  const folders = new Map<string, SelectionInfo | null>([['', noInfo]]);
  const folder = (names: readonly string[]): SelectionInfo | null => {
    const path = names.join('/');
    const known = folders.get(path);
    if (known !== undefined) return known;
    const above = folder(names.slice(0, -1));
    const found = above && selectEntry(selection, path, above);
    const info = found?.open ? found.info : null;
    folders.set(path, info);
    return info;
  };
  return {
    folder: (names) => folder(names) !== null,
    file(names) {
      const above = folder(names.slice(0, -1));
      return above !== null && selectEntry(selection, names.join('/'), above).taken;
    },
  };
}

/** Does a source lead through one of these links, so that it takes what the link points to? */
export function passesLink(
  { sources, parents }: Pick<ResolvedCopy, 'sources' | 'parents'>,
  links: readonly string[],
): boolean {
  if (links.length === 0) return false;
  return sources.some((source) => {
    const parts = partsOf(parents ? pivot(source).base : source);
    return links.some((link) => {
      const names = link.split('/');
      return (
        names.length <= parts.length &&
        names.every((name, at) => name === parts[at] || matchName(parts[at] ?? '', name) === true)
      );
    });
  });
}

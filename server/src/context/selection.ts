/**
 * What of a folder that a COPY or ADD names is taken: by the pattern of `--parents` and by
 * `--exclude` (fsutil `copier.copy`). Entries are judged on a walk from the folder down.
 */

import { type MatchInfo, matchPath, type PatternMatcher } from './patternMatcher.ts';

export interface Selection {
  /** `--parents`: only what matches; null: all. */
  readonly include: PatternMatcher | null;
  readonly excluded: PatternMatcher | null;
}

/** What was found for the folder above; handed to what is below. */
export interface SelectionInfo {
  readonly include: MatchInfo | null;
  readonly excluded: MatchInfo | null;
}

/** Where a walk begins. */
export const noInfo: SelectionInfo = { include: null, excluded: null };

/** Is an entry taken, and may something below it be? `path` is relative to the named folder. */
export function selectEntry(
  { include, excluded }: Selection,
  path: string,
  above: SelectionInfo,
): { readonly taken: boolean; readonly open: boolean; readonly info: SelectionInfo } {
  const included = include && matchPath(include, path, above.include);
  const dropped = excluded && matchPath(excluded, path, above.excluded);
  const isDropped = dropped?.matched === true;
  const closed =
    (isDropped && !excluded?.hasExclusions) ||
    (included?.matched === false && !mayMatchBelow(include, path));
  return {
    taken: included?.matched !== false && !isDropped,
    open: !closed,
    info: { include: included?.info ?? null, excluded: dropped?.info ?? null },
  };
}

/** Could a pattern match below this folder? Saves a walk where patterns begin with plain names. */
function mayMatchBelow(include: PatternMatcher | null, path: string): boolean {
  const depth = path.split('/').length;
  return (include?.patterns ?? []).some((pattern) => {
    const parts = pattern.text.split('/');
    const wild = parts.findIndex((part) => /[*?[\]^\\|{]/.test(part));
    const plain = parts.slice(0, wild < 0 ? parts.length : wild);
    return plain.slice(0, depth).join('/') === path.split('/').slice(0, plain.length).join('/');
  });
}

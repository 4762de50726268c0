/** How often what a line takes from the build context changes, by the history of the context. */

import type { Fact } from '../context/fact.ts';
import type { Commit } from './gitLog.ts';

/** What git says of a folder. */
export interface GitHistory {
  /** The newest first, no merges. */
  readonly commits: readonly Commit[];
  /** All files of the folder that the newest commit has; null: too many to be listed. */
  readonly tracked: readonly string[] | null;
  /** Those of them that are symbolic links, as far as they could be listed. */
  readonly links: readonly string[];
  /** The folder has the `.git` of its repository, which every commit changes; absent: no. */
  readonly hasRepository?: boolean;
}

/** In how many of the last commits something changed. */
export interface Churn {
  /** Commits that were looked at. */
  readonly commits: number;
  readonly changed: number;
  /** It takes parts of `.git` too, which no commit lists and every one changes; absent: no. */
  readonly takesRepository?: boolean;
}

/** Asks git. */
export interface GitPort {
  /**
   * The last commits of the repository that a folder (absolute) lies in; the same object as long as
   * its HEAD stays. Unavailable without git or repository. Rejects only when the signal aborts.
   */
  history(folder: string, signal: AbortSignal): Promise<Fact<GitHistory>>;
}

/** In how many commits a file changed that is taken; not known where git has no such file. */
export function churnOf(
  { commits, tracked, hasRepository }: GitHistory,
  takes: (path: string) => boolean,
): Fact<Churn> {
  const changed = commits.filter(({ paths }) => paths.some(takes)).length;
  if (changed === 0 && !tracked?.some(takes)) {
    const reason =
      tracked === null
        ? 'None of the last commits changed a file that it takes.'
        : 'Git has none of the files that it takes.';
    return { state: 'unavailable', reason };
  }
  const takesRepository =
    hasRepository === true && ['HEAD', 'index'].some((name) => takes(`.git/${name}`));
  return {
    state: 'known',
    value: { commits: commits.length, changed, ...(takesRepository && { takesRepository }) },
  };
}

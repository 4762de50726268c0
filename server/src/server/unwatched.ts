/**
 * Build contexts that no watcher tells of: those outside the workspace, and all of a client that
 * watches no files. They are looked at again when something is asked of their document, and so are
 * the others once in a while, as watchers leave out folders and lose events.
 */

import { isWithin } from '../analysis/hostPaths.ts';

/** Milliseconds between two looks at one context: 100,000 files take a quarter of a second. */
const spacingMs = { watched: 30_000, unwatched: 2_000 };

export interface Unwatched {
  /** An answer was given about a document with this context (absolute, null: none). */
  asked(uri: string, context: string | null): void;
  forget(uri: string): void;
}

/** `watched`: the folders that the client tells of now. `look` begins to look, and does not wait. */
export function createUnwatched(
  watched: () => readonly string[],
  look: (uri: string) => void,
  now: () => number = () => performance.now(),
): Unwatched {
  const looked = new Map<string, number>();
  return {
    asked(uri, context) {
      if (context === null) return;
      const isWatched = watched().some((folder) => isWithin(context, folder));
      const spacing = isWatched ? spacingMs.watched : spacingMs.unwatched;
      const last = looked.get(uri);
      // What is asked first was read just now.
      if (last === undefined) looked.set(uri, now());
      else if (now() - last >= spacing) {
        looked.set(uri, now());
        look(uri);
      }
    },
    forget: (uri) => void looked.delete(uri),
  };
}

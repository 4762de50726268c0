/** What was made of folders with all that is below them, kept until something in them changes. */

import type { Entry } from './entries.ts';

export interface KeptFolders<T> {
  /** What was made of a folder, as long as its own entry is the same; a null entry is the root. */
  get(path: string, entry: Entry | null): T | undefined;
  /** Call it before the folder is read; what it gives keeps the result unless something changed since. */
  begin(path: string): (entry: Entry | null, made: T) => void;
  /** Something at or in this folder may be other than it was; null: anywhere. */
  forget(path: string | null): void;
}

/** Keeps nothing yet. */
export function keptFolders<T>(): KeptFolders<T> {
  const kept = new Map<string, { readonly entry: Entry | null; readonly made: T }>();
  const begun = new Map<string, object>();
  return {
    get(path, entry) {
      const one = kept.get(path);
      return one?.entry === entry ? one.made : undefined;
    },
    begin(path) {
      const token = {};
      begun.set(path, token);
      return (entry, made) => {
        if (begun.get(path) !== token) return;
        begun.delete(path);
        kept.set(path, { entry, made });
      };
    },
    forget(path) {
      if (path === null) {
        kept.clear();
        begun.clear();
        return;
      }
      for (let at: string | null = path; at !== null; at = aboveOf(at)) {
        kept.delete(at);
        begun.delete(at);
      }
    },
  };
}

function aboveOf(path: string): string | null {
  return path === '' ? null : path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

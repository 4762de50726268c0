/**
 * Other names of files that changed: who watches files is told of the name under which one was
 * written to, and of none of its hard links.
 */

import type { Entry } from './entries.ts';

export interface OtherNames {
  /** An entry was found to be another one than before, new or gone. */
  changed(old: Entry | undefined, now: Entry | undefined): void;
  /** Names in these folders that are to be looked at again for that; each is given once. */
  take(
    folders: Iterable<{ readonly path: string; readonly entries: ReadonlyMap<string, Entry> }>,
  ): readonly { readonly folder: string; readonly name: string }[];
}

/** Knows of no change yet. */
export function otherNames(): OtherNames {
  /** When the file changed last, by inode; `''`: not known. */
  const changed = new Map<string, string>();
  return {
    changed(old, now) {
      const isSame = now !== undefined && old?.inode === now.inode;
      if (hasOthers(old) && !isSame) changed.set(old?.inode ?? '', '');
      if (hasOthers(now) || (hasOthers(old) && isSame))
        changed.set(now?.inode ?? '', now?.ctimeNs ?? '');
    },
    take(folders) {
      const found: { folder: string; name: string }[] = [];
      if (changed.size === 0) return found;
      for (const { path, entries } of folders) {
        for (const entry of entries.values()) {
          if (entry.kind !== 'file') continue;
          const time = changed.get(entry.inode);
          if (time !== undefined && time !== entry.ctimeNs)
            found.push({ folder: path, name: entry.name });
        }
      }
      changed.clear();
      return found;
    },
  };
}

function hasOthers(entry: Entry | undefined): boolean {
  return entry !== undefined && entry.kind === 'file' && entry.links > 1 && entry.inode !== '';
}

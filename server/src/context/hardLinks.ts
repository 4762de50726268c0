/**
 * Which names of one file go together in the transfer of a context: the client sends the first of them
 * in the order of its walk as a file, and each other as a link to that (fsutil `fs.Walk`, `mkstat`).
 */

import { type Entry, Unreadable } from './entries.ts';
import { partsOf } from './goPath.ts';
import { type ContextTree, type Found, type Match, resolveSource, sentFor } from './sources.ts';

/** By the name that a file is found under: the name that it is sent as a link to; `''`: to none. */
export interface HardLinks {
  linkOf(path: string, entry: Entry): string;
}

/** Of files by path, with what tells files from each other; `''` has one name only. */
function firstNames(
  files: Iterable<readonly [path: string, inode: string]>,
): ReadonlyMap<string, string> {
  const first = new Map<string, string>();
  for (const [path, inode] of files) {
    const known = first.get(inode);
    if (inode !== '' && (known === undefined || isBefore(path, known))) first.set(inode, path);
  }
  return first;
}

/** In a walk that goes into folders as it comes to them. */
function isBefore(a: string, b: string): boolean {
  return a.replaceAll('/', '\0') < b.replaceAll('/', '\0');
}

/**
 * Looks at all that the sources name, what patterns leave out included, as that is sent as well, and
 * at the `others`: paths that were sent before.
 */
export async function hardLinks(
  tree: ContextTree,
  sources: readonly string[],
  others: Iterable<string>,
): Promise<HardLinks> {
  const names: (readonly [string, string])[] = [];
  const add = async (found: Found): Promise<void> => {
    const { path, entry } = found;
    if (entry && entry.kind !== 'directory') {
      if (entry.links > 1) names.push([path, entry.inode]);
      return;
    }
    for (const child of await tree.children(found)) await add(child);
  };
  const isSent = sentFor(sources);
  for (const source of sources) {
    for (const { found } of await matchesOf(tree, source, isSent)) await add(found);
  }
  for (const path of others) {
    const found = await tree.find(partsOf(path));
    if (found?.path === path && found.entry?.kind === 'file') await add(found);
  }
  const first = firstNames(names);
  return {
    linkOf(path, { inode }) {
      const name = first.get(inode) ?? path;
      return name === path ? '' : name;
    },
  };
}

/** None where another line says that it cannot be known. */
async function matchesOf(
  tree: ContextTree,
  source: string,
  isSent: (path: string) => boolean,
): Promise<readonly Match[]> {
  try {
    return (await resolveSource(tree, source, isSent)).matches;
  } catch (error) {
    if (error instanceof Unreadable) return [];
    throw error;
  }
}

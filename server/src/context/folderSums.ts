/**
 * What a single folder adds as the only source of a copy, summed up folder by folder and kept, so
 * that after a change only the folders above it are summed again. `gather.ts` and `layerTree.ts` do
 * the same for everything else, and in all that there is.
 */

import type { Entry } from './entries.ts';
import type { KeptFolders } from './keptFolders.ts';
import type { Content } from './layerTree.ts';
import type { Pace } from './pace.ts';
import type { ContextTree, Found } from './sources.ts';

export interface FolderSum {
  readonly bytes: number;
  /** Names that are no folders. */
  readonly files: number;
  readonly directories: number;
  /** The ten largest, the largest first. */
  readonly largest: readonly Content[];
  /** Some file has several names, which are stored once: the sum is not what is stored. */
  readonly hasLinks: boolean;
  /** The first file that this user may not read; null: none. */
  readonly unreadable: string | null;
}

/** Largest first, and by path where sizes are equal. */
export const bySize = (a: Content, b: Content) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1);

/** Sums up what is sent of a folder. */
export async function sumFolder(
  folder: Found,
  tree: ContextTree,
  kept: KeptFolders<FolderSum>,
  pace: Pace,
  signal: AbortSignal | undefined,
): Promise<FolderSum> {
  const before = kept.get(folder.path, folder.entry);
  if (before) return before;
  const keep = kept.begin(folder.path);
  let bytes = 0;
  let files = 0;
  let directories = 0;
  let hasLinks = false;
  let unreadable: string | null = null;
  const largest: Content[] = [];
  for (const child of await tree.children(folder)) {
    if (pace.left() === 0) await pace.rest(signal);
    if (child.entry.kind === 'directory') {
      const sum = await sumFolder(child, tree, kept, pace, signal);
      // A folder that is only sent for what is in it.
      if (child.perhaps && sum.files + sum.directories === 0) continue;
      bytes += sum.bytes;
      files += sum.files;
      directories += sum.directories + 1;
      hasLinks ||= sum.hasLinks;
      unreadable ??= sum.unreadable;
      for (const one of sum.largest) add(largest, one);
      continue;
    }
    files++;
    if (child.entry.kind !== 'file') continue;
    const stored = storedBytes(child.entry);
    if (!child.entry.readable) unreadable ??= child.path;
    bytes += stored;
    hasLinks ||= child.entry.links > 1 && child.entry.inode !== '';
    add(largest, { bytes: stored, path: child.path });
  }
  const sum = { bytes, files, directories, largest, hasLinks, unreadable };
  keep(folder.entry, sum);
  return sum;
}

const most = 10;

function add(largest: Content[], content: Content): void {
  const last = largest.at(-1);
  if (largest.length >= most && last && bySize(content, last) > 0) return;
  largest.push(content);
  largest.sort(bySize);
  largest.length = Math.min(largest.length, most);
}

/** What the builder stores of a file: the client sends no bytes of one that it may not read (fsutil `sendFile`). */
export function storedBytes({ bytes, readable }: Entry): number {
  return readable ? bytes : 0;
}

/** The sentence on a file of which that is so. */
export function unreadableNote(path: string): string {
  return `This user may not read the file ${path}, so the builder gets it empty.`;
}

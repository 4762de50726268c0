/** The ignore file that is in force for a context, with what was made of folders under it. */

import { type IgnoreFile, ignoreNothing, readIgnoreFile } from './dockerignore.ts';
import { codeOf, slashes, Unreadable } from './entries.ts';
import type { FileSystem } from './fileSystem.ts';
import type { FolderSum } from './folderSums.ts';
import { type KeptFolders, keptFolders } from './keptFolders.ts';
import type { Verdicts } from './sources.ts';

export interface LoadedIgnore {
  readonly path: string | null;
  /** What it leads to has another path. */
  readonly isLink: boolean;
  readonly text: string;
  readonly file: IgnoreFile;
  readonly verdicts: Verdicts;
  readonly sums: KeptFolders<FolderSum>;
}

/** Equal text keeps the compiled patterns. */
export function isSameIgnore(a: LoadedIgnore, b: LoadedIgnore): boolean {
  return a.path === b.path && a.text === b.text && a.isLink === b.isLink;
}

/** Absolute paths, the first that exists counts (BuildKit `dockerui/config.go`). */
export function ignoreCandidates(root: string, dockerfile: string | null): readonly string[] {
  const own = `${slashes(root).replace(/\/+$/, '')}/.dockerignore`;
  return dockerfile === null ? [own] : [`${slashes(dockerfile)}.dockerignore`, own];
}

const nothingMade = () => ({ verdicts: new WeakMap(), sums: keptFolders<FolderSum>() });

const mostIgnoreBytes = 4 << 20;

/** The first that there is; throws Unreadable. */
export async function readIgnore(
  files: FileSystem,
  paths: readonly string[],
): Promise<LoadedIgnore> {
  for (const path of paths) {
    try {
      const bytes = await files.read(path, mostIgnoreBytes);
      const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
      const isLink = (await files.lstat(path)).kind === 'symlink';
      return { path, isLink, text, file: readIgnoreFile(text), ...nothingMade() };
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      throw new Unreadable(
        `The ignore file ${path} cannot be read (${code || String(error)}), so what is copied is not known.`,
      );
    }
  }
  return { path: null, isLink: false, text: '', file: ignoreNothing, ...nothingMade() };
}

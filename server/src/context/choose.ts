/**
 * Which folder is the build context. Said by the user, or else the Dockerfile's own folder, or the
 * workspace folder when only there the sources of COPY exist, as with `docker/Dockerfile`. An
 * inferred choice is a good guess: nothing may be called missing because of it.
 */

import type { FileSystem } from './fileSystem.ts';
import { hasWildcard, partsOf } from './goPath.ts';

export interface ContextQuestion {
  /** Absolute path as the user named it; null: find it. */
  readonly explicit: string | null;
  /** Absolute folder of the Dockerfile; null when it is no file. */
  readonly dockerfileFolder: string | null;
  /** Absolute workspace folder around it. */
  readonly workspaceFolder: string | null;
  /** Sources of COPY, ADD and bind mounts of needed stages, as written. */
  readonly sources: readonly string[];
}

export interface ContextChoice {
  /** Null: there is no folder to take. */
  readonly path: string | null;
  readonly inferred: boolean;
  /** A full sentence. */
  readonly reason: string;
  /** Other folders that could be meant. */
  readonly alternatives: readonly string[];
}

/** Which folder it is, and what else it could be. Asks for nothing but whether sources exist. */
export async function chooseContext(
  files: FileSystem,
  { explicit, dockerfileFolder, workspaceFolder, sources }: ContextQuestion,
): Promise<ContextChoice> {
  const around = workspaceFolder === dockerfileFolder ? null : workspaceFolder;
  const folders = [dockerfileFolder, around].filter((folder) => folder !== null);
  const others = (chosen: string | null) => folders.filter((folder) => folder !== chosen);
  if (explicit !== null) {
    const reason = 'The build context was chosen.';
    return { path: explicit, inferred: false, reason, alternatives: others(explicit) };
  }
  if (dockerfileFolder === null) {
    const reason = 'The Dockerfile is in no folder, so that no build context is known.';
    return { path: null, inferred: true, reason, alternatives: others(null) };
  }
  const named = sources.filter((source) => fixedPart(source).length > 0);
  const own = {
    path: dockerfileFolder,
    inferred: true,
    reason: 'The build context is the folder of the Dockerfile.',
    alternatives: others(dockerfileFolder),
  };
  if (around === null || named.length === 0) return own;
  const here = await countExisting(files, dockerfileFolder, named);
  if (here > 0) return own;
  const there = await countExisting(files, around, named);
  if (there === 0) return own;
  return {
    path: around,
    inferred: true,
    reason: 'The build context is the folder around: only there the copied files exist.',
    alternatives: others(around),
  };
}

/** The parts of a source before its first wildcard. */
function fixedPart(source: string): readonly string[] {
  const parts = partsOf(source);
  const first = parts.findIndex(hasWildcard);
  return first < 0 ? parts : parts.slice(0, first);
}

async function countExisting(
  files: FileSystem,
  folder: string,
  sources: readonly string[],
): Promise<number> {
  const base = folder.replace(/[\\/]$/, '');
  const paths = [...new Set(sources.map((source) => `${base}/${fixedPart(source).join('/')}`))];
  const found = await Promise.all(
    paths.map((path) =>
      files.lstat(path).then(
        () => 1,
        () => 0,
      ),
    ),
  );
  return found.reduce((all: number, one) => all + one, 0);
}

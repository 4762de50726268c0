/**
 * A folder of settings for one use of buildx that is the user's own but for what buildx notes of each
 * build there: so the names of exactly our builds are known, and vanish with the folder.
 */

import { copyFile, mkdtemp, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import process from 'node:process';
import type { NotedBuild } from '../builder/builder.ts';
import type { NotedStart } from '../engine/notedBuilds.ts';

/** One build by the names that buildx has for it. */
export interface BuildName {
  readonly builder: string;
  readonly ref: string;
}

export interface BuildxFolder {
  /** Value for `BUILDX_CONFIG`. */
  readonly path: string;
  /** Builds that were started with it. */
  names(): Promise<readonly BuildName[]>;
  remove(): Promise<void>;
}

/** Where the user's settings of buildx lie (`util/confutil` of buildx). */
export function buildxSettings(
  env: Readonly<Record<string, string | undefined>>,
  home: string = homedir(),
): string {
  return env.BUILDX_CONFIG || join(env.DOCKER_CONFIG || join(home, '.docker'), 'buildx');
}

/** Makes the folder. Rejects with the file system's error where that is not possible. */
export async function makeBuildxFolder(settings: string): Promise<BuildxFolder> {
  const path = await mkdtemp(join(tmpdir(), 'dockerfile-layers-'));
  const remove = () => rm(path, { recursive: true, force: true }).catch(() => {});
  try {
    for (const name of await readdir(settings).catch(() => [])) {
      // What lies there says which builds there were; all else decides on how they are made, also
      // `.buildNodeID`, by which the builder finds its copy of the context again.
      if (name !== 'refs') await link(join(settings, name), join(path, name));
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, names: () => namesIn(join(path, 'refs')), remove };
}

/** Links of files need rights on Windows that users do not have. */
async function link(from: string, to: string): Promise<void> {
  if (process.platform !== 'win32') return symlink(from, to);
  const isFolder = (await stat(from)).isDirectory();
  return isFolder ? symlink(from, to, 'junction') : copyFile(from, to);
}

/**
 * Builds that buildx began since a time (milliseconds since 1970), by what it notes of each on this
 * machine. The builder itself is not asked: before BuildKit 0.29, a record of its history that was
 * looked at once and is removed later, by hand or by age, ends the whole engine when the history is
 * listed next (`filterHistoryEvents` in `solver/llbsolver/history.go`).
 */
export async function buildsSince(settings: string, since: number): Promise<readonly NotedBuild[]> {
  const instances = new Set(await list(join(settings, 'instances')));
  // Times of files are coarser than clocks.
  const young = (await beginnings(settings)).filter(({ startedAt }) => startedAt >= since - 1000);
  const found = young.map(async ({ builder, path, startedAt }) => {
    const state = await readFile(path, 'utf8').then(parse, () => null);
    return state ? [{ builder, ...state, startedAt, apart: instances.has(builder) }] : [];
  });
  return (await Promise.all(found)).flat();
}

/** How many builds are looked back at. */
const mostStarts = 1000;
/** Longer Dockerfiles are not read. */
const longestFile = 256_000;
const atOnce = 64;

/** The newest builds that buildx noted on this machine, of whichever Dockerfiles. Never rejects. */
export function notedStarts(settings: string): () => Promise<readonly NotedStart[]> {
  return async () => {
    const newest = (await beginnings(settings))
      .toSorted((a, b) => b.startedAt - a.startedAt)
      .slice(0, mostStarts);
    const read = newest.map(async ({ path, startedAt }) => {
      const state = await readFile(path, 'utf8').then(parse, () => null);
      return state ? [{ startedAt, ...startOf(state) }] : [];
    });
    return (await Promise.all(read)).flat();
  };
}

const began = new Map<string, number>();

/**
 * When each build began that buildx noted, in milliseconds since 1970. buildx never forgets one, so
 * the file system is asked of each only once.
 */
async function beginnings(
  settings: string,
): Promise<readonly { readonly builder: string; readonly path: string; startedAt: number }[]> {
  const notes = await namesIn(join(settings, 'refs'));
  const open = notes.filter(({ path }) => !began.has(path));
  const work = async () => {
    for (let note = open.pop(); note !== undefined; note = open.pop()) {
      const { path } = note;
      await stat(path).then(
        ({ mtimeMs }) => began.set(path, mtimeMs),
        () => {},
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return notes.flatMap(({ builder, path }) => {
    const startedAt = began.get(path);
    return startedAt === undefined ? [] : [{ builder, path, startedAt }];
  });
}

function startOf({ context, dockerfile }: Pick<NotedBuild, 'context' | 'dockerfile'>) {
  const name = dockerfile ?? 'Dockerfile';
  const path = isAbsolute(name) ? name : join(context, name);
  const text = async () => {
    const { size } = await stat(path);
    return size > longestFile ? null : readFile(path, 'utf8');
  };
  return { dockerfile: path, text: () => text().catch(() => null) };
}

function parse(text: string): Pick<NotedBuild, 'context' | 'dockerfile'> | null {
  try {
    const { LocalPath, DockerfilePath } = JSON.parse(text);
    if (typeof LocalPath !== 'string') return null;
    const named = typeof DockerfilePath === 'string' && DockerfilePath !== '';
    return { context: LocalPath, dockerfile: named ? DockerfilePath : null };
  } catch {
    return null;
  }
}

/** `refs/BUILDER/NODE/REF` (`localstate` of buildx). */
async function namesIn(refs: string): Promise<readonly (BuildName & { path: string })[]> {
  const names: (BuildName & { path: string })[] = [];
  for (const builder of await list(refs)) {
    if (builder.startsWith('__')) continue;
    for (const node of await list(join(refs, builder))) {
      for (const ref of await list(join(refs, builder, node))) {
        if (/^[a-z0-9]+$/.test(ref))
          names.push({ builder, ref, path: join(refs, builder, node, ref) });
      }
    }
  }
  return names;
}

async function list(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

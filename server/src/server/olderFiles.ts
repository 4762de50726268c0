/** What of the files that a build took is as it was when the build began. */

import { folderOf, resolvePath } from '../analysis/hostPaths.ts';
import type { KeyedPlan } from '../cache/keyedStep.ts';
import type { ServerPorts } from './serverState.ts';

type Files = ServerPorts['files'];

/** Are the Dockerfile and its ignore files older than the time, in milliseconds since 1970? */
export function isTextOlder(
  dockerfile: string,
  context: string,
  time: number,
  files: Files,
): Promise<boolean> {
  const ignore = [`${dockerfile}.dockerignore`, resolvePath(context, '.dockerignore')];
  return areOlder([dockerfile, ...ignore], time, files);
}

/** Of files that are there: is none of them newer than the time, in milliseconds since 1970? */
async function areOlder(paths: readonly string[], time: number, files: Files): Promise<boolean> {
  const older = paths.map((path) =>
    files.lstat(path).then(
      ({ mtimeMs, ctimeNs }) => mtimeMs <= time && Number(ctimeNs) / 1e6 <= time,
      ({ code }: NodeJS.ErrnoException) => code === 'ENOENT',
    ),
  );
  return (await Promise.all(older)).every(Boolean);
}

/**
 * Folders in which patterns look for names: what was removed there since can be told from nothing
 * else. Gives, for a path in the context, whether its folder is as old as it has to be.
 */
export async function olderFolders(
  keyed: KeyedPlan,
  context: string,
  time: number,
  files: Files,
): Promise<(path: string) => boolean> {
  const sources = keyed.steps.flatMap(({ step }) =>
    keyed.contents(step).flatMap((content) => content.sources.map(({ source }) => source)),
  );
  const known = new Map<string, boolean>();
  for (const source of sources) {
    const folder = folderOf(resolvePath(context, source.replace(/^\/+/, '')));
    if (!known.has(folder)) known.set(folder, await areOlder([folder], time, files));
  }
  return (source) => known.get(folderOf(resolvePath(context, source.replace(/^\/+/, '')))) ?? false;
}

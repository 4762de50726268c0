/** Where a program lies, found so that no folder of a project can put its own in the way. */

import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { posix, win32 } from 'node:path';

export interface ProgramSearch {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Can the file at this absolute path be started? */
  readonly isProgram: (path: string) => Promise<boolean>;
}

/**
 * Absolute path of a program by its name, from the absolute folders of PATH only: neither the
 * current folder nor `.` or an empty entry of PATH count, which on Windows would come first. There
 * only `.exe` and `.com` are programs, since `.cmd` and `.bat` need a shell, whose quoting no list of
 * arguments survives. A name that is an absolute path is taken as it is. Undefined: none.
 */
export async function programPath(
  name: string,
  { platform, env, isProgram }: ProgramSearch,
): Promise<string | undefined> {
  const windows = platform === 'win32';
  const paths = windows ? win32 : posix;
  const endings = !windows || /\.(exe|com)$/i.test(name) ? [''] : ['.exe', '.com'];
  const folders = paths.isAbsolute(name) ? [''] : searchPath(env, windows).split(paths.delimiter);
  if (!paths.isAbsolute(name) && paths.basename(name) !== name) return undefined;
  for (const entry of folders) {
    const folder = windows ? entry.replace(/^"(.*)"$/, '$1') : entry;
    if (!paths.isAbsolute(name) && !paths.isAbsolute(folder)) continue;
    for (const ending of endings) {
      const path = paths.isAbsolute(name) ? name + ending : paths.join(folder, name + ending);
      if (await isProgram(path)) return path;
    }
  }
  return undefined;
}

/** Windows does not tell `Path` from `PATH`. */
function searchPath(env: ProgramSearch['env'], windows: boolean): string {
  if (!windows) return env.PATH ?? '';
  const key = Object.keys(env).find((name) => name.toUpperCase() === 'PATH');
  return (key && env[key]) ?? '';
}

/** A regular file that this user may start. */
export async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

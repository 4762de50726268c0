/** Where programs keep what belongs to a user. */

import type { ShellCommand } from '../../shell/commands.ts';
import { unknownPart } from '../../shell/shellTree.ts';
import { absolutePath } from '../../syntax/slashPaths.ts';

/** The home folder of who runs the command; null: not known. */
export function homeOf({ env, user }: ShellCommand): string | null {
  const home = env.get('HOME');
  if (home && !home.includes(unknownPart)) return home;
  if (env.has('HOME') && home === undefined) return null;
  if (user === null || user.includes(unknownPart)) return null;
  const name = user.replace(/:.*$/, '');
  if (name === '' || name === 'root' || name === '0') return '/root';
  // A bare number is in most images nobody's, or that of the one user that they come with.
  return /^\d+$/.test(name) ? null : `/home/${name}`;
}

/** A folder below the home, or below `/` where whose home it is is not known. */
export function below(command: ShellCommand, path: string): string {
  const home = homeOf(command);
  return home === null ? '/' : absolutePath(`${home}/${path}`);
}

/** The value of a variable, by any of its names; undefined where it is unset, empty or not known. */
export function variable(command: ShellCommand, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = command.env.get(name);
    if (value !== undefined && value !== '' && !value.includes(unknownPart)) return value;
  }
  return undefined;
}

/** A path as the command sees it; null where its folder is not known. */
export function pathFrom({ cwd }: ShellCommand, path: string): string | null {
  if (path.includes(unknownPart)) return null;
  if (path.startsWith('/')) return absolutePath(path);
  return cwd === null ? null : absolutePath(`${cwd}/${path}`);
}

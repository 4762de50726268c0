/**
 * Absolute paths in the host's form, without knowing which host it is: `/` and `\` both separate
 * where a path begins with a drive or a `\\` share, only `/` elsewhere.
 */

/** Is `path` the folder itself or below it? Both are absolute and in one form. */
export function isWithin(path: string, folder: string): boolean {
  const base = withoutEnd(folder);
  return (
    path === folder ||
    path === base ||
    (path.startsWith(base) && isSeparator(path[base.length], path))
  );
}

/** The folder that holds the path. */
export function folderOf(path: string): string {
  const end = Math.max(path.lastIndexOf('/'), isWindows(path) ? path.lastIndexOf('\\') : -1);
  const folder = path.slice(0, Math.max(end, 0));
  return folder === '' || /^[a-z]:$/i.test(folder) ? path.slice(0, end + 1) : folder;
}

/** A path as someone wrote it: absolute ones stand, others are below `base`; `.` and `..` are gone. */
export function resolvePath(base: string, path: string): string {
  const isAbsolute = path.startsWith('/') || isWindows(path);
  const full = isAbsolute ? path : `${withoutEnd(base)}${isWindows(base) ? '\\' : '/'}${path}`;
  const separator = isWindows(full) ? '\\' : '/';
  const [, root = '', rest = ''] = /^([a-z]:[\\/]|\\\\|\/)?(.*)$/is.exec(full) ?? [];
  const kept: string[] = [];
  for (const part of rest.split(isWindows(full) ? /[\\/]/ : '/')) {
    if (part === '..') kept.pop();
    else if (part !== '' && part !== '.') kept.push(part);
  }
  return root + kept.join(separator);
}

function withoutEnd(folder: string): string {
  return folder.replace(isWindows(folder) ? /[\\/]+$/ : /\/+$/, '');
}

function isSeparator(char: string | undefined, path: string): boolean {
  return char === '/' || (char === '\\' && isWindows(path));
}

function isWindows(path: string): boolean {
  return /^[a-z]:[\\/]|^\\\\/i.test(path);
}

/**
 * Paths inside an image: Go's `path` functions, and BuildKit's `util/system/path.go`, which joins a
 * path with the working directory. Windows images use `\`, and drive letters are dropped.
 */

import { cleanPath } from '../syntax/slashPaths.ts';

/** Go's `path.Join`: empty parts are left out, the rest is joined and cleaned; '' for nothing. */
export function joinPaths(...parts: readonly string[]): string {
  const given = parts.filter((part) => part !== '');
  return given.length === 0 ? '' : cleanPath(given.join('/'));
}

/** Go's `path.Base`: the last component; `.` for '' and `/` for the root. */
export function baseName(path: string): string {
  if (path === '') return '.';
  const stripped = path.replace(/\/+$/, '');
  return stripped === '' ? '/' : stripped.slice(stripped.lastIndexOf('/') + 1);
}

/**
 * The working directory after `WORKDIR path` (BuildKit `NormalizeWorkdir`): '' keeps the current
 * one, a relative path is joined, an absolute one replaces it as written (`/x/` stays `/x/`).
 */
export function resolveWorkdir(current: string, path: string, os: string): string {
  const resolved = normalize(current, path, os);
  return os === 'windows' ? resolved.replaceAll('/', '\\') : resolved;
}

/**
 * The absolute destination of a COPY or ADD, cleaned, with forward slashes (BuildKit
 * `pathRelativeToWorkingDir` and `llb.Copy`). '' and `.` are the working directory itself; a
 * trailing `/` or `/.` gives a trailing slash, which says that the destination is a directory.
 */
export function resolveDestination(workdir: string, path: string, os: string): string {
  const written = path === '' || path === '.' ? './' : toSlash(path, os);
  const clean = cleanPath(normalize(isAbsolute(written, os) ? '/' : workdir, written, os));
  const isFolder = written.endsWith('/') || written.endsWith('/.');
  return isFolder && clean !== '/' ? `${clean}/` : clean;
}

/** A path source of COPY or ADD below the root of its origin; `..` cannot leave it. */
export function resolveSource(path: string): string {
  return joinPaths('/', path);
}

/** Does the path begin at the root? A drive letter in front of it does not matter on Windows. */
export function isAbsolute(path: string, os: string): boolean {
  return withoutDrive(path, os).startsWith('/');
}

function normalize(parent: string, path: string, os: string): string {
  let above = withoutDrive(parent || '/', os);
  if (!above.startsWith('/')) above = joinPaths('/', above);
  const result = withoutDrive(path || above, os);
  return result.startsWith('/') ? result : joinPaths(above, result);
}

function toSlash(path: string, os: string): string {
  return os === 'windows' ? path.replaceAll('\\', '/') : path;
}

function withoutDrive(path: string, os: string): string {
  return os === 'windows' ? cleanPath(toSlash(path, os).replace(/^[a-zA-Z]:/, '')) : path;
}

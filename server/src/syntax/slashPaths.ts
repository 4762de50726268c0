/**
 * Paths with forward slashes, as they stand in images, in build contexts and in ignore files. No
 * file system is asked.
 */

/** Go's `path.Clean`: no `.`, no `..` that can be resolved, no doubled or trailing slash; never ''. */
export function cleanPath(path: string): string {
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  if (isClean(trimmed)) return trimmed;
  const absolute = path.startsWith('/');
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (!absolute) kept.push('..');
  }
  const joined = kept.join('/');
  return absolute ? `/${joined}` : joined || '.';
}

/** Surely clean: most paths are, and then need not be taken apart. */
function isClean(path: string): boolean {
  if (path === '/') return true;
  const doubtful = path === '' || path.startsWith('.') || path.endsWith('/');
  return !doubtful && !path.includes('//') && !path.includes('/.');
}

/** The path from a root that it cannot leave, cleaned: `../a//b/.` is `/a/b`. */
export function absolutePath(path: string): string {
  return cleanPath(path.startsWith('/') ? path : `/${path}`);
}

/** Is `path` the folder itself or below it? Both are absolute and clean. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`);
}

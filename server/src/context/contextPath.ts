/** Paths relative to the root of a context, with slashes; `''` is the root itself. */

/** The folder that a path is in. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** The last part. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Of an entry by its name in a folder. */
export function join(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`;
}

/** Containment of paths in the host's form, without knowing which host it is. */

/** Is `path` the folder itself or below it? Both are absolute and in one form. */
export function isWithin(path: string, folder: string): boolean {
  const base = folder.replace(/[\\/]+$/, '');
  return (
    path === base ||
    path === folder ||
    (/^[\\/]/.test(path.slice(base.length)) && path.startsWith(base))
  );
}

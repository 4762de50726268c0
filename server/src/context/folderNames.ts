/** The names in a folder of a build context, and their order. */

import { codeOf, Unreadable } from './entries.ts';
import type { FileSystem } from './fileSystem.ts';

/** Unordered; `path` is relative to the root. None where the folder is gone; throws Unreadable. */
export async function list(
  files: FileSystem,
  host: string,
  path: string,
): Promise<readonly string[]> {
  try {
    return await files.list(host);
  } catch (error) {
    const code = codeOf(error);
    if (path !== '' && (code === 'ENOENT' || code === 'ENOTDIR')) return [];
    if (code === 'ENOENT') throw new Unreadable(`The build context ${host} does not exist.`);
    if (code === 'ENOTDIR') throw new Unreadable(`The build context ${host} is not a folder.`);
    throw new Unreadable(
      `The folder ${path || host} of the build context cannot be read (${code || String(error)}).`,
    );
  }
}

/** Sorts in place, in the order in which BuildKit copies. UTF-16 has its own order only where a character takes two units. */
export function inByteOrder(names: string[]): readonly string[] {
  names.sort();
  return names.some((name) => /[\ud800-\udfff]/.test(name)) ? names.sort(byCodePoint) : names;
}

function byCodePoint(a: string, b: string): number {
  const [one, other] = [[...a], [...b]];
  const at = one.findIndex((char, index) => char !== other[index]);
  if (at < 0) return one.length - other.length;
  return (one[at]?.codePointAt(0) ?? 0) - (other[at]?.codePointAt(0) ?? -1);
}

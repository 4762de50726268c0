/** What stands in a folder of a build context, as the file system says it. */

import type { FileStat, FileSystem } from './fileSystem.ts';

/** Something in a folder. */
export interface Entry extends FileStat {
  readonly name: string;
  readonly readable: boolean;
  /** Where a symlink points, as written, or `special` of `FileStat`; `''` for all else. */
  readonly target: string;
}

/** Something stands in the way of a figure; `reason` is a full sentence for the user. */
export class Unreadable extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** Null: it is not there, or became something else in between. Throws Unreadable. */
export async function lookAt(files: FileSystem, host: string, name: string): Promise<Entry | null> {
  try {
    const stat = await files.lstat(host);
    const target = stat.kind === 'symlink' ? slashes(await files.readlink(host)) : '';
    return entryOf(stat, name, target);
  } catch (error) {
    const code = codeOf(error);
    // ENOTDIR and EINVAL: it became something else in between.
    if (code === 'ENOENT' && name.includes('\ufffd')) return unspeakable(name);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EINVAL') return null;
    throw new Unreadable(`${host} cannot be read (${code || String(error)}).`);
  }
}

/**
 * An entry whose name is not UTF-8 is listed with a replacement character, and is not found by that
 * name. That it is there is all that is known of it.
 */
function unspeakable(name: string): Entry {
  const none = { mtimeMs: 0, mtimeNs: '', ctimeNs: '', inode: '', links: 1, target: '' };
  return { name, kind: 'other', bytes: 0, mode: 0, readable: true, ...none };
}

/** Is it such an entry? */
export function isUnspeakable({ name, kind, mtimeNs, inode }: Entry): boolean {
  return kind === 'other' && mtimeNs === '' && inode === '' && name.includes('\ufffd');
}

/** A `readable` that is absent is true. */
export function entryOf(stat: FileStat, name: string, target: string): Entry {
  const { kind, bytes, mode, mtimeMs, mtimeNs, ctimeNs, inode, links, readable = true } = stat;
  const { special: said = target } = stat;
  // Written out, as there are many: a spread makes larger objects.
  return {
    name,
    kind,
    bytes,
    mode,
    mtimeMs,
    mtimeNs,
    ctimeNs,
    inode,
    links,
    readable,
    target: said,
  };
}

/** Nothing that matters is other than it was. */
export function isSame(old: Entry, stat: FileStat & { readonly target?: string }): boolean {
  const { readable = true } = stat;
  const isSameEntry =
    old.kind === stat.kind &&
    old.mode === stat.mode &&
    old.inode === stat.inode &&
    old.readable === readable;
  // A folder's size and times say nothing that its own entries do not.
  if (!isSameEntry || old.kind === 'directory') return isSameEntry;
  return (
    old.bytes === stat.bytes &&
    old.mtimeNs === stat.mtimeNs &&
    old.ctimeNs === stat.ctimeNs &&
    old.mtimeMs === stat.mtimeMs &&
    old.links === stat.links &&
    (stat.target === undefined || stat.target === old.target) &&
    (stat.special === undefined || stat.special === old.target)
  );
}

/** Node's error code; `''` when there is none. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** Forward slashes, also where the host writes `C:\x`. */
export function slashes(path: string): string {
  return /^[A-Za-z]:|^\\\\/.test(path) ? path.replaceAll('\\', '/') : path;
}

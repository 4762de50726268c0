/**
 * The folders of a build context that were read so far, each once, and only when asked for.
 *
 * Files come, go and change while they are read: what vanished between listing and looking is left
 * out, and `invalidate` and `revalidate` bring the rest up to date.
 */

import type { FileStat, FileSystem } from './fileSystem.ts';

/** Something in a folder. */
export interface Entry extends FileStat {
  readonly name: string;
  readonly readable: boolean;
  /** Where a symlink points, as written; `''` for all else. */
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

export interface Folders {
  /** Entries of a folder by name, in byte order; the path is relative to the root, `''` the root. */
  read(path: string, signal: AbortSignal | undefined): Promise<ReadonlyMap<string, Entry>>;
  /** Marks what is known of a path (absolute) as stale; all without a path. True: something was known. */
  invalidate(path?: string): boolean;
  /** Reads every known folder again; true when any entry differs. */
  revalidate(signal: AbortSignal | undefined): Promise<boolean>;
  /** The path for the file system. */
  hostPath(path: string): string;
}

interface Known {
  readonly entries: ReadonlyMap<string, Entry>;
  stale: boolean;
}

/** File system calls under way at once: a language server is a guest on the machine. */
const parallel = 16;

/** Remembers folders below `root`; more than `most` entries in all are not read. */
export function createFolders(files: FileSystem, root: string, most: number): Folders {
  const known = new Map<string, Known>();
  const top = slashes(root).replace(/\/+$/, '');
  let count = 0;

  const hostPath = (path: string) =>
    path === '' ? root : `${root.replace(/[\\/]+$/, '')}/${path}`;

  async function load(path: string, signal: AbortSignal | undefined): Promise<Map<string, Entry>> {
    const names = await list(files, hostPath(path), path);
    const before = known.get(path)?.entries.size ?? 0;
    if (count - before + names.length > most) {
      const limit = most.toLocaleString('en-US');
      throw new Unreadable(
        `The build context has more than ${limit} files and folders where this looks, and they are not counted further.`,
      );
    }
    const found: (Entry | null)[] = new Array(names.length).fill(null);
    let next = 0;
    const worker = async () => {
      for (let index = next++; index < names.length; index = next++) {
        signal?.throwIfAborted();
        found[index] = await look(files, `${hostPath(path)}/${names[index]}`, names[index] ?? '');
      }
    };
    await Promise.all(Array.from({ length: Math.min(parallel, names.length) }, worker));
    return new Map(found.flatMap((entry) => (entry ? [[entry.name, entry]] : [])));
  }

  function keep(path: string, entries: Map<string, Entry> | null): void {
    count += (entries?.size ?? 0) - (known.get(path)?.entries.size ?? 0);
    if (entries) known.set(path, { entries, stale: false });
    else known.delete(path);
  }

  return {
    hostPath,
    async read(path, signal) {
      const folder = known.get(path);
      if (folder && !folder.stale) return folder.entries;
      const entries = await load(path, signal);
      keep(path, entries);
      return entries;
    },
    invalidate(path) {
      const changed = path === undefined ? top : slashes(path).replace(/\/+$/, '');
      const isBelow = changed.startsWith(`${top}/`);
      if (!isBelow && changed !== top && !top.startsWith(`${changed}/`)) return false;
      const inside = isBelow ? changed.slice(top.length + 1) : '';
      const holder = inside === '' ? undefined : known.get(parentOf(inside));
      if (holder) holder.stale = true;
      // Nothing below a folder was read before the folder itself.
      if (!known.has(inside)) return holder !== undefined;
      for (const [name, folder] of known) {
        if (inside === '' || name === inside || name.startsWith(`${inside}/`)) folder.stale = true;
      }
      return true;
    },
    async revalidate(signal) {
      let changed = false;
      for (const [path, folder] of [...known]) {
        signal?.throwIfAborted();
        const entries = await load(path, signal).catch((error: unknown) => {
          if (error instanceof Unreadable) return null;
          throw error;
        });
        if (known.get(path) !== folder) continue;
        keep(path, entries);
        if (!entries || !equal(entries, folder.entries)) changed = true;
      }
      return changed;
    },
  };
}

/** Names in byte order, which is the order in which BuildKit copies. */
async function list(files: FileSystem, host: string, path: string): Promise<readonly string[]> {
  try {
    return [...(await files.list(host))].sort();
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

async function look(files: FileSystem, host: string, name: string): Promise<Entry | null> {
  try {
    const stat = await files.lstat(host);
    const target = stat.kind === 'symlink' ? slashes(await files.readlink(host)) : '';
    return { ...stat, name, readable: stat.readable ?? true, target };
  } catch (error) {
    const code = codeOf(error);
    // ENOTDIR and EINVAL: it became something else in between.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EINVAL') return null;
    throw new Unreadable(`${host} cannot be read (${code || String(error)}).`);
  }
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

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

const compared = [
  'kind',
  'bytes',
  'mode',
  'mtimeNs',
  'ctimeNs',
  'inode',
  'links',
  'readable',
  'target',
] as const;

function equal(a: ReadonlyMap<string, Entry>, b: ReadonlyMap<string, Entry>): boolean {
  if (a.size !== b.size) return false;
  for (const [name, entry] of a) {
    const other = b.get(name);
    if (!other) return false;
    for (const key of compared) {
      // A folder's size and times say nothing that its own entries do not.
      const ofFolder =
        entry.kind === 'directory' &&
        (key === 'bytes' || key === 'mtimeNs' || key === 'ctimeNs' || key === 'links');
      if (!ofFolder && entry[key] !== other[key]) return false;
    }
  }
  return true;
}

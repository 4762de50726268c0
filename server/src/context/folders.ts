/**
 * The folders of a build context that were read so far, each once, and only when asked for.
 *
 * Files come, go and change while they are read: what vanished between listing and looking is left
 * out, and `invalidate` and `revalidate` bring the rest up to date. What did not change stays the
 * same object, so that whatever was made of it can be kept.
 */

import { codeOf, type Entry, entryOf, isSame, lookAt, slashes, Unreadable } from './entries.ts';
import type { FileStat, FileSystem } from './fileSystem.ts';
import { startPace } from './pace.ts';

export interface Folders {
  /** Entries of a folder by name, in byte order; the path is relative to the root, `''` the root. */
  read(path: string, signal: AbortSignal | undefined): Promise<ReadonlyMap<string, Entry>>;
  /** Marks what is known of a path (absolute) as stale; all without a path. True: something was known. */
  invalidate(path?: string): boolean;
  /** The same for the one entry at a path relative to the root and the folders that it lies in. */
  lookAgain(path: string): void;
  /** Reads every known folder again; true when any entry differs. */
  revalidate(signal: AbortSignal | undefined): Promise<boolean>;
  /** The path for the file system. */
  hostPath(path: string): string;
}

interface Known {
  readonly path: string;
  entries: ReadonlyMap<string, Entry>;
  stale: boolean;
  /** Names that are to be looked at again, there or not. */
  dirty: Set<string>;
  /** They are being looked at; null: they are not. */
  refreshing: Promise<ReadonlyMap<string, Entry>> | null;
  /** Names of folders in it that are known, too. */
  readonly below: Set<string>;
}

interface Loading {
  readonly done: Promise<ReadonlyMap<string, Entry>>;
  /** Something in the folder changed after it was looked at. */
  missed: boolean;
}

const nothing: ReadonlyMap<string, Entry> = new Map();
/** File system calls under way at once: a language server is a guest on the machine. */
const parallel = 16;
/**
 * Looking without leaving the thread is for file systems that answer from memory: so many
 * milliseconds for an entry are too long, so many times in a row, as one may be someone else's doing.
 */
const slowEntryMs = 0.5;
const mostSlowTurns = 3;

/**
 * Remembers folders below `root`; more than `most` entries in all are not read. `forget` is told each
 * folder of which anything may be other than it was, null for all.
 */
export function createFolders(
  files: FileSystem,
  root: string,
  most: number,
  forget: (path: string | null) => void = () => {},
): Folders {
  const known = new Map<string, Known>();
  const loading = new Map<string, Loading>();
  const top = slashes(root).replace(/\/+$/, '');
  let count = 0;
  let isSlow = files.lookAtOnce === undefined;
  let slowTurns = 0;
  /** One for all folders: each of them alone takes less than a slice. */
  const pace = startPace();

  const hostPath = (path: string) =>
    path === '' ? root : `${root.replace(/[\\/]+$/, '')}/${path}`;

  /** Each entry as it is now, the same object where nothing of it changed; null: not there. */
  async function look(
    path: string,
    names: readonly string[],
    before: ReadonlyMap<string, Entry> | undefined,
    signal: AbortSignal | undefined,
  ): Promise<readonly (Entry | null)[]> {
    const host = hostPath(path);
    const found: (Entry | null)[] = [];
    if (pace.left() === 0) await pace.rest(signal);
    while (!isSlow && found.length < names.length) {
      signal?.throwIfAborted();
      const from = found.length;
      const began = performance.now();
      const stats = files.lookAtOnce?.(host, names, from, pace.left(), before ?? nothing) ?? [];
      const took = performance.now() - began;
      for (const [index, stat] of stats.entries()) {
        const name = names[from + index] ?? '';
        const entry = settled(stat, name, before?.get(name)) ?? (await one(host, name));
        found.push(entry);
      }
      slowTurns = took > slowEntryMs * stats.length ? slowTurns + 1 : 0;
      isSlow = slowTurns >= mostSlowTurns;
      await pace.rest(signal);
    }
    let next = found.length;
    const worker = async () => {
      for (let index = next++; index < names.length; index = next++) {
        signal?.throwIfAborted();
        const name = names[index] ?? '';
        const entry = await one(host, name);
        const old = before?.get(name);
        found[index] = old && entry && isSame(old, entry) ? old : entry;
      }
    };
    await Promise.all(Array.from({ length: Math.min(parallel, names.length - next) }, worker));
    return found;
  }

  /** A finding that needs no further call; undefined: look at it once more, with all that it takes. */
  function settled(stat: FileStat | null, name: string, old: Entry | undefined): Entry | undefined {
    if (!stat) return undefined;
    // A link to elsewhere is another link, with another time.
    if (old && (stat === old || isSame(old, stat))) return old;
    if (stat.kind === 'symlink') return undefined;
    return entryOf(stat, name, '');
  }

  const one = (host: string, name: string) => lookAt(files, `${host}/${name}`, name);

  async function load(
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, Entry>> {
    const host = hostPath(path);
    const listed = (!isSlow && files.listAtOnce?.(host)) || (await list(files, host, path));
    const before = known.get(path)?.entries;
    if (count - (before?.size ?? 0) + listed.length > most) {
      const limit = most.toLocaleString('en-US');
      throw new Unreadable(
        `The build context has more than ${limit} files and folders where this looks, and they are not counted further.`,
      );
    }
    const isKnown = before?.size === listed.length && listed.every((name) => before.has(name));
    const sorted = isKnown ? [...before.keys()] : inByteOrder([...listed]);
    const found = await look(path, sorted, before, signal);
    if (isKnown && found.every((entry) => entry && before.get(entry.name) === entry)) return before;
    const entries = new Map<string, Entry>();
    for (const entry of found) if (entry) entries.set(entry.name, entry);
    return entries;
  }

  /** Takes what was found; true when anything differs from what was known. */
  function take(path: string, entries: ReadonlyMap<string, Entry>, stale: boolean): boolean {
    const folder = known.get(path);
    if (!folder) {
      known.set(path, {
        path,
        entries,
        stale,
        dirty: new Set(),
        refreshing: null,
        below: new Set(),
      });
      if (path !== '') known.get(parentOf(path))?.below.add(nameOf(path));
      count += entries.size;
      return true;
    }
    folder.stale = stale;
    if (folder.entries === entries || hasSame(folder.entries, entries)) return false;
    for (const name of folder.below) {
      const now = entries.get(name);
      const below = join(path, name);
      if (now?.kind !== 'directory') drop(below);
      else if (now.inode !== folder.entries.get(name)?.inode) markBelow(below);
    }
    count += entries.size - folder.entries.size;
    folder.entries = entries;
    return true;
  }

  function drop(path: string): void {
    const folder = known.get(path);
    if (!folder) return;
    for (const name of folder.below) drop(join(path, name));
    known.delete(path);
    known.get(parentOf(path))?.below.delete(nameOf(path));
    count -= folder.entries.size;
    forget(path);
  }

  function markBelow(path: string): void {
    const folder = known.get(path);
    if (!folder) return;
    folder.stale = true;
    forget(path);
    for (const name of folder.below) markBelow(join(path, name));
  }

  /** Reads a folder as a whole; who asks in the meantime gets the same answer. */
  function reload(path: string, signal: AbortSignal | undefined): Loading {
    const running = loading.get(path);
    // What was missed is in none of the answers that are on their way.
    if (running && !running.missed) return running;
    const abort = new AbortController();
    const stop = () => abort.abort(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    const one: { done: Promise<ReadonlyMap<string, Entry>>; missed: boolean } = {
      missed: false,
      done: load(path, abort.signal)
        .then((entries) => {
          take(path, entries, one.missed);
          return known.get(path)?.entries ?? entries;
        })
        .finally(() => {
          signal?.removeEventListener('abort', stop);
          if (loading.get(path) === one) loading.delete(path);
        }),
    };
    loading.set(path, one);
    return one;
  }

  /** Looks at the marked entries only. */
  async function refresh(
    folder: Known,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, Entry>> {
    const names = [...folder.dirty];
    folder.dirty = new Set();
    let found: readonly (Entry | null)[];
    try {
      found = await look(folder.path, names, folder.entries, signal);
    } catch (error) {
      for (const name of names) folder.dirty.add(name);
      throw error;
    }
    if (known.get(folder.path) !== folder || folder.stale) return folder.entries;
    let entries = new Map(folder.entries);
    for (const [index, entry] of found.entries()) {
      if (entry) entries.set(entry.name, entry);
      else entries.delete(names[index] ?? '');
    }
    const hasNew = found.some((entry) => entry && !folder.entries.has(entry.name));
    if (hasNew) {
      const sorted = inByteOrder([...entries.keys()]);
      entries = new Map(sorted.flatMap((name) => pairOf(entries, name)));
    }
    take(folder.path, entries, false);
    return folder.entries;
  }

  return {
    hostPath,
    async read(path, signal) {
      for (;;) {
        const folder = known.get(path);
        if (!folder || folder.stale) break;
        // Who looks at the marked entries took the marks; what it finds is what all wait for.
        if (folder.refreshing) await folder.refreshing.catch(() => {});
        else if (folder.dirty.size === 0) return folder.entries;
        else {
          folder.refreshing = refresh(folder, signal).finally(() => {
            folder.refreshing = null;
          });
          return folder.refreshing;
        }
        signal?.throwIfAborted();
      }
      for (;;) {
        const shared = loading.has(path);
        try {
          return await reload(path, signal).done;
        } catch (error) {
          // Who began it gave up, which is no answer for others.
          signal?.throwIfAborted();
          if (!shared || error instanceof Unreadable) throw error;
        }
      }
    },
    invalidate(path) {
      const changed = path === undefined ? top : slashes(path).replace(/\/+$/, '');
      const isBelow = changed.startsWith(`${top}/`);
      if (!isBelow && changed !== top && !top.startsWith(`${changed}/`)) return false;
      const inside = isBelow ? changed.slice(top.length + 1) : '';
      if (inside === '') {
        for (const one of loading.values()) one.missed = true;
        markBelow('');
        forget(null);
        return known.has('') || loading.size > 0;
      }
      const holder = known.get(parentOf(inside));
      const missing = loading.get(parentOf(inside));
      const own = loading.get(inside);
      if (missing) missing.missed = true;
      if (own) own.missed = true;
      holder?.dirty.add(nameOf(inside));
      if (holder) forget(holder.path);
      // Nothing below a folder was read before the folder itself.
      markBelow(inside);
      return (
        holder !== undefined || missing !== undefined || own !== undefined || known.has(inside)
      );
    },
    lookAgain(path) {
      forget(parentOf(path));
      for (let at = path; at !== ''; at = parentOf(at))
        known.get(parentOf(at))?.dirty.add(nameOf(at));
    },
    async revalidate(signal) {
      let changed = false;
      const paths = [...known.keys()];
      // What was slow at first may be in memory by now.
      isSlow = files.lookAtOnce === undefined;
      slowTurns = 0;
      for (const path of paths) {
        signal?.throwIfAborted();
        const folder = known.get(path);
        if (!folder) continue;
        folder.stale = false;
        folder.dirty = new Set();
        try {
          const entries = await load(path, signal);
          // An event that came while it was looked at stands.
          if (known.get(path) === folder && take(path, entries, folder.stale)) {
            // All else that is read again was marked before, and told then.
            forget(path);
            changed = true;
          }
        } catch (error) {
          folder.stale = true;
          if (!(error instanceof Unreadable)) throw error;
          drop(path);
          changed = true;
        }
      }
      return changed;
    },
  };
}

async function list(files: FileSystem, host: string, path: string): Promise<readonly string[]> {
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
function inByteOrder(names: string[]): readonly string[] {
  names.sort();
  return names.some((name) => /[\ud800-\udfff]/.test(name)) ? names.sort(byCodePoint) : names;
}

function byCodePoint(a: string, b: string): number {
  const [one, other] = [[...a], [...b]];
  const at = one.findIndex((char, index) => char !== other[index]);
  if (at < 0) return one.length - other.length;
  return (one[at]?.codePointAt(0) ?? 0) - (other[at]?.codePointAt(0) ?? -1);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

const join = (path: string, name: string) => (path === '' ? name : `${path}/${name}`);

function pairOf(
  entries: ReadonlyMap<string, Entry>,
  name: string,
): readonly (readonly [string, Entry])[] {
  const entry = entries.get(name);
  return entry ? [[name, entry]] : [];
}

/** The very same entries. */
function hasSame(a: ReadonlyMap<string, Entry>, b: ReadonlyMap<string, Entry>): boolean {
  if (a.size !== b.size) return false;
  for (const [name, entry] of a) if (b.get(name) !== entry) return false;
  return true;
}

/**
 * The folders of a build context that were read so far, each once, and only when asked for.
 *
 * Files come, go and change while they are read: what vanished between listing and looking is left
 * out, and `invalidate` and `revalidate` bring the rest up to date. What did not change stays the
 * same object, so that whatever was made of it can be kept.
 */

import { nameOf, parentOf } from './contextPath.ts';
import { type Entry, slashes, Unreadable } from './entries.ts';
import type { FileSystem } from './fileSystem.ts';
import { inByteOrder, list } from './folderNames.ts';
import { type Known, knownFolders } from './knownFolders.ts';
import { createLooking } from './looking.ts';

export interface Folders {
  /** Entries of a folder by name, in byte order; the path is relative to the root, `''` the root. */
  read(path: string, signal: AbortSignal | undefined): Promise<ReadonlyMap<string, Entry>>;
  /** Marks what is known of a path (absolute) as stale; all without a path. True: something was known. */
  invalidate(path?: string): boolean;
  /** The same for the one entry at a path relative to the root and the folders that it lies in. */
  lookAgain(path: string): void;
  /**
   * Marks what goes with that which was found changed since the last call: other names of the same
   * files, and folders that names are gone from. True: something was marked, so what was read in the
   * meantime may be outdated.
   */
  settle(): boolean;
  /** Reads every known folder again; true when any entry differs. */
  revalidate(signal: AbortSignal | undefined): Promise<boolean>;
  /** The path for the file system. */
  hostPath(path: string): string;
}

interface Loading {
  readonly done: Promise<ReadonlyMap<string, Entry>>;
  /** Something in the folder changed after it was looked at. */
  missed: boolean;
}

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
  const known = knownFolders(forget);
  const loading = new Map<string, Loading>();
  const top = slashes(root).replace(/\/+$/, '');
  const looking = createLooking(files);
  const hostPath = (path: string) =>
    path === '' ? root : `${root.replace(/[\\/]+$/, '')}/${path}`;

  async function load(
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, Entry>> {
    const host = hostPath(path);
    const listed = looking.listAtOnce(host) ?? (await list(files, host, path));
    const before = known.get(path)?.entries;
    if (known.count - (before?.size ?? 0) + listed.length > most) {
      const limit = most.toLocaleString('en-US');
      throw new Unreadable(
        `The build context has more than ${limit} files and folders where this looks, and they are not counted further.`,
      );
    }
    const isKnown = before?.size === listed.length && listed.every((name) => before.has(name));
    const sorted = isKnown ? [...before.keys()] : inByteOrder([...listed]);
    const found = await looking.look(host, sorted, before, signal);
    if (isKnown && found.every((entry) => entry && before.get(entry.name) === entry)) return before;
    const entries = new Map<string, Entry>();
    for (const entry of found) if (entry) entries.set(entry.name, entry);
    return entries;
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
          known.take(path, entries, one.missed);
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

  /** Is a folder another one than is known, or none any more? */
  async function isReplaced(path: string, signal: AbortSignal | undefined): Promise<boolean> {
    if (path === '') return false;
    const [parent, name] = [parentOf(path), nameOf(path)];
    const old = known.get(parent)?.entries.get(name);
    const [now] = await looking.look(hostPath(parent), [name], undefined, signal);
    return now?.kind !== 'directory' || now.inode !== old?.inode;
  }

  /** A path may be in none of the answers for it and the folders above that are on their way. */
  function missOnTheWay(path: string): boolean {
    let isLoading = false;
    for (let at = path; ; at = parentOf(at)) {
      const one = loading.get(at);
      if (one) one.missed = true;
      // A folder that is listed now may have been listed before one on the way was made.
      isLoading ||= one !== undefined;
      if (at === '') return isLoading;
    }
  }

  /** The topmost folder on the way to a path that was not there when it was looked for; null: none. */
  function topmostNew(path: string): string | null {
    let folder = parentOf(path);
    if (folder === '' || known.has(folder) || loading.has(folder)) return null;
    while (folder !== '' && !known.has(parentOf(folder))) folder = parentOf(folder);
    const holder = known.get(parentOf(folder));
    const isThere = holder?.entries.get(nameOf(folder))?.kind === 'directory';
    return folder === '' || !holder || isThere ? null : folder;
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
      found = await looking.look(hostPath(folder.path), names, folder.entries, signal);
    } catch (error) {
      for (const name of names) folder.dirty.add(name);
      throw error;
    }
    if (known.get(folder.path) !== folder || folder.stale) return folder.entries;
    if (found.includes(null) && (await isReplaced(folder.path, signal)))
      known.outdated(folder.path);
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
    known.take(folder.path, entries, false);
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
        known.markBelow('');
        forget(null);
        return known.has('') || loading.size > 0;
      }
      const above = topmostNew(inside);
      if (above !== null) {
        known.lookAgain(above);
        return true;
      }
      const holder = known.get(parentOf(inside));
      const isLoading = missOnTheWay(inside);
      holder?.dirty.add(nameOf(inside));
      if (holder) forget(holder.path);
      // Nothing below a folder was read before the folder itself.
      known.markBelow(inside);
      return holder !== undefined || isLoading || known.has(inside);
    },
    lookAgain: known.lookAgain,
    settle: known.settle,
    async revalidate(signal) {
      let changed = false;
      const paths = known.paths();
      looking.again();
      for (const path of paths) {
        signal?.throwIfAborted();
        const folder = known.get(path);
        if (!folder) continue;
        folder.stale = false;
        folder.dirty = new Set();
        try {
          const entries = await load(path, signal);
          // An event that came while it was looked at stands.
          if (known.get(path) === folder && known.take(path, entries, folder.stale)) {
            // All else that is read again was marked before, and told then.
            forget(path);
            changed = true;
          }
        } catch (error) {
          folder.stale = true;
          if (!(error instanceof Unreadable)) throw error;
          known.drop(path);
          changed = true;
        }
      }
      return changed;
    },
  };
}

function pairOf(
  entries: ReadonlyMap<string, Entry>,
  name: string,
): readonly (readonly [string, Entry])[] {
  const entry = entries.get(name);
  return entry ? [[name, entry]] : [];
}

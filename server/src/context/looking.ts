/**
 * Looks at entries of folders: without leaving the thread where the file system answers from memory,
 * else several at once.
 */

import { type Entry, entryOf, isSame, lookAt } from './entries.ts';
import type { FileStat, FileSystem } from './fileSystem.ts';
import { startPace } from './pace.ts';

export interface Looking {
  /**
   * Each entry of a folder (a path of the file system) as it is now, the same object where nothing of
   * it changed; null: not there. Throws Unreadable.
   */
  look(
    host: string,
    names: readonly string[],
    before: ReadonlyMap<string, Entry> | undefined,
    signal: AbortSignal | undefined,
  ): Promise<readonly (Entry | null)[]>;
  /** Names of a folder, unordered; null: not to be had without leaving the thread. */
  listAtOnce(host: string): readonly string[] | null;
  /** What was slow at first may be in memory by now. */
  again(): void;
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

/** One for all folders: each of them alone takes less than a slice of time. */
export function createLooking(files: FileSystem): Looking {
  let isSlow = files.lookAtOnce === undefined;
  let slowTurns = 0;
  const pace = startPace();

  /** Each entry as it is now, the same object where nothing of it changed; null: not there. */
  async function look(
    host: string,
    names: readonly string[],
    before: ReadonlyMap<string, Entry> | undefined,
    signal: AbortSignal | undefined,
  ): Promise<readonly (Entry | null)[]> {
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

  return {
    look,
    listAtOnce: (host) => (isSlow ? null : (files.listAtOnce?.(host) ?? null)),
    again() {
      isSlow = files.lookAtOnce === undefined;
      slowTurns = 0;
    },
  };
}

/**
 * Digests of the bytes of files, read as few as possible and each once: by the entry that describes
 * the file, by the inode for its other names, and shared by all who ask at the same time.
 */

import { codeOf, type Entry, Unreadable } from './entries.ts';
import type { FileDigests } from './fileDigests.ts';

export interface ContentBytes {
  /** Of files read so far; `own` are those that the asker had read himself. */
  known(entry: Entry, own: ReadonlySet<Entry>): Finding | undefined;
  /**
   * Reads a file, unless that is under way. False: it is not what the entry says, so look at it
   * again. Rejects with Unreadable, and with the reason of the signal; the reading itself ends when
   * nobody waits for it any more.
   */
  read(entry: Entry, host: string, signal: AbortSignal): Promise<boolean>;
}

export interface Finding {
  /** Null: this user may not read the file. */
  readonly digest: string | null;
  /** Read so shortly after a change that another change may not show in its times. */
  readonly isFresh: boolean;
}

interface Reading {
  /** Null: the file is another one by now. */
  readonly done: Promise<Finding | null>;
  readonly abort: AbortController;
  waiting: number;
}

/** Most hard-linked files that are remembered by their inode. */
const mostLinked = 10_000;
/** Clocks of file systems tick; a change within the same tick shows in no time. */
const tickMs = 20;
/** Some only count seconds, or two. */
const coarseTickMs = 2_100;

/** Remembers digests as long as the entries live. */
export function contentBytes(digests: FileDigests): ContentBytes {
  const found = new WeakMap<Entry, Finding>();
  const linked = new Map<string, Finding>();
  const running = new Map<string, Reading>();

  function keep(entry: Entry, finding: Finding): void {
    found.set(entry, finding);
    if (entry.links <= 1 || entry.inode === '') return;
    if (linked.size >= mostLinked) linked.clear();
    linked.set(keyOf(entry, ''), finding);
  }

  async function findingOf(entry: Entry, host: string, signal: AbortSignal) {
    const began = Date.now();
    try {
      const digest = await digests.file(host, entry, signal);
      return digest === null ? null : { digest, isFresh: isFresh(entry, began) };
    } catch (error) {
      signal.throwIfAborted();
      const code = codeOf(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') return null;
      if (code === 'EACCES' || code === 'EPERM') return { digest: null, isFresh: false };
      throw new Unreadable(`The file ${host} cannot be read (${code || String(error)}).`);
    }
  }

  function start(entry: Entry, host: string, key: string): Reading {
    const abort = new AbortController();
    const done = findingOf(entry, host, abort.signal).finally(() => {
      if (running.get(key) === reading) running.delete(key);
    });
    const reading: Reading = { abort, waiting: 0, done };
    // Those who wait hear of it, and there may be none left.
    done.catch(() => {});
    running.set(key, reading);
    return reading;
  }

  return {
    known(entry, own) {
      let finding = found.get(entry);
      if (!finding && entry.links > 1 && entry.inode !== '') {
        finding = linked.get(keyOf(entry, ''));
        if (finding) found.set(entry, finding);
      }
      return finding?.isFresh && !own.has(entry) ? undefined : finding;
    },
    async read(entry, host, signal) {
      signal.throwIfAborted();
      const key = keyOf(entry, host);
      const reading = running.get(key) ?? start(entry, host, key);
      reading.waiting++;
      try {
        const finding = await orAborted(reading.done, signal);
        if (finding) keep(entry, finding);
        return finding !== null;
      } finally {
        reading.waiting--;
        if (reading.waiting === 0) {
          if (running.get(key) === reading) running.delete(key);
          reading.abort.abort(new Error('nobody waits'));
        }
      }
    },
  };
}

/** Equal for names of one file in one state. */
function keyOf({ inode, bytes, mtimeNs, ctimeNs }: Entry, host: string): string {
  return `${inode === '' ? host : inode}\0${bytes}\0${mtimeNs}\0${ctimeNs}`;
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/**
 * Was the file changed so shortly before `now` (milliseconds) that another change could leave all its
 * times as they are? Then its digest may be outdated and nothing tells.
 */
function isFresh({ ctimeNs }: Entry, now: number): boolean {
  if (ctimeNs === '') return false;
  const changed = Number(ctimeNs) / 1e6;
  const tick = ctimeNs.endsWith('000000') ? coarseTickMs : tickMs;
  return changed > now - tick;
}

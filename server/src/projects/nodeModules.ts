/**
 * Sizes of packages from a `node_modules` that npm has made on this machine: its record
 * `.package-lock.json` says which package lies where, so what matches the lock file counts.
 */

import type { FileSystem } from '../context/fileSystem.ts';
import { type LockedPackage, longestLock } from './projectFacts.ts';
import { flag, isRecord, own, text } from './untrusted.ts';

/** Files and folders that are looked at in all. */
const mostEntries = 400_000;
const parallel = 8;

/** What lies where, by the record of the install; null: there is none that can be read. */
export async function installedRecord(
  files: FileSystem,
  project: string,
): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    const bytes = await files.read(`${project}/node_modules/.package-lock.json`, longestLock);
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isRecord(value) && isRecord(value.packages) ? value.packages : null;
  } catch {
    return null;
  }
}

/**
 * The packages with sizes of those that lie on the disk as the lock says. `project` is the folder
 * of the lock file; every file counts once however many names it has. Rejects only with the reason of `signal`.
 */
export async function withInstalledSizes(
  packages: readonly LockedPackage[],
  files: FileSystem,
  project: string,
  signal: AbortSignal,
): Promise<readonly LockedPackage[]> {
  const record = await installedRecord(files, project);
  if (!record) return packages;
  const walk = createWalk(files, project, record, signal);
  const sized = [...packages];
  const same = sized.flatMap((one, index) => (isSame(one, own(record, one.path)) ? [index] : []));
  // Scripts link to files of other packages, which are to count where they come from.
  const ordered = [
    ...same.filter((index) => sized[index]?.hasInstallScript === false),
    ...same.filter((index) => sized[index]?.hasInstallScript === true),
  ];
  let next = 0;
  const plain = ordered.filter((index) => sized[index]?.hasInstallScript === false).length;
  const worker = async (end: number) => {
    for (let at = next++; at < end; at = next++) {
      const index = ordered[at] ?? 0;
      const one = sized[index];
      const unpacked = one ? await walk(one.path) : null;
      if (one && unpacked !== null) sized[index] = { ...one, unpacked, source: 'installed' };
    }
  };
  await Promise.all(Array.from({ length: parallel }, () => worker(plain)));
  next = plain;
  await worker(ordered.length);
  return sized;
}

function isSame(one: LockedPackage, entry: unknown): boolean {
  if (!isRecord(entry) || text(entry.version) !== one.version) return false;
  const integrity = text(entry.integrity);
  return integrity === null || one.integrity === null || integrity === one.integrity;
}

/** Bytes of one package's folder without the packages inside of it; null: it is not there. */
function createWalk(
  files: FileSystem,
  project: string,
  record: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): (path: string) => Promise<number | null> {
  const counted = new Set<string>();
  let looked = 0;

  const isOwnPackage = (path: string) => {
    const entry = own(record, path);
    return isRecord(entry) && !flag(entry.inBundle);
  };

  return async (path) => {
    const waiting = [path];
    let sum = 0;
    try {
      for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
        signal.throwIfAborted();
        for (const name of await files.list(`${project}/${folder}`)) {
          if (++looked > mostEntries) return null;
          const inside = `${folder}/${name}`;
          if (inside !== path && isOwnPackage(inside)) continue;
          const stat = await files.lstat(`${project}/${inside}`);
          if (stat.kind === 'directory') waiting.push(inside);
          if (stat.kind !== 'file') continue;
          if (stat.links > 1 && stat.inode !== '') {
            if (counted.has(stat.inode)) continue;
            counted.add(stat.inode);
          }
          sum += stat.bytes;
        }
      }
    } catch {
      signal.throwIfAborted();
      return null;
    }
    return sum;
  };
}

/** Wheels of the build context: what they unpack to, and what they need of each other. */

import type { Decompressors } from '../context/decompress.ts';
import type { FileSystem } from '../context/fileSystem.ts';
import { type PythonFiles, plainName } from './pythonSizes.ts';
import { type Requirement, readRequirement, requirementsOf } from './requirements.ts';
import { zipEntries, zipText } from './zipNames.ts';

export interface Wheel {
  readonly files: PythonFiles;
  /** What it says of itself, with what it needs; null: that cannot be read. */
  readonly metadata: string | null;
}

const longestMetadata = 4 << 20;

/** Reads a wheel; null where it is none. */
export async function readWheel(
  files: FileSystem,
  path: string,
  decompressors: Decompressors,
): Promise<Wheel | null> {
  const entries = await zipEntries(files.stream(path)).catch(() => null);
  if (!entries) return null;
  let bytes = 0;
  let py = 0;
  for (const entry of entries) {
    bytes += entry.bytes;
    if (entry.name.endsWith('.py')) py += entry.bytes;
  }
  const own = entries.find(({ name }) => /^[^/]+\.dist-info\/METADATA$/.test(name));
  const metadata = own ? await zipText(own, decompressors, longestMetadata) : '';
  return { files: { bytes, py }, metadata };
}

/** Name of the distribution that a wheel's file name begins with, as pip compares names. */
export function wheelName(fileName: string): string {
  return plainName(fileName.split('-', 1)[0] ?? '');
}

export type WheelChoice =
  | { readonly ok: true; readonly paths: readonly string[] }
  /** A full sentence. */
  | { readonly ok: false; readonly reason: string };

/**
 * The wheels that pip takes for some requirements, what they need included. `read` gives the
 * metadata of a wheel, null where that cannot be read. Linear in what the wheels need.
 */
export async function wheelsFor(
  wanted: readonly string[],
  paths: readonly string[],
  read: (path: string) => Promise<string | null>,
): Promise<WheelChoice> {
  const byName = new Map<string, string[]>();
  for (const path of paths) {
    const name = wheelName(lastName(path));
    const known = byName.get(name);
    if (known) known.push(path);
    else byName.set(name, [path]);
  }
  const asked = wanted.map(readRequirement);
  const chosen = new Map<string, string>();
  const seen = new Set<string>();
  const waiting = asked.filter((one): one is Requirement => one !== null);
  const named = new Set(waiting);
  for (let one = waiting.pop(); one; one = waiting.pop()) {
    const key = JSON.stringify([one.name, one.extras]);
    const { name, version, extras } = one;
    const all = byName.get(name) ?? [];
    const fitting =
      version === null ? all : all.filter((path) => lastName(path).split('-')[1] === version);
    const what = version === null ? name : `${name} ${version}`;
    if (fitting.length > 1) {
      return { ok: false, reason: `Several wheels of ${name} lie there.` };
    }
    const [path] = fitting;
    if (path === undefined) {
      // A marker may keep away what a package names; what the command names has to be there.
      if (named.has(one)) return { ok: false, reason: `No wheel of ${what} lies there.` };
      continue;
    }
    if (seen.has(key)) continue;
    seen.add(key);
    chosen.set(name, path);
    const metadata = await read(path);
    if (metadata === null) {
      return { ok: false, reason: `What ${name} needs cannot be read from its wheel.` };
    }
    waiting.push(...requirementsOf(metadata, extras));
  }
  return { ok: true, paths: [...chosen.values()] };
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

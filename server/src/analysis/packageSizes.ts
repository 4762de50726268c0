/** Asks registries for the sizes of packages that this machine does not know; only when a user wants it. */

import type { PackageSize } from '../projects/packageSize.ts';
import type { LockedPackage } from '../projects/projectFacts.ts';
import { type AskRegistry, descriptionAddress, unpackedOf } from '../projects/registry.ts';

export type { AskRegistry };

/** What was found out, by integrity. */
export type PackageSizes = ReadonlyMap<string, PackageSize>;

const atOnce = 8;
/** More packages than projects have; each is one request. */
const most = 5000;

/** Sizes by integrity, for those that could be found out; `onAnswer` is told of each package. */
export async function askPackageSizes(
  packages: readonly LockedPackage[],
  ask: AskRegistry,
  signal: AbortSignal,
  onAnswer: (done: number, all: number) => void = () => {},
): Promise<PackageSizes> {
  const wanted = new Map<string, LockedPackage>();
  for (const one of packages) if (one.integrity !== null) wanted.set(one.integrity, one);
  const open = [...wanted].slice(0, most);
  const all = open.length;
  const found = new Map<string, PackageSize>();
  let done = 0;
  const worker = async () => {
    for (let next = open.shift(); next && !signal.aborted; next = open.shift()) {
      const [integrity, one] = next;
      const size = await sizeOf(one, ask, signal);
      if (size) found.set(integrity, size);
      onAnswer(++done, all);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return found;
}

async function sizeOf(
  one: LockedPackage,
  ask: AskRegistry,
  signal: AbortSignal,
): Promise<PackageSize | null> {
  const address = descriptionAddress(one);
  if (address === null || one.resolved === null) return null;
  const description = await ask.description(address, signal).catch(() => null);
  const unpacked = unpackedOf(description);
  if (unpacked !== null) return { unpacked, archive: one.archive, source: 'registry' };
  const archive = await ask.length(one.resolved, signal).catch(() => null);
  return archive === null ? null : { unpacked: null, archive, source: 'registry' };
}

/**
 * What registries say of packages, for whoever is asked to fetch it: the size that a version unpacks
 * to (`dist.unpackedSize` of its description), else the length of its file.
 */

import type { PackageSize } from './packageSize.ts';
import type { LockedPackage } from './projectFacts.ts';
import { isRecord } from './untrusted.ts';

/** How a registry is asked. Both may reject. */
export interface AskRegistry {
  /** The JSON behind an address, parsed. */
  readonly description: (address: string, signal: AbortSignal) => Promise<unknown>;
  /** How long a file is; null where the server does not say. */
  readonly length: (address: string, signal: AbortSignal) => Promise<number | null>;
}

/** Where the description of a version is, by the address of its file; null where that does not tell. */
export function descriptionAddress(one: LockedPackage): string | null {
  if (one.resolved === null || !/^https?:\/\//.test(one.resolved)) return null;
  const cut = one.resolved.indexOf('/-/');
  if (cut < 0 || one.version === '') return null;
  const named = one.resolved.slice(0, cut).replaceAll('%2f', '/').replaceAll('%2F', '/');
  const [, name] = /\/((?:@[^/]+\/)?[^/]+)$/.exec(named) ?? [];
  // Another name in the lock stands for what the address names.
  if (name === undefined) return null;
  const registry = named.slice(0, -name.length);
  return `${registry}${name.replace('/', '%2f')}/${encodeURIComponent(one.version)}`;
}

/** Unpacked bytes by the description of a version; null where it does not say. */
export function unpackedOf(description: unknown): number | null {
  const dist = isRecord(description) ? description.dist : null;
  const size = isRecord(dist) ? dist.unpackedSize : null;
  return typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? size : null;
}

/** Sizes as they are stored, by integrity; what is damaged is left out. */
export function readSizes(content: string): Map<string, PackageSize> {
  const sizes = new Map<string, PackageSize>();
  try {
    const root: unknown = JSON.parse(content);
    if (!isRecord(root) || root.version !== 1 || !isRecord(root.sizes)) return sizes;
    for (const [integrity, pair] of Object.entries(root.sizes)) {
      if (!Array.isArray(pair)) continue;
      const [unpacked, archive] = pair.map(bytesOf);
      if (unpacked === null && archive === null) continue;
      sizes.set(integrity, {
        unpacked: unpacked ?? null,
        archive: archive ?? null,
        source: 'registry',
      });
    }
  } catch {
    return new Map();
  }
  return sizes;
}

/** The text of sizes that registries gave. */
export function writeSizes(sizes: ReadonlyMap<string, PackageSize>): string {
  const kept = [...sizes].filter(([, { source }]) => source === 'registry');
  const pairs = kept.map(([integrity, one]) => [integrity, [one.unpacked, one.archive]] as const);
  return JSON.stringify({ version: 1, sizes: Object.fromEntries(pairs) });
}

function bytesOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

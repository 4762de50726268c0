/** What the three kinds of mirrors have in common. */

import { type TextLimits, textLimits } from '../packages/readLines.ts';
import { type DownloadLimits, downloadLimits, NotThere } from './download.ts';

/** How one index is fetched. */
export interface Fetching {
  readonly signal: AbortSignal;
  /** Folders with public keys: `*.gpg` keyrings, `*.rsa.pub` keys of Alpine. */
  readonly keyFolders: readonly string[];
  /** Told while bytes arrive, in all so far for this index. */
  readonly onBytes: (bytes: number) => void;
  readonly limits: DownloadLimits;
  /** Of what is unpacked. */
  readonly text: TextLimits;
  /** Day of today, `2026-11-21`, for indexes that do not say theirs. */
  readonly today: string;
}

/** Where systems keep the keys of package archives. */
export const systemKeyFolders: readonly string[] = [
  '/usr/share/keyrings',
  '/etc/apt/trusted.gpg.d',
  '/etc/apk/keys',
  '/usr/share/apk/keys',
];

/** A fetching with nothing special. */
export function plainFetching(signal: AbortSignal): Fetching {
  return {
    signal,
    keyFolders: systemKeyFolders,
    onBytes: () => {},
    limits: downloadLimits,
    text: textLimits,
    today: new Date().toISOString().slice(0, 10),
  };
}

/** Tries the addresses one after another, as long as they do not have what is asked for. */
export async function firstOf<T>(
  addresses: readonly string[],
  fetch: (address: string) => Promise<T>,
): Promise<T> {
  let missing: unknown;
  for (const address of addresses) {
    try {
      return await fetch(address);
    } catch (error) {
      // That another place cannot be reached says less than that the first one has it not.
      if (!(error instanceof NotThere)) throw missing ?? error;
      missing ??= error;
    }
  }
  throw missing ?? new NotThere('No address is known.');
}

/** The host of an address, for sentences. */
export function hostOf(address: string): string {
  return new URL(address).host;
}

/** Passes bytes on and tells how many they are. */
export async function* counted(
  body: AsyncIterable<Uint8Array>,
  tell: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const piece of body) {
    tell(piece.length);
    yield piece;
  }
}

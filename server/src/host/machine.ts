/** What the analysis asks of the machine besides files: its platform, and paths of URIs. */

import { arch } from 'node:process';
import { fileURLToPath } from 'node:url';

const names: Readonly<Record<string, { readonly arch: string; readonly variant: string }>> = {
  x64: { arch: 'amd64', variant: '' },
  ia32: { arch: '386', variant: '' },
  arm: { arch: 'arm', variant: 'v7' },
};

/** The platform that a builder on this machine builds for by itself: Linux on its architecture. */
export const buildPlatform = { os: 'linux', ...(names[arch] ?? { arch, variant: '' }) };

/** Absolute path of a `file:` URI in the host's form; null for any other and for a malformed one. */
export function pathOf(uri: string): string | null {
  if (!uri.startsWith('file:')) return null;
  try {
    return fileURLToPath(uri);
  } catch {
    return null;
  }
}

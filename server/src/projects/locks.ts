/** Which lock files there are, and who reads them. */

import { readNpmLock } from './npmLock.ts';
import { readPnpmLock } from './pnpmLock.ts';
import type { JavaScriptLock, LockReading } from './projectFacts.ts';
import { readYarnLock } from './yarnLock.ts';
import { yarnTree } from './yarnTree.ts';

/** Names of lock files by package manager, the one that counts first. */
export const lockNames: Readonly<Record<JavaScriptLock['manager'], readonly string[]>> = {
  npm: ['npm-shrinkwrap.json', 'package-lock.json'],
  yarn: ['yarn.lock'],
  pnpm: ['pnpm-lock.yaml'],
  bun: ['bun.lock', 'bun.lockb'],
};

/**
 * Reads the text of a lock file; `path` is where it lies in the build context. `manifest`: the parsed
 * `package.json` beside it, which Yarn's lock does not repeat. Never throws.
 */
export function readLock(
  manager: JavaScriptLock['manager'],
  content: string,
  path: string,
  manifest: unknown,
): LockReading {
  switch (manager) {
    case 'npm':
      return readNpmLock(content, path);
    case 'yarn': {
      const reading = readYarnLock(content, path);
      if (!reading.ok) return reading;
      return { ok: true, lock: yarnTree(reading.entries, manifest, path, reading.bytes) };
    }
    case 'pnpm':
      return readPnpmLock(content, path);
    case 'bun':
      return { ok: false, reason: `${path} is Bun's, and which packages fit is not read from it.` };
  }
}

// Installs the locked dependencies when they are missing or older than the lockfile, so that
// `npm start` and `npm test` work on a fresh clone. Nothing but Node is needed to run it.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Path of the project's own folder. */
export const projectRoot = root;

function isReady() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  return statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

/** Installs what is missing; ends the process with a clear message when that fails. */
export function ready() {
  if (isReady()) return;
  console.error('Installing dependencies (npm ci) …');
  // On Windows npm is a script, which needs a shell; the arguments are fixed.
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    console.error('The dependencies could not be installed. Run `npm ci` to see why.');
    process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ready();

/** Checks the signature around an `InRelease`, where this machine has what that takes. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** `unchecked`: there is no `gpgv` here, or no key for any of its signatures. */
export type Signature =
  | { readonly state: 'good'; readonly text: string }
  | { readonly state: 'bad' }
  | { readonly state: 'unchecked' };

const longestMs = 20_000;

/** Runs `gpgv` with the keyring of the distribution; only the text that it says was signed is believed. */
export function checkSignature(
  inRelease: Uint8Array,
  distribution: string,
  keyFolders: readonly string[],
): Promise<Signature> {
  const keyring = keyFolders
    .map((folder) => join(folder, `${distribution}-archive-keyring.gpg`))
    .find((path) => existsSync(path));
  if (!keyring) return Promise.resolve({ state: 'unchecked' });
  const args = ['--keyring', keyring, '--status-fd', '2', '--output', '-', '-'];
  return new Promise((resolve) => {
    const child = spawn('gpgv', args, { stdio: 'pipe', timeout: longestMs });
    const out: Buffer[] = [];
    let status = '';
    child.stdout.on('data', (piece: Buffer) => out.push(piece));
    child.stderr.on('data', (piece: Buffer) => {
      if (status.length < 100_000) status += piece.toString('latin1');
    });
    child.stdin.on('error', () => {});
    child.on('error', () => resolve({ state: 'unchecked' }));
    child.on('close', () => {
      if (/^\[GNUPG:\] BADSIG /m.test(status)) resolve({ state: 'bad' });
      else if (/^\[GNUPG:\] VALIDSIG /m.test(status)) {
        resolve({ state: 'good', text: Buffer.concat(out).toString() });
      } else resolve({ state: 'unchecked' });
    });
    child.stdin.end(inRelease);
  });
}

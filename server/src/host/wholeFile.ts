/** Writes a file so that whoever reads it finds the old text or the new one, never a part. */

import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { whenEnded } from './whenEnded.ts';

/** Rejects with the system's error; a file that was there is then as it was. */
export async function writeWhole(path: string, text: string | Uint8Array): Promise<void> {
  // A device or a pipe is written to, not replaced; what is open already may have no path of its own.
  const found = await stat(path).catch(() => null);
  if (found && !found.isFile()) {
    await writeFile(path, text);
    return;
  }
  // Behind a link stands what is meant; a rename would put the file in the link's place.
  const target = await realpath(path).catch(() => behindLink(path));
  const unfinished = join(
    dirname(target),
    // The name may be as long as names can be already.
    `.${basename(target).slice(0, 40)}.${randomBytes(6).toString('hex')}.tmp`,
  );
  const stopListening = whenEnded(() => rmSync(unfinished, { force: true }));
  try {
    await writeFile(unfinished, text, { flag: 'wx', mode: found ? found.mode & 0o777 : 0o666 });
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw error;
  } finally {
    stopListening();
  }
}

/** What a link to a file that is still to come points to; the path itself where it is no link. */
function behindLink(path: string): Promise<string> {
  return readlink(path).then(
    (to) => resolve(dirname(path), to),
    () => path,
  );
}

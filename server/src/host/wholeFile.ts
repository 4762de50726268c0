/** Writes a file so that whoever reads it finds the old text or the new one, never a part. */

import { randomBytes } from 'node:crypto';
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Rejects with the system's error; a file that was there is then as it was. */
export async function writeWhole(path: string, text: string): Promise<void> {
  // Behind a link stands what is meant; a rename would put the file in the link's place.
  const target = await realpath(path).catch(() => path);
  const found = await stat(target).catch(() => null);
  // A device or a pipe is written to, not replaced.
  if (found && !found.isFile()) {
    await writeFile(target, text);
    return;
  }
  const unfinished = join(
    dirname(target),
    `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`,
  );
  try {
    await writeFile(unfinished, text, { flag: 'wx', mode: found ? found.mode & 0o777 : 0o666 });
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw error;
  }
}

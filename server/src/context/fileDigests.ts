/** The port to digests of files. `server/src/host/contentDigest.ts` is the real one. */

import type { FileStat } from './fileSystem.ts';

export interface FileDigests {
  /** A strong digest of the UTF-8 bytes of a text: that of a file with these bytes. */
  text(text: string): string;
  /**
   * Digest of the bytes of a file, which is not followed when it is a symlink; null: it is not, or
   * no longer, the file that `expected` describes, or it changed while it was read. Rejects with an
   * Error whose `code` is Node's where it cannot be read, and with the reason of `signal`.
   */
  file(path: string, expected: FileStat, signal: AbortSignal): Promise<string | null>;
}

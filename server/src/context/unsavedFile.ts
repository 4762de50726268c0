/** A file of a context whose text in an editor is not saved yet: it counts as what it will be. */

import type { Sending } from './contentFacts.ts';

/** The file with the digest of what it will hold. */
export interface Unsaved {
  readonly path: string;
  readonly digest: string;
  /** Digests of bytes that are this text already: a byte order mark is no part of it. */
  readonly saved: readonly string[];
}

/** `hash`: a digest of texts that is that of a file with their bytes. */
export function unsavedFile(
  unsaved: Sending['unsaved'],
  hash: (text: string) => string,
): Unsaved | null {
  if (!unsaved) return null;
  const digest = hash(unsaved.text);
  return { path: unsaved.path, digest, saved: [digest, hash(`\ufeff${unsaved.text}`)] };
}

/** Does a folder hold it, at any depth? */
export function holds(folder: string, unsaved: Unsaved | null): boolean {
  return unsaved !== null && (folder === '' || unsaved.path.startsWith(`${folder}/`));
}

/** What the rules on manifests share. */

import type { Manifests, ProjectFiles } from './manifests.ts';

/**
 * No answer, for this reason (a full sentence); with the files that are read all the same, where the
 * installation could be kept in the cache once that is put right.
 */
export function refused(reason: string, stable: readonly string[] = []): Manifests {
  return { ok: false, reason, ...(stable.length > 0 && { stable }) };
}

/** Those of the names that are there; names of folders end with a slash. */
export async function existing(
  files: ProjectFiles,
  names: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of names) {
    const isThere = name.endsWith('/')
      ? await files.holds(name.slice(0, -1))
      : (await files.text(name)) !== null;
    if (isThere) found.push(name);
  }
  return found;
}

/** The first of the names that is there: what an installation makes must not be in the context too. */
export async function made(
  files: ProjectFiles,
  names: readonly string[],
  stable: readonly string[] = [],
): Promise<Manifests | null> {
  for (const name of names) {
    if (await files.has(name)) {
      return refused(
        `The build context has ${name} too, and a copy after the installation would put it over what was installed; .dockerignore can leave it out.`,
        stable,
      );
    }
  }
  return null;
}

/** A text as JSON; undefined where it is none. */
export function json(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
}

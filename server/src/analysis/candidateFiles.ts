/** Files of the build context that a path of the image may come from, behind the ignore file. */

import type { BuildContext } from '../context/buildContext.ts';
import type { FileSystem } from '../context/fileSystem.ts';
import type { ResolvedCopy } from '../model/plan.ts';
import type { SizeSources } from '../projects/packageSize.ts';
import { longestLock } from '../projects/projectFacts.ts';
import type { Candidate } from './imageSources.ts';

/** A context that questions are asked of. */
export interface Opened {
  readonly context: BuildContext;
  /** Files below the context only. */
  readonly files: FileSystem;
  readonly sources: SizeSources;
  readonly signal: AbortSignal;
}

/** The first candidate that is a file of the context which the ignore file leaves in. */
export async function firstFile(
  { context, signal }: Opened,
  found: readonly Candidate[],
): Promise<string | null> {
  for (const candidate of found) {
    const files = await context.files(copyOf(candidate), signal);
    const [file] = files;
    if (files.length === 1 && file && file.path === candidate.path) return file.path;
  }
  return null;
}

/** A copy of that path alone. */
export function copyOf({ path, exclude }: Candidate): ResolvedCopy {
  return {
    add: false,
    origin: { kind: 'context' },
    sources: [path],
    remotes: [],
    files: [],
    dest: '/',
    chown: null,
    chmod: null,
    link: false,
    parents: false,
    exclude,
    unpack: null,
    checksum: null,
    keepGitDir: false,
  };
}

export async function textOf(
  files: FileSystem,
  path: string,
): Promise<{ ok: true; text: string } | { ok: false; code: string }> {
  try {
    return { ok: true, text: new TextDecoder().decode(await files.read(path, longestLock)) };
  } catch (error) {
    const code = (error as { readonly code?: unknown } | null)?.code;
    return { ok: false, code: typeof code === 'string' ? code : String(error) };
  }
}

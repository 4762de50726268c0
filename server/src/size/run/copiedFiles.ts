/** What a COPY or ADD puts where, for RUN lines after it that change or copy it again. */

import type { ResolvedCopy, Step } from '../../model/plan.ts';
import { absolutePath, isWithin } from '../../syntax/slashPaths.ts';
import type { Size } from '../size.ts';
import type { StageState, Stored } from './draft.ts';
import { lastName } from './operands.ts';
import { isFolder } from './stored.ts';

/** How many files of a size are named in its parts at most. */
const named = 10;

/** Files and folders that a step stores; `size` is what it adds in all. */
export function copiedFiles(
  { copy, workdir }: Step,
  size: Size | undefined,
  isSingleFile: boolean,
  state: StageState,
): readonly Stored[] {
  if (workdir !== null) {
    const path = absolutePath(workdir);
    const before = state.stored.find((one) => one.path === path);
    if (!before) return [{ path, bytes: 0 }];
    // It is a folder after all: the builder goes into it.
    return before.isPerhapsFile ? [{ ...before, isPerhapsFile: false }] : [];
  }
  if (!copy) return [];
  const dest = absolutePath(copy.dest);
  const bytes = size && !size.atLeast ? size.bytes : null;
  const isExact = size?.basis === 'computed' || size?.low === size?.high;
  const whole: Stored = {
    path: copy.doubt?.dest ? '/' : dest,
    bytes,
    ...(size && bytes !== null && !isExact && { size }),
    ...fileOrFolder(copy, bytes, state),
  };
  const plain = copy.remotes.length === 0 && !copy.parents && !copy.doubt?.dest;
  if (bytes === null || !isExact || !plain) return [whole];
  if (copy.files.length > 0) return copy.sources.length > 0 ? [whole] : heredocs(copy, whole);
  if (isSingleFile && copy.sources.length === 1) {
    const name = lastName(copy.sources[0] ?? '');
    const into = isFolder(copy.dest, state.stored) || /\/\.$/.test(copy.dest);
    const path = into ? absolutePath(`${dest}/${name}`) : dest;
    return /[*?[]/.test(name) ? [whole] : [{ path, bytes, isFile: true }];
  }
  if (copy.add || copy.origin.kind !== 'context') return [whole];
  return listed(copy, whole, size?.parts ?? []);
}

/** Is the destination itself what a chmod would change: surely, perhaps, or no, being a folder. */
function fileOrFolder(
  { sources, files, remotes, origin, dest, parents, doubt }: ResolvedCopy,
  bytes: number | null,
  { stored }: StageState,
): Pick<Stored, 'isFile' | 'isPerhapsFile'> {
  const path = absolutePath(dest);
  if (doubt?.dest || parents || /\/\.?$/.test(dest)) return {};
  // A program may well be called /app.
  if (path !== '/app' && isFolder(dest, stored)) return {};
  if (stored.some((one) => isWithin(one.path, path) && (one.path !== path || !one.bytes)))
    return {};
  if (sources.length + files.length + remotes.length !== 1) return {};
  if (files.length > 0) return { isFile: true };
  if (remotes.length > 0) return remotes[0]?.kind === 'git' ? {} : { isFile: true };
  if (/(^|\/)\.{0,2}$/.test(sources[0] ?? '')) return {};
  // What is known of the build context is told apart elsewhere.
  return origin.kind === 'context' && bytes !== null ? {} : { isPerhapsFile: true };
}

function heredocs(copy: ResolvedCopy, whole: Stored): readonly Stored[] {
  const encoder = new TextEncoder();
  if (!copy.dest.endsWith('/')) return [{ ...whole, isFile: true }];
  const files = new Map<string, Stored>();
  for (const { name, content } of copy.files) {
    const path = absolutePath(`${copy.dest}${name}`);
    files.set(path, { path, bytes: encoder.encode(content).length, isFile: true });
  }
  return [...files.values()];
}

/** The largest files by name, the rest as one. */
function listed(
  copy: ResolvedCopy,
  whole: Stored,
  parts: readonly { readonly label: string; readonly bytes: number | null }[],
): readonly Stored[] {
  const files: Stored[] = [];
  let rest = whole.bytes ?? 0;
  for (const { label, bytes } of parts) {
    const path = placeIn(copy, label);
    if (path === null || bytes === null) continue;
    files.push({ path, bytes, isFile: true });
    rest -= bytes;
  }
  // Hard links may be counted once but named twice.
  if (rest < 0) return [whole];
  const least = parts.length < named ? 0 : (parts.at(-1)?.bytes ?? 0);
  return [{ ...whole, bytes: rest, largest: least }, ...files];
}

/** Where a file of the context ends up; null where the sources do not tell. */
function placeIn({ sources, dest }: ResolvedCopy, file: string): string | null {
  for (const source of sources) {
    if (/[*?[\\]/.test(source)) continue;
    const folder = absolutePath(source);
    const path = absolutePath(file);
    if (path === folder) return absolutePath(`${dest}/${lastName(file)}`);
    if (isWithin(path, folder)) {
      return absolutePath(`${dest}/${folder === '/' ? path : path.slice(folder.length)}`);
    }
  }
  return null;
}

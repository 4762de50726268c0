/**
 * What a RUN stores again because it changes it: owner, mode, time or place. A layer has whole
 * files, so the cost is their size, also where nothing changes in the end (SIZES section 8; measured
 * with no-op chmod and chown alike on overlay2).
 */

import { absolutePath, isWithin } from '../../syntax/slashPaths.ts';
import { unknown } from '../size.ts';
import { about } from './contributions.ts';
import type { Contribution, Draft, Stored } from './draft.ts';
import { fileMatcher, fixedFolder, isPattern } from './globs.ts';
import { isFolder, mayHoldBaseFiles, tinyBytes } from './stored.ts';

/** How a path is stored again. */
export interface Again {
  /** With all below it. */
  readonly isRecursive: boolean;
  /** For the label: `chown -R`. */
  readonly program: string;
}

/** How much longer or shorter an edit may make a file, in bytes. */
const editBand = 4096;

/** Adds what of earlier layers is stored again when the path is changed. */
export function storeAgain(draft: Draft, path: string, { isRecursive, program }: Again): void {
  const label = `stored again by ${program}`;
  const unknownPart = (reason: string, { isFile, isPerhapsFile }: Partial<Stored> = {}) =>
    draft.write({
      path: fixedFolder(path),
      size: unknown(reason),
      label,
      kind: 'files',
      ...(isFile && { isFile }),
      ...(isPerhapsFile && { isPerhapsFile }),
    });
  const plain = absolutePath(path);
  const link = draft.state.links?.find((one) => isWithin(plain, one));
  if (link !== undefined) {
    unknownPart(`Where the symbolic link ${link} leads, and what lies there, is not followed.`);
    return;
  }
  const isMaybeFile = draft.state.stored.some(
    (one) => one.path === plain && (one.isFile || one.isPerhapsFile),
  );
  if (!isRecursive && !isMaybeFile && isFolder(path, draft.state.stored)) return;
  const takes = fileMatcher(path);
  const isHere = ({ path: one }: { readonly path: string }) =>
    draft.contributions.some(
      (other) => other.path === one && (other.isFile || other.renews === storedTree(one)),
    );
  const { stored } = draft.state;
  const found = stored.filter(
    (one) => takes(one.path) && (isRecursive || one.isFile || one.isPerhapsFile || isPattern(path)),
  );
  for (const one of found) {
    if (isHere(one)) continue;
    if (one.bytes === null) {
      const kind = one.path === plain && !isRecursive ? one : {};
      unknownPart(`How much lies in ${one.path} is not known.`, kind);
    } else if (one.bytes > 0) draft.write(again(one, one.bytes, program, label));
  }
  if (draft.contributions.some((one) => one.path === plain && one.isFile)) return;
  const isNew = draft.contributions.some((one) => isWithin(one.path, plain) || one.path === plain);
  if (!isRecursive && (found.length > 0 || isNew)) return;
  const above = stored.find((one) => one.path !== plain && isWithin(plain, one.path));
  if (above && !isRecursive && above.largest !== undefined && above.largest <= tinyBytes) {
    const reason = `No file that was copied into ${above.path} is larger, the named ones left out.`;
    draft.write({
      path: plain,
      size: about(Math.min(above.largest, 2000), 0, above.largest, reason),
      label,
      kind: 'files',
      isFile: true,
    });
    return;
  }
  if (above && above.bytes !== 0 && !isNew) {
    unknownPart(
      above.path === '/'
        ? `An earlier line may have written ${plain}; how big it is is not known.`
        : `How much of ${above.path} is ${plain} is not known.`,
    );
    return;
  }
  if (mayHoldBaseFiles(plain, draft.state) && !(isNew && !isRecursive)) {
    unknownPart(`What the base image has in ${plain} is not known.`);
  }
}

function again(one: Stored, bytes: number, program: string, label: string): Contribution {
  const reason = `\`${program}\` stores again what earlier lines put into ${one.path}.`;
  const band = program === 'sed -i' ? editBand : 0;
  if (one.isPerhapsFile && !one.isFile) {
    const doubt = `Whether ${one.path} is one file or a folder, the copied files do not tell.`;
    const size = about(bytes, 0, one.size?.high ?? bytes + band, doubt);
    return { path: one.path, size, label, kind: 'files', isPerhapsFile: true };
  }
  const size = one.size
    ? { ...one.size, reason }
    : about(bytes, Math.max(0, bytes - band), bytes + band, reason);
  return { path: one.path, size, label, kind: 'files', ...fileOrTree(one, one.path) };
}

/** What is stored is one file, or the rest of a folder; the next of the same path replaces it. */
export function fileOrTree(
  { isFile }: Stored,
  path: string,
): Pick<Contribution, 'isFile' | 'renews'> {
  return isFile ? { isFile } : { renews: storedTree(path) };
}

function storedTree(path: string): string {
  return `stored below ${path}`;
}

/** Whether earlier lines stored something at, below or above the path, as far as that is known. */
export function knows({ state }: Draft, place: string): boolean {
  const takes = fileMatcher(place);
  return state.stored.some(({ path }) => takes(path) || (path !== '/' && isWithin(place, path)));
}

/** What the sources of a COPY or ADD come to in the layer, from what was gathered of them. */

import type { ResolvedCopy } from '../model/plan.ts';
import type { Below } from './buildContext.ts';
import type { CopyFacts } from './copyFacts.ts';
import { bySize } from './folderSums.ts';
import type { Gathered } from './gather.ts';
import { partsOf } from './goPath.ts';
import { BuildFails, type Content, type Folder, place, sumTree } from './layerTree.ts';

/** The files as they lie in the layer. Throws BuildFails. */
export function treeOf(copy: ResolvedCopy, gathered: Gathered, isDirectory: boolean): Folder {
  const slashed = copy.dest.endsWith('/') || copy.dest.endsWith('/.');
  return place(gathered.sources, {
    parts: partsOf(copy.dest),
    isDirectory: slashed || isDirectory,
  });
}

/** Their bytes and files; unknown where that hangs on what is below. */
export function factsOf(copy: ResolvedCopy, gathered: Gathered, below: Below): CopyFacts {
  const candidates = below.isDirectory === null ? [true, false] : [below.isDirectory];
  const sums: ReturnType<typeof sumTree>[] = [];
  let failure: BuildFails | null = null;
  for (const isDirectory of candidates) {
    try {
      sums.push(sumTree(treeOf(copy, gathered, isDirectory), partsOf(copy.dest)));
    } catch (error) {
      if (!(error instanceof BuildFails)) throw error;
      failure = error;
    }
  }
  const [sum, other] = sums;
  if (!sum) return { kind: 'unknown', reason: failure?.reason ?? '', atLeastBytes: 0 };
  if (other && other.bytes !== sum.bytes) {
    return {
      kind: 'unknown',
      reason: `The sources add ${sum.bytes} bytes if ${copy.dest} is a folder in the image, else each replaces the one before and ${other.bytes} bytes stay; a slash at its end makes it a folder.`,
      atLeastBytes: Math.min(sum.bytes, other.bytes),
    };
  }
  const { missing, ignored, unmatched, notes } = gathered;
  const own = gathered.sources.length - copy.files.length;
  const isSingleFile = own === 1 && gathered.sources[0]?.kind === 'entry';
  const contents = sum.contents.filter(({ path }) => !path.startsWith('<<'));
  const largest = largestOf(contents, 10).map(({ path, bytes }) => ({ path, bytes }));
  const { bytes, directories } = sum;
  const files = sum.files - copy.files.length;
  const figures = { bytes, files, directories, largest, isSingleFile };
  return { kind: 'known', ...figures, missing, ignored, unmatched, notes };
}

/** The first of all in order, without ordering all: there may be many. */
function largestOf(contents: readonly Content[], count: number): readonly Content[] {
  let kept: Content[] = [];
  for (const content of contents) {
    const last = kept.at(-1);
    if (kept.length >= count && last && bySize(content, last) > 0) continue;
    kept = [...kept, content].sort(bySize).slice(0, count);
  }
  return kept;
}

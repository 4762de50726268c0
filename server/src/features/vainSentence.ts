/** What is said of a RUN that removes what an earlier RUN stored. */

import type { VainRemoval } from '../size/run/vainRemovals.ts';
import { bytes, type Units } from './render.ts';

/** A sentence that says that nothing is freed, and one that says what would. */
export function vainSentence(
  { made, kind, label, bytes: amount, program }: VainRemoval,
  units: Units,
): string {
  const line = `line ${made.instruction.lines.start}`;
  const subject = program ?? 'Removing packages';
  const what = `the ${bytes(amount, units)} of ${line} (${label})`;
  const isLeftover = kind === 'lists' || kind === 'archives' || kind === 'cache';
  const better = isLeftover
    ? `Join both lines, or delete them in ${line} if nothing in between needs them.`
    : kind === 'packages'
      ? `Remove them in ${line}, or install them in a stage that the image is not built from.`
      : `Delete them in ${line}, or make them in a stage that the image is not built from.`;
  return `${subject} frees nothing: ${what} stay in the layer of that line. ${better}`;
}

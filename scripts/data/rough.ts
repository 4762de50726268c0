/**
 * Rounds sizes more coarsely than the text of an index would, where a figure matters less: what is
 * rounded compresses better. Sums of many are as right as before.
 */

const step = 256;
const linear = 512 * step;
const steps = 384;

/** The nearest size that is a multiple of `factor` steps of the text form (`sizeCode.ts`). */
export function rough(bytes: number, factor: number): number {
  if (bytes < linear) return Math.round(bytes / (step * factor)) * step * factor;
  const octave = 2 ** Math.floor(Math.log2(bytes / linear)) * linear;
  return Math.round(
    octave * (1 + (Math.round(((bytes / octave - 1) * steps) / factor) * factor) / steps),
  );
}

/**
 * Figures with measurements laid over them. A measurement of file contents takes the place of an
 * estimate; one that counts in another way stands beside a figure of file contents.
 */

import type { Measured } from '../engine/measured.ts';
import type { Step } from '../model/plan.ts';
import type { StepSizes } from './estimate.ts';
import type { Size } from './size.ts';

export interface MeasuredOptions {
  /** What was measured of a step; undefined: nothing. */
  readonly of: (step: Step) => Measured | undefined;
  /** `engine`: its figures as its store counts, wherever there are some. */
  readonly figures: 'files' | 'engine';
  /** May the step take other files than when it was measured? Then another count of them decides. */
  readonly changed: (step: Step) => boolean;
}

/** The same sizes, measured where an engine told. */
export function measuredSizes(sizes: StepSizes, options: MeasuredOptions): StepSizes {
  return {
    ...sizes,
    get(step) {
      const size = sizes.get(step);
      const measured = size && options.of(step);
      return measured ? withMeasured(size, measured, step, options) : size;
    },
  };
}

function withMeasured(
  size: Size,
  measured: Measured,
  step: Step,
  { figures, changed }: MeasuredOptions,
): Size {
  const isFiles = measured.store === 'classic';
  const beside: Size = {
    ...size,
    measured: { bytes: measured.bytes, store: measured.store, reason: measured.reason },
  };
  // Counted in the build context as it is now, which is what the next build stores.
  const isCounted = size.basis === 'computed' && !size.atLeast;
  if (isCounted && (!isFiles ? figures === 'files' : !measured.sure || isOther(size))) {
    return beside;
  }
  // A record of the build cache that may be of another build does not disprove an estimate.
  const isEstimate = size.basis === 'estimated' && !size.atLeast;
  const isOpen = !measured.sure && measured.source !== 'image';
  if (isEstimate && isOpen && figures === 'files' && !(isFiles && isWithin(measured, size))) {
    return size;
  }
  const { bytes } = measured;
  const { estimated: _, measured: __, ...before } = beside;
  return {
    // What is only likely to be this line's figure is no measurement of it.
    basis: measured.sure ? 'measured' : 'estimated',
    bytes,
    low: bytes,
    high: bytes,
    atLeast: false,
    reason: measured.reason,
    ...(isFiles ? {} : { store: measured.store }),
    ...(size.parts ? { parts: size.parts } : {}),
    ...(size.basis === 'unknown' ? {} : { estimated: before }),
  };

  function isOther({ bytes: counted }: Size): boolean {
    return counted !== measured.bytes && changed(step);
  }
}

function isWithin({ bytes }: Measured, { low, high }: Size): boolean {
  return low !== null && high !== null && bytes >= low && bytes <= high;
}

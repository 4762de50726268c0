/** Measured bytes of steps from builds that are remembered. */

import type { Step } from '../model/plan.ts';
import type { BuildRecord } from './buildRecord.ts';
import type { KeyedPlan } from './keyedStep.ts';

/** Bytes of steps whose key is that of a recorded step; undefined: none is known. */
export function recordedSizes(
  _: KeyedPlan,
  __: readonly BuildRecord[],
): (step: Step) => { bytes: number; sure: boolean; at: number | null } | undefined {
  return () => undefined;
}

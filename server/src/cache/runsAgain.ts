/** How much the next build runs again. */

import type { Step } from '../model/plan.ts';
import type { RecordedStep } from './buildRecord.ts';
import type { KeyedPlan } from './keyedStep.ts';
import type { Prediction, Predictions } from './prediction.ts';

/** Steps that are one for the builder count once. */
export function runsAgainIn(
  { steps: all }: KeyedPlan,
  predictions: ReadonlyMap<Step, Prediction>,
): Predictions['again'] {
  const counted = new Set<string>();
  let steps = 0;
  let ms = 0;
  let unknownTimes = 0;
  for (const { step, key } of all) {
    const prediction = predictions.get(step);
    if (prediction?.word !== 'changed' && prediction?.word !== 'rebuild') continue;
    if (key !== null) {
      if (counted.has(key)) continue;
      counted.add(key);
    }
    steps++;
    const took: RecordedStep['ms'] = prediction.last?.ms ?? null;
    if (took === null) unknownTimes++;
    else ms += took;
  }
  return { steps, ms, unknownTimes };
}

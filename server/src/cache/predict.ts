import type { BuildRecord } from './buildRecord.ts';
import type { KeyedPlan } from './keyedStep.ts';
import type { Predictions } from './prediction.ts';

export interface PredictOptions {
  /** `--no-cache`: all stages, or those of these names (`--no-cache-filter`). */
  readonly noCache?: 'all' | readonly string[];
}

/** What the next build does with each step. `records`: all of the Dockerfile, the newest first. */
export function predict(
  _keyed: KeyedPlan,
  _records: readonly BuildRecord[],
  _options: PredictOptions = {},
): Predictions {
  const again = { steps: 0, ms: 0, unknownTimes: 0 };
  return { of: () => undefined, again, noBuild: true };
}

/** What an engine says of one document, from all that is known of it. */

import type { BuildRecord } from '../cache/buildRecord.ts';
import type { KeyedPlan } from '../cache/keyedStep.ts';
import { recordedSizes } from '../cache/recordedSizes.ts';
import { cacheSizes } from '../engine/buildCache.ts';
import { type FoundBytes, measuredOf } from '../engine/measuredOf.ts';
import type { Plan, Step } from '../model/plan.ts';
import type { EngineView } from './engineFacts.ts';
import type { EngineReading } from './engineReading.ts';
import type { ImageReading } from './imageFacts.ts';

interface Known {
  readonly plan: Plan;
  readonly view: EngineView;
  /** Null: no image is looked for. */
  readonly image: ImageReading | null;
  readonly keyed: () => KeyedPlan;
  readonly records: readonly BuildRecord[];
  /** Exact bytes of the files that a step takes as they are now; undefined: not known. */
  readonly counted: (step: Step) => number | undefined;
}

/** Each measurement is looked for when it is first asked for. */
export function engineReading(known: Known): EngineReading {
  const { plan, view, image, keyed, records, counted } = known;
  const { state, session } = view;
  const info = state.info ?? session?.last ?? null;
  const recognized = image?.recognized ?? null;
  const comparison = image?.comparison ?? null;
  let ofCache: ReadonlyMap<Step, FoundBytes> | null = null;
  let ofRecords: ((step: Step) => FoundBytes | undefined) | null = null;
  const measured = measuredOf({
    info,
    recognized,
    comparison,
    cached(step) {
      if (!session || !info) return undefined;
      if (!ofCache) {
        const entries = session.cacheEntries();
        if (entries.state !== 'known') return undefined;
        ofCache = cacheSizes(plan, entries.value, info, { files: counted });
      }
      return ofCache.get(step);
    },
    recorded(step) {
      if (records.length === 0) return undefined;
      const found = ofRecords ?? recordedSizes(keyed(), records);
      ofRecords = found;
      return found(step);
    },
  });
  return { state, recognized, measured, comparison };
}

/** What an engine says of one document, as the analysis carries it. Readonly data. */

import type { Comparison } from '../engine/comparison.ts';
import type { EngineInfo } from '../engine/engine.ts';
import type { Recognized } from '../engine/laid.ts';
import type { MeasuredOf } from '../engine/measured.ts';

/** `off`: by setting, option or Restricted Mode. `idle`: nobody has asked yet. `down`: it does not answer. */
export interface EngineState {
  readonly kind: 'off' | 'idle' | 'connecting' | 'up' | 'down';
  /** Of the engine that answers; null otherwise. */
  readonly info: EngineInfo | null;
  /** A full sentence. */
  readonly reason: string;
}

export interface EngineReading {
  readonly state: EngineState;
  /** Which image was built from the document; null: not looked for, or not yet. */
  readonly recognized: Recognized | null;
  readonly measured: MeasuredOf;
  /** Against the build before; null: none is known. */
  readonly comparison: Comparison | null;
}

/** Where no engine may be asked. */
export function noEngine(reason: string): EngineReading {
  return {
    state: { kind: 'off', info: null, reason },
    recognized: null,
    measured: () => undefined,
    comparison: null,
  };
}

/** What the next build will do, step by step. Readonly data; `predict.ts` makes it. */

import type { Step } from '../model/plan.ts';
import type { Span } from '../syntax/ast.ts';
import type { BuildRecord, RecordedStep } from './buildRecord.ts';

export interface Prediction {
  /**
   * `cached`: the builder has it; `changed`: the first that it has not; `rebuild`: it follows such
   * a one; `unknown`: there is nothing to compare with, or something cannot be known.
   */
  readonly word: 'cached' | 'changed' | 'rebuild' | 'unknown';
  /** Null: cached. `span`: the instruction that causes it; null: the step's own. */
  readonly cause: { readonly span: Span | null; readonly reason: string } | null;
  /** Full sentences worth knowing, such as that a base counts as unmoved. */
  readonly notes: readonly string[];
  /** The same step, or the one that stood here, in the newest record that has it: time and size. */
  readonly last: RecordedStep | null;
  /** The record that it is compared with. */
  readonly since: BuildRecord | null;
}

export interface Predictions {
  /** Undefined for all that is no step of a needed stage. */
  of(step: Step): Prediction | undefined;
  /** What the next build runs again, as far as it is known. */
  readonly again: {
    readonly steps: number;
    /** Of those whose time is known. */
    readonly ms: number;
    readonly unknownTimes: number;
  };
  /** Nothing to compare with. */
  readonly noBuild: boolean;
}

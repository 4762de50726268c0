/** What one instruction does, before it becomes a `Step` of the plan. */

import type { Effect, ResolvedCopy, ResolvedRun } from './plan.ts';

export interface Outcome {
  readonly effect: Effect;
  /** Null: no history entry. Functions, as the text of a RUN repeats all ARGs above it. */
  readonly history: { readonly text: () => string; readonly exact: () => boolean } | null;
  /** BuildKit's text of what is wrong with it. */
  readonly error: string | null;
  /** BuildKit names no line for the error. */
  readonly unlocated?: boolean;
  readonly copy?: ResolvedCopy;
  readonly run?: ResolvedRun;
  readonly workdir?: string;
}

/** An instruction that only changes the config. `text` null: it makes no history entry. */
export function metadata(text: string | null, exact: boolean, error: string | null): Outcome {
  const history = text === null ? null : { text: () => text, exact: () => exact };
  return { effect: 'metadata', history, error };
}

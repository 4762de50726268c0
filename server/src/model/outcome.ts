/** What one instruction does, before it becomes a `Step` of the plan. */

import type { Effect, ResolvedCopy, ResolvedRun } from './plan.ts';

/** All fields are always there: objects of one shape are much faster to make and to read. */
export interface Outcome {
  readonly effect: Effect;
  /** The history entry; null: none. A function where the text takes time and few ask for it. */
  readonly text: string | (() => string) | null;
  /** The text hangs on nothing unknown. */
  readonly exact: boolean | (() => boolean);
  /** BuildKit's text of what is wrong with it. */
  readonly error: string | null;
  /** BuildKit names no line for the error. */
  readonly unlocated: boolean;
  readonly copy: ResolvedCopy | null;
  readonly run: ResolvedRun | null;
  readonly workdir: string | null;
}

/** An instruction that only changes the config. `text` null: it makes no history entry. */
export function metadata(text: Outcome['text'], exact: boolean, error: string | null): Outcome {
  return {
    effect: 'metadata',
    text,
    exact,
    error,
    unlocated: false,
    copy: null,
    run: null,
    workdir: null,
  };
}

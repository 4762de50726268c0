/** The port to a builder that is asked what it has; `server/src/host/prober.ts` asks `docker buildx`. */

import type { BuildOrder } from './builder.ts';
import type { Vertex } from './progress.ts';

/** What the builder did when it was asked for one target. */
export interface ProbeEnd {
  /**
   * `complete`: it came to the end of the build; `stopped`: at the first step that it had not got;
   * `failed`: the build cannot be made, and `message` says why.
   */
  readonly ended: 'complete' | 'stopped' | 'failed' | 'cancelled' | 'timedOut';
  /** A full sentence, or the builder's own words; `''` for the first two. */
  readonly message: string;
  /** All that it reported until then. */
  readonly vertices: ReadonlyMap<string, Vertex>;
}

/** Several questions that belong together; `end` must follow, whatever came of them. */
export interface ProbeSession {
  /**
   * Starts the build and stops it at the first step that is not cached; only for builders that hear
   * it (`FoundBuilder.losesStops`). Never rejects.
   */
  ask(order: BuildOrder, signal: AbortSignal): Promise<ProbeEnd>;
  /** Removes all that the questions left in the builder's history and on this machine; again: nothing. Never rejects. */
  end(): Promise<void>;
}

export interface Prober {
  start(): ProbeSession;
}

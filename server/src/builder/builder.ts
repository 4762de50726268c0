/** The port to the user's real builder; `server/src/host/buildx.ts` is `docker buildx`. */

import type { BuilderFacts } from '../cache/buildRecord.ts';
import type { BuildMetadata } from './buildMetadata.ts';
import type { HistoryRow } from './layerBytes.ts';

/** What is to be built. */
export interface BuildOrder {
  /** Absolute folder. */
  readonly context: string;
  /** Absolute path. */
  readonly dockerfile: string;
  readonly target: string | null;
  /** Null: the builder's own. */
  readonly platform: string | null;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** More arguments for the builder's command, as the user wrote them. */
  readonly more: readonly string[];
}

export interface BuildEnd {
  readonly ended: 'succeeded' | 'failed' | 'cancelled';
  /** A full sentence where the command itself did not come to its end; else `''`. */
  readonly message: string;
  /** What the builder wrote of a build that ended well; absent: nothing. */
  readonly metadata?: BuildMetadata;
}

/** A builder that can be used. */
export interface FoundBuilder {
  readonly facts: BuilderFacts;
  /** The image comes into the engine by itself, as with `docker build`. */
  readonly loads: boolean;
  /**
   * A full sentence: why no build may be stopped as soon as a step begins, which that step may not
   * hear, and run to its end. Absent: it hears it.
   */
  readonly losesStops?: string;
}

/** A build that the builder's command noted on this machine. */
export interface NotedBuild {
  readonly builder: string;
  /** Absolute folder. */
  readonly context: string;
  /** Absolute path; null: the `Dockerfile` of the context. */
  readonly dockerfile: string | null;
  /** Milliseconds since 1970, when it began. */
  readonly startedAt: number;
  /** The builder was set up by itself (`docker buildx create`), so that it is no part of an engine. */
  readonly apart: boolean;
}

/** Every method answers with sentences instead of rejecting. */
export interface Builder {
  /** Asks whether there is a builder that can be used, and what it is. Starts no build. */
  find(
    order: BuildOrder,
    signal: AbortSignal,
  ): Promise<FoundBuilder | { readonly missing: string }>;
  /**
   * Builds. `onOutput` gets the stream of `--progress=rawjson`. When `signal` aborts, the build ends,
   * and nothing that it started runs any more when the promise resolves.
   */
  build(
    order: BuildOrder,
    found: FoundBuilder,
    signal: AbortSignal,
    onOutput: (piece: Uint8Array) => void,
  ): Promise<BuildEnd>;
  /** History of an image that was built, the oldest row first, with exact bytes; empty: not known. Absent: never. */
  history?(image: string, order: BuildOrder, signal: AbortSignal): Promise<readonly HistoryRow[]>;
}

/** What comes of laying an image's history over the lines of a Dockerfile. Readonly data. */

import type { Step } from '../model/plan.ts';
import type { EngineImage, HistoryRow, ImageSummary } from './engine.ts';

/** An entry of an image that belongs to a step. */
export interface LaidRow {
  readonly row: HistoryRow;
  /** Position among the image's history, the oldest first. */
  readonly at: number;
  /** Digest of its layer when uncompressed; null: it makes none, or which one is not certain. */
  readonly diffId: string | null;
  /** Position among the image's layers, the base first; null as above. */
  readonly layer: number | null;
  /**
   * `same`: the step is as it was built. `values`: its text is the same, other values of ARG or ENV
   * were in force or it stood elsewhere, so that the figure is that of another build.
   */
  readonly match: 'same' | 'values';
}

/** An image laid over the steps of its target. */
export interface Laid {
  readonly image: EngineImage;
  /** Steps with an entry in the image. A step that is not in it is new or changed since. */
  readonly rows: ReadonlyMap<Step, LaidRow>;
  /** Steps that stand where an entry of the image stood with another text: changed since the build. */
  readonly changed: ReadonlyMap<Step, HistoryRow>;
  /** Entries of own instructions that no step stands for any more. */
  readonly gone: readonly HistoryRow[];
  /**
   * Steps that may be one of several entries, or new, so that none is given to them: lines that
   * repeat each other, after an edit. Absent: none.
   */
  readonly unsure?: ReadonlyMap<Step, readonly HistoryRow[]>;
  /** How many entries, and how many layers, belong to the base image; null: not certain. */
  readonly base: { readonly rows: number; readonly layers: number } | null;
  /** Can it be said to which line each entry belongs? False: `reason` says why not; then no row is given. */
  readonly certain: boolean;
  /** A full sentence. */
  readonly reason: string;
}

/** How an image came to be taken as the one that was built from a Dockerfile. */
export type FoundBy =
  /** The user chose it. */
  | 'choice'
  /** The setting `dockerfileLayers.image`. */
  | 'setting'
  /** A build that this product made or saw. */
  | 'record'
  /** Its name or labels are those of a Compose service that builds this Dockerfile. */
  | 'compose'
  /** Its history is the Dockerfile's, as far as that tells. */
  | 'history';

/** Which image was built from a Dockerfile. */
export type Recognized =
  | {
      readonly state: 'found';
      readonly laid: Laid;
      readonly foundBy: FoundBy;
      /** False: it is *probably* that one, and the user can choose. */
      readonly sure: boolean;
      /** Others that could be meant, the likeliest first. */
      readonly others: readonly ImageSummary[];
      /** A full sentence on how it was found. */
      readonly reason: string;
    }
  | {
      readonly state: 'none';
      readonly others: readonly ImageSummary[];
      readonly reason: string;
    };

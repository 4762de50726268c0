/** Measured figures of steps, with all that is known of the layers. Readonly data. */

import type { Step } from '../model/plan.ts';
import type { Store } from './engine.ts';

/** What an engine or builder counted for one step. */
export interface Measured {
  readonly bytes: number;
  readonly store: Store;
  /** `image`: the history of an image. `cache`: the build cache. `record`: a remembered build. */
  readonly source: 'image' | 'cache' | 'record';
  /** Is it certain that the figure is that of this step as it stands now? */
  readonly sure: boolean;
  /** A full sentence: who measured it, in what, and when. */
  readonly reason: string;
  readonly layer: MeasuredLayer | null;
  /** Bytes of the same line in the build before, of the same store; null: none is known. */
  readonly before: number | null;
}

/** A layer of an image in an engine. */
export interface MeasuredLayer {
  /** `sha256:…` of its archive when uncompressed; null: not certain. */
  readonly diffId: string | null;
  /** Id of the image that it was found in. */
  readonly image: string;
  /** Milliseconds since 1970, when it was first made; null: not known. */
  readonly createdAt: number | null;
  readonly driver: string;
  /** Its folder on the engine's machine; null: the engine does not tell. */
  readonly folder: string | null;
}

/** Figures of steps; undefined where nothing was measured. */
export type MeasuredOf = (step: Step) => Measured | undefined;

/** What grew or shrank since the build before. Readonly data. */

import type { Step } from '../model/plan.ts';
import type { Store } from './engine.ts';

/** What is remembered of an image that was built from a Dockerfile, to compare later ones with. */
export interface RememberedImage {
  readonly version: 1;
  readonly id: string;
  /** Milliseconds since 1970, when it was built. */
  readonly createdAt: number;
  readonly target: string | null;
  readonly platform: string;
  readonly store: Store;
  /** Entries of own layers, the oldest first: digest, bytes, and the text shortened to 200 characters. */
  readonly rows: readonly {
    readonly text: string;
    readonly diffId: string | null;
    readonly bytes: number;
  }[];
}

/** Images of one Dockerfile, by its path or URI; kept apart from build records, and as carefully. */
export interface ImageMemory {
  /** The newest first. Never rejects. */
  read(dockerfile: string): Promise<readonly RememberedImage[]>;
  /** Rejects with an Error whose message is a full sentence. */
  add(dockerfile: string, image: RememberedImage): Promise<void>;
}

/** The image that is shown against the one before; figures are of one store. */
export interface Comparison {
  readonly before: RememberedImage;
  /** Bytes of steps in the image before; undefined: the line is new, or not told apart. */
  readonly of: (step: Step) => number | undefined;
  /** Bytes that all own layers grew by; negative: they shrank. */
  readonly own: number;
  /** Lines that grew, shrank, came or went, the largest change first. */
  readonly lines: readonly {
    /** Null: the line is gone. */
    readonly step: Step | null;
    readonly text: string;
    readonly before: number | null;
    readonly now: number | null;
  }[];
}

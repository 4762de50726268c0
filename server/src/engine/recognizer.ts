/** Which image was built from a Dockerfile. */

import type { Plan } from '../model/plan.ts';
import type { EngineImage, ImageSummary } from './engine.ts';
import type { Recognized } from './laid.ts';

export interface RecognizeRequest {
  readonly plan: Plan;
  readonly images: readonly ImageSummary[];
  readonly hints: {
    readonly choice: string | null;
    readonly setting: string | null;
    /** Ids of images that remembered builds made, the newest first. */
    readonly recorded: readonly string[];
    readonly names: readonly { readonly name: string; readonly by: 'compose' | 'terminal' }[];
  };
  readonly image: (name: string) => Promise<EngineImage | null>;
  readonly base?: { readonly diffIds: readonly string[]; readonly rows?: number } | null;
  readonly signal: AbortSignal;
  readonly now: number;
}

/** Looks for it. */
export async function recognizeImage(_: RecognizeRequest): Promise<Recognized> {
  return { state: 'none', others: [], reason: 'No image of this Dockerfile was found.' };
}

/** Lays the same image anew over an edited plan. */
export function relay(recognized: Recognized, _: Plan): Recognized {
  return recognized;
}

/** What COPY --from and bind mounts take of other stages, as far as it can be told before a build. */

import type { Step } from '../model/plan.ts';

/** The content at a path of a stage after its last step. */
export interface StageContent {
  /**
   * Equal digests: the builder finds the same content, if each RUN of `reruns` makes again what it
   * made before. The digest of what came from the context is that of `contentFacts.ts`, so that the
   * same file is the same wherever it comes from.
   */
  readonly digest: string;
  /**
   * RUN steps whose output is in it and is not known from the text alone. Where one of them runs
   * again with all that it is seen to read unchanged, the digest is the same, and only likely so.
   */
  readonly reruns: readonly Step[];
}

/** Null: not known, and `unknown` says why (a full sentence). */
export type StageContentOf = (
  stage: number,
  path: string,
) => StageContent | { readonly unknown: string; readonly pending: boolean };

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
  /**
   * Those of `reruns` that surely make something else whenever they run (`date`, `mktemp`): where
   * one of them runs again the builder finds other content, although the digest is the same.
   */
  readonly unstable: readonly Step[];
  /**
   * RUN steps whose output may stay the same although what they read differs (`wc`, `grep -c`): other
   * digests then are only likely other content.
   */
  readonly lossy: readonly Step[];
  /** Why other digests may be the same content, whatever runs again: a full sentence; else they are not. */
  readonly perhaps?: string | null;
}

/** A path may have wildcards. What is not known says why in `unknown`, a full sentence. */
export type StageContentOf = (
  stage: number,
  path: string,
) => StageContent | { readonly unknown: string; readonly pending: boolean };

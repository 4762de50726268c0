/** What the trees of stages are made from, besides the build plan. */

import type { EntryDigests } from '../../context/contentDigests.ts';
import type { ContentFacts } from '../../context/contentFacts.ts';
import type { Fact } from '../../context/fact.ts';
import type { ResolvedMount, Step } from '../../model/plan.ts';
import type { Hash } from '../hash.ts';

/** Besides the plan. */
export interface StageInputs {
  /** SHA-256 of the UTF-8 bytes of a text, as hexadecimal digits, like that of a file with these bytes. */
  readonly hash: Hash;
  readonly digests: EntryDigests;
  /**
   * What a COPY or ADD takes of the build context; with a mount, what that bind mount of the context
   * has, as its only source.
   */
  readonly content: (step: Step, mount: ResolvedMount | null) => Fact<ContentFacts>;
}

/** What the trees of stages are made from, besides the build plan. */

import type { ContentFacts } from '../context/contentFacts.ts';
import type { Fact } from '../context/fact.ts';
import type { ResolvedMount, Step } from '../model/plan.ts';
import type { Hash } from './hash.ts';

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

/**
 * Digests of entries that belong to root, composed as those of `ContentNode` are, so that an entry
 * has one digest wherever it comes from. The digest of a plain source is that of its entry.
 */
export interface EntryDigests {
  /** `content` is the digest of the bytes. */
  file(mode: number, content: string): string;
  symlink(target: string): string;
  /** Children by name, in byte order. */
  directory(mode: number, children: readonly (readonly [name: string, digest: string])[]): string;
  /** What a wildcard selects, by names. */
  selection(matches: readonly (readonly [name: string, digest: string])[]): string;
}

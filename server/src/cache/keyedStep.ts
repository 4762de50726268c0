/**
 * The steps of a build with their cache keys, as BuildKit computes them in effect
 * (`solver/llbsolver/ops` exec.go and file.go, `solver/edge.go`). Readonly data; `keyedPlan.ts`
 * makes it.
 */

import type { Step } from '../model/plan.ts';

/** One named part of what decides on a key, so that two keys can be told apart in words. */
export interface KeyPart {
  readonly kind:
    | 'base'
    | 'instruction'
    | 'command'
    | 'variable'
    | 'user'
    | 'directory'
    | 'mount'
    | 'network'
    | 'platform'
    | 'destination'
    | 'owner'
    | 'mode'
    | 'option'
    | 'source'
    | 'content'
    | 'heredoc';
  /** Which one of its kind: the name of a variable, the text of a source; else `''`. */
  readonly name: string;
  /** Digest of its value; values themselves may be secret. */
  readonly digest: string;
}

/** A step of a needed stage: COPY, ADD, RUN or WORKDIR, triggers of the base included. */
export interface KeyedStep {
  readonly step: Step;
  readonly stage: number;
  /**
   * Equal keys: for the builder it is the same step with the same result. Null: something that it
   * depends on is not known, and `unknown` says what.
   */
  readonly key: string | null;
  /** Key of what the root file system is before it: the step or base below; null as `key`. */
  readonly parent: string | null;
  /** What the key is made of beside the parent, in order. */
  readonly parts: readonly KeyPart[];
  /** Why there is no key, a full sentence. */
  readonly unknown: string | null;
  /** Something is on its way that will give it a key. */
  readonly pending: boolean;
  /** What the key takes to be as it was, without knowing. */
  readonly doubts: readonly Doubt[];
  /** Files that changed unseen by the builder (`contentFacts.ts`). */
  readonly unnoticed: readonly string[];
}

/** Holds as long as `of` is null, or as the step with that key is not known to the builder. */
export interface Doubt {
  /** Key of the step that may make something else when it runs again; null: from outside, always. */
  readonly of: string | null;
  /** A full sentence. */
  readonly reason: string;
}

/**
 * The steps of a build with their cache keys, as BuildKit computes them in effect
 * (`solver/llbsolver/ops` exec.go and file.go, `solver/edge.go`). Readonly data; `keyedPlan.ts`
 * makes it.
 */

import type { ContentFacts, KnownContent } from '../context/contentFacts.ts';
import type { Fact } from '../context/fact.ts';
import type { Plan, Step } from '../model/plan.ts';
import type { BaseIdentities } from './baseIdentity.ts';
import type { BaseKeys } from './baseKey.ts';
import type { Hash } from './hash.ts';
import type { Operations } from './operationMemory.ts';
import type { StageContentOf } from './stageContent.ts';

/**
 * One named part of what decides on a key, so that two keys can be told apart in words. Variables of
 * a RUN: the part without a name is all of them in order, and those with one are what was assigned
 * since the RUN below, so that a long file does not repeat all variables at each RUN. Variables of
 * other steps are those that the text uses; their values are in the other parts.
 */
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
  /**
   * Key of what the root file system is after it: `key`, except where `--link` merges a layer that
   * stands on its own; null as `key`.
   */
  readonly after: string | null;
  /** What the key is made of beside the parent, in order; what is not known is left out. */
  readonly parts: readonly KeyPart[];
  /** Why there is no key, a full sentence; null also where only a step below has none. */
  readonly unknown: string | null;
  /** Something is on its way that will give it a key. */
  readonly pending: boolean;
  /** Nothing that could be built: the build stops here, and `unknown` says why. */
  readonly fails: boolean;
  /** What the key takes to be as it was, without knowing. */
  readonly doubts: readonly Doubt[];
  /** Why the builder may have it although its key is not known: other keys are only likely other content. */
  readonly hopes: readonly Doubt[];
  /** Files that changed unseen by the builder (`contentFacts.ts`). */
  readonly unnoticed: readonly string[];
}

/** Holds as long as `of` is null, or as the step with that key is not known to the builder. */
export interface Doubt {
  /** Key of the step that may make something else when it runs again; null: from outside, always. */
  readonly of: string | null;
  /** It surely makes something else whenever it runs. */
  readonly surely: boolean;
  /** The step that `of` is the key of; null: none of this file. */
  readonly step: Step | null;
  /** A full sentence. */
  readonly reason: string;
}

/** What keys depend on besides the plan. */
export interface KeyInputs {
  readonly hash: Hash;
  /** Operations, of earlier plans too; absent: they are made anew. */
  readonly operations?: Operations;
  /** Keys of what stages start from, in the same way. */
  readonly bases?: BaseKeys;
  /** What a COPY or ADD takes from the build context; asked for those that take something. */
  content(step: Step): Fact<ContentFacts>;
  /** What a mount of a RUN takes from the build context; the index is that in `run.mounts`. */
  mountContent(step: Step, index: number): Fact<ContentFacts>;
  readonly stageContent: StageContentOf;
  /** Does the builder merge layers (`BuilderFacts`)? */
  readonly mergesLayers: boolean | null;
  /** As in `BuilderFacts`; absent: it does not. */
  readonly hashesBelow?: boolean;
  /** What images are; absent: their references stand for them. */
  readonly images?: BaseIdentities;
}

/** A plan with the keys of all steps of the stages that the target needs. */
export interface KeyedPlan {
  readonly plan: Plan;
  /** In the order of the stages. */
  readonly steps: readonly KeyedStep[];
  /** Undefined for all that is no step of a needed stage. */
  of(step: Step): KeyedStep | undefined;
  readonly hash: Hash;
  /** What the sources of a step took of the context, mounts included; empty where not known. */
  contents(step: Step): readonly KnownContent[];
  /** References of images that a step takes files from. */
  images(step: Step): readonly string[];
  /** What a stage starts from; undefined where that is another stage, and where it is not needed. */
  base(stage: number): KeyedBase | undefined;
  /** Identities of images that keys were made with, by `imagePlace`; by reference where there is none. */
  readonly identities: Readonly<Record<string, string>>;
  /** Of which builder the keys are. */
  readonly rules: BuilderRules;
}

/** What builders do in different ways, as in `BuilderFacts`. */
export interface BuilderRules {
  /** Linked copies stand on nothing; as long as nothing else is known, they do. */
  readonly merges: boolean;
  readonly hashesBelow: boolean;
}

export interface KeyedBase {
  readonly key: string;
  /** A reference that may have moved and counts as unmoved; null: there is none. */
  readonly unmoved: string | null;
  /** That it is another image than in the last build, a part of a sentence; null: it is not, as far as is known. */
  readonly moved: string | null;
  readonly doubts: readonly Doubt[];
  /** Of kind `base`: what FROM says, for telling what changed about it. */
  readonly parts: readonly KeyPart[];
}

/**
 * The state of the image before each line, and the estimate of each RUN, from the first line of the
 * chain of stages on. Made when it is asked for, and only as far as that; a RUN that is estimated
 * once is not estimated again while it finds the same state and the same facts.
 */

import type { Fact } from '../../context/fact.ts';
import type { BaseFacts } from '../../images/baseFacts.ts';
import type { Plan, Platform, ResolvedCopy, ResolvedRun, Stage, Step } from '../../model/plan.ts';
import { parsePlatform } from '../../model/platform.ts';
import { absolutePath } from '../../syntax/slashPaths.ts';
import type { Size } from '../size.ts';
import { noted } from './aptSettings.ts';
import { copiedFiles } from './copiedFiles.ts';
import type { SizeFacts, StageState, Stored } from './draft.ts';
import { type RecommendedExtras, recommendedExtras } from './recommendedExtras.ts';
import { isTooMuch, rememberedEstimate } from './rememberedRuns.ts';
import { estimateRun, type RunEstimate } from './runSize.ts';
import { withStored } from './stored.ts';
import { type FollowedRun, type VainRemoval, vainRemovals } from './vainRemovals.ts';

/** Estimates of the RUN lines of a plan. */
export interface StageFlow {
  /** Undefined for what is no RUN of a needed stage. */
  estimate(step: Step): RunEstimate | undefined;
  /** What a RUN would write if it executed this instead; undefined for what is no RUN of a needed stage. */
  estimateAs(step: Step, run: ResolvedRun): RunEstimate | undefined;
  /** What a RUN installs only since it is recommended; null: nothing, or that is not known. */
  recommended(step: Step): RecommendedExtras | null;
  /** What RUN lines of the stage remove that earlier ones stored, those of the stages below included. */
  inVain(index: number): ReadonlyMap<Step, readonly VainRemoval[]>;
  /** The state behind the last line of a needed stage. */
  after(index: number): StageState | undefined;
  /** What the image at the bottom of a stage's chain is known to be; null: there is none, or no image is named. */
  base(index: number): Fact<BaseFacts> | null;
}

interface Progress {
  readonly steps: readonly Step[];
  readonly platform: Platform;
  state: StageState;
  /** How many of the steps the state has behind it. */
  done: number;
  readonly estimates: Map<Step, RunEstimate>;
  /** What each RUN found. */
  readonly found: Map<Step, StageState>;
}

/** What a COPY or ADD brings. */
export interface Copies {
  readonly sizeOf: (step: Step) => Size;
  readonly isSingleFile: (step: Step) => boolean;
}

/** The flow of a plan; nothing is estimated yet. */
export function stageFlow(plan: Plan, facts: SizeFacts, copies: Copies): StageFlow {
  const progress = new Map<number, Progress>();
  const vain = new Map<number, ReadonlyMap<Step, readonly VainRemoval[]>>();
  let places: Map<Step, number> | null = null;

  const stageOf = (step: Step): Stage | undefined => {
    if (!places) {
      places = new Map();
      for (const { index, needed, triggers, steps } of plan.stages) {
        if (!needed) continue;
        for (const one of triggers) places.set(one, index);
        for (const one of steps) if (one.run) places.set(one, index);
      }
    }
    const index = places.get(step);
    return index === undefined ? undefined : plan.stages[index];
  };

  const start = (stage: Stage): Progress => {
    const parent = below(plan, stage);
    const under = parent && progress.get(parent.index);
    const platform = under?.platform ?? platformOf(plan, stage);
    const state = under?.state ?? firstState(stage, platform, baseOf(stage, platform, facts));
    const { triggers, steps: own } = stage;
    const steps = triggers.length === 0 ? own : [...triggers, ...own];
    const made: Progress = {
      steps,
      platform,
      state,
      done: 0,
      estimates: new Map(),
      found: new Map(),
    };
    progress.set(stage.index, made);
    return made;
  };

  /** Goes on until the step has been gone through, or all are. */
  const advance = (at: Progress, until: Step | null): void => {
    while (at.done < at.steps.length) {
      const step = at.steps[at.done++] as Step;
      pass(at, step);
      if (step === until) return;
    }
  };

  const pass = (at: Progress, step: Step): void => {
    if (step.run) {
      const world = { step, run: step.run, platform: at.platform, facts };
      const estimate = rememberedEstimate(world, at.state);
      at.found.set(step, at.state);
      at.estimates.set(step, estimate);
      at.state = estimate.state;
    } else if (step.copy || step.workdir !== null) {
      const before = at.state;
      const size = step.copy ? copies.sizeOf(step) : undefined;
      const files = copiedFiles(step, size, copies.isSingleFile(step), before);
      at.state = withCopied(before, files, step);
    }
  };

  /**
   * What a stage is built from comes first, from the top of the file down and not by recursion: a
   * file may have thousands of stages in a chain.
   */
  const reach = (stage: Stage, until: Step | null): Progress => {
    let at = progress.get(stage.index);
    if (!at) {
      const open = [stage];
      const needed = new Set<number>();
      for (let one = open.pop(); one; one = open.pop()) {
        for (const index of one.dependsOn) {
          const other = plan.stages[index];
          // Only what stands further up is there to be used.
          if (!other || index >= one.index || needed.has(index)) continue;
          needed.add(index);
          if (!isDone(progress.get(index))) open.push(other);
        }
      }
      for (const index of [...needed].sort((a, b) => a - b)) {
        const other = plan.stages[index] as Stage;
        advance(progress.get(index) ?? start(other), null);
      }
      at = start(stage);
    }
    advance(at, until);
    return at;
  };

  const estimate = (step: Step): RunEstimate | undefined => {
    if (!step.run) return undefined;
    const stage = stageOf(step);
    if (!stage) return undefined;
    const known = progress.get(stage.index)?.estimates.get(step);
    return known ?? reach(stage, step).estimates.get(step);
  };

  const followed = (step: Step): FollowedRun | null => {
    const made = estimate(step);
    const at = progress.get(stageOf(step)?.index ?? -1);
    const before = at?.found.get(step);
    if (!step.run || !made || !at || !before) return null;
    const { platform } = at;
    return { world: { step, run: step.run, platform, facts }, before, estimate: made };
  };

  return {
    estimate,
    estimateAs(step, run) {
      const now = followed(step);
      return now ? estimateRun({ ...now.world, run }, now.before) : undefined;
    },
    recommended(step) {
      const run = followed(step);
      return run ? recommendedExtras(run.world, run.before, run.estimate) : null;
    },
    inVain(index) {
      const known = vain.get(index);
      if (known) return known;
      const chain: Stage[] = [];
      for (let at = plan.stages[index]; at; at = below(plan, at)) chain.push(at);
      const steps = chain.reverse().flatMap(({ triggers, steps: own }) => [...triggers, ...own]);
      const found = vainRemovals(steps.flatMap((step) => followed(step) ?? []));
      vain.set(index, found);
      return found;
    },
    after(index) {
      const stage = plan.stages[index];
      return stage?.needed ? reach(stage, null).state : undefined;
    },
    base(index) {
      let stage = plan.stages[index];
      for (let at = stage; at; at = below(plan, at)) stage = at;
      return stage ? baseOf(stage, platformOf(plan, stage), facts) : null;
    },
  };
}

function isDone(at: Progress | undefined): boolean {
  return at !== undefined && at.done === at.steps.length;
}

/** What COPY and its like made of states, so that what follows finds the same object. */
const copied = new WeakMap<StageState, Map<string, StageState>>();

function withCopied(before: StageState, files: readonly Stored[], step: Step): StageState {
  const key = JSON.stringify([files, step.copy?.dest]);
  let versions = copied.get(before);
  if (!versions) {
    versions = new Map();
    copied.set(before, versions);
  }
  const known = versions.get(key);
  if (known) return known;
  const state = withSources(withStored(before, files), step);
  versions.set(key, state);
  if (versions.size > 64) versions.delete(versions.keys().next().value as string);
  return state;
}

/** Sources of packages that are copied in are none that an index here covers. */
function withSources(state: StageState, { copy }: Step): StageState {
  const isSource =
    copy &&
    /^\/etc\/apt\/(sources\.list|keyrings)|^\/etc\/(yum\.repos\.d|apk\/repositories)/.test(
      copy.dest,
    );
  if (isSource && !state.foreignSources) return { ...state, foreignSources: true };
  return copy ? withAptSettings(state, copy) : state;
}

/** Settings of apt that are copied in: read where they are a heredoc. */
function withAptSettings(state: StageState, { dest, files, sources }: ResolvedCopy): StageState {
  if (!/^\/etc\/apt\/apt\.conf(\.d)?(\/|$)/.test(dest)) return state;
  const read = files.reduce(
    (now, { name, content }) =>
      noted(now, [dest.endsWith('/') ? absolutePath(`${dest}/${name}`) : dest], content),
    state,
  );
  return sources.length > 0 ? { ...read, unreadAptSettings: dest } : read;
}

/** The stage that one starts from; it stands further up, so going down ends. */
function below(plan: Plan, { base, index }: Stage): Stage | undefined {
  return base.stage === null || base.stage >= index ? undefined : plan.stages[base.stage];
}

function platformOf({ options }: Plan, { base }: Stage): Platform {
  if (base.platform === null || base.scratch) return options.platform;
  const parsed = parsePlatform(base.platform, options.buildPlatform);
  return parsed.ok ? parsed.platform : options.platform;
}

function baseOf({ base }: Stage, platform: Platform, facts: SizeFacts): Fact<BaseFacts> | null {
  if (base.scratch || base.stage !== null) return null;
  if (base.named !== null) {
    return { state: 'unavailable', reason: 'A named build context stands in for the image.' };
  }
  return facts.base(base.reference, platform);
}

/** First states, by what is known of the image and the texts that are shown of it. */
const begun = new Map<string, { readonly known: BaseFacts | null; readonly state: StageState }>();

function firstState({ base }: Stage, { arch }: Platform, fact: Fact<BaseFacts> | null): StageState {
  const known = fact?.state === 'known' ? fact.value : null;
  const { distribution = null, packages = null } = known ?? {};
  const packagesReason = base.scratch
    ? 'scratch has no packages.'
    : fact?.state === 'pending'
      ? 'The table of base images is being read.'
      : `Which packages ${base.reference} has is not known.`;
  const key = JSON.stringify([base.scratch, arch, packagesReason]);
  if (begun.size >= 1000 || isTooMuch()) begun.clear();
  const before = begun.get(key);
  if (before && before.known === known) return before.state;
  const state: StageState = {
    bottom: base.scratch ? 'scratch' : 'image',
    distribution,
    arch,
    installed: null,
    basePackages: distribution ? packages : null,
    packagesReason,
    foreignSources: false,
    hasLists: false,
    keepsArchives: false,
    stored: [],
  };
  begun.set(key, { known, state });
  return state;
}

/** What runs again behind a step whose files changed: in its stage, and in stages that take from that. */

import type { Analysis } from '../analysis.ts';
import type { Stage, Step } from '../model/plan.ts';
import { absolutePath, isWithin } from '../syntax/slashPaths.ts';

/** What steps took and stored when they were last built. */
export interface Behind {
  readonly steps: number;
  readonly ms: number;
  readonly bytes: number;
  readonly unknownTimes: number;
  readonly unknownSizes: number;
}

const nothing: Behind = { steps: 0, ms: 0, bytes: 0, unknownTimes: 0, unknownSizes: 0 };

/** Of each stage by its index, the first step that runs again in it; 0: from FROM on. */
type Reach = ReadonlyMap<number, number>;

interface Chain {
  readonly stage: Stage;
  readonly steps: readonly Step[];
  readonly places: ReadonlyMap<Step, number>;
  /** Place of the last RUN; -1: none. */
  readonly lastRun: number;
  /** Of each step: those that make a layer from it on, itself included. */
  readonly from: readonly Behind[];
}

const remembered = new WeakMap<Analysis, (stage: Stage, step: Step) => Behind>();

/**
 * The steps that make a layer and run again with one that takes other files: those behind it in its
 * stage, in needed stages built on it, and from the first COPY --from or mount on in those that take
 * what it may have changed. Each is counted once.
 */
export function behind(analysis: Analysis, stage: Stage, step: Step): Behind {
  let known = remembered.get(analysis);
  if (!known) {
    known = sums(analysis);
    remembered.set(analysis, known);
  }
  return known(stage, step);
}

function sums(analysis: Analysis): (stage: Stage, step: Step) => Behind {
  const chains = new Map<number, Chain>();
  for (const stage of analysis.plan.stages) {
    if (stage.needed) chains.set(stage.index, chainOf(analysis, stage));
  }
  // Beyond this many, only stages that are built on the stage are followed.
  const isSmall = chains.size <= mostStages;
  const onTop = reachOf(chains, () => false);
  const all = isSmall ? reachOf(chains, () => true) : onTop;
  const taken = takenPaths(chains);
  return (stage, step) => {
    const chain = chains.get(stage.index);
    const at = chain?.places.get(step);
    if (!chain || at === undefined) return nothing;
    const isWide = at < chain.lastRun || mayBeTaken(step, taken.get(stage.index));
    const reach = (isWide ? all : onTop).get(stage.index);
    let sum = chain.from[at + 1] ?? nothing;
    for (const [index, first] of reach ?? []) {
      sum = plus(sum, chains.get(index)?.from[first] ?? nothing);
    }
    return sum;
  };
}

const mostStages = 100;

function chainOf(analysis: Analysis, stage: Stage): Chain {
  const steps = [...stage.triggers, ...stage.steps];
  const from: Behind[] = [];
  let sum = nothing;
  for (let at = steps.length - 1; at >= 0; at -= 1) {
    const step = steps[at];
    if (step?.effect === 'layer') sum = plus(sum, ofStep(analysis, step));
    from[at] = sum;
  }
  const places = new Map(steps.map((step, at) => [step, at]));
  return { stage, steps, places, lastRun: steps.findLastIndex(({ run }) => run !== null), from };
}

function ofStep(analysis: Analysis, step: Step): Behind {
  const { ms = null, bytes = null } = analysis.cache.of(step)?.last ?? {};
  return {
    steps: 1,
    ms: ms ?? 0,
    bytes: bytes ?? 0,
    unknownTimes: ms === null ? 1 : 0,
    unknownSizes: bytes === null ? 1 : 0,
  };
}

/** Of each stage, where others run again after it; `takes` says whether a COPY --from counts. */
function reachOf(
  chains: ReadonlyMap<number, Chain>,
  takes: (step: Step) => boolean,
): ReadonlyMap<number, Reach> {
  const found = new Map<number, Map<number, number>>();
  // Stages name only stages above them, so that those below are known already.
  for (const [index, { stage, steps }] of [...chains].reverse()) {
    const own = found.get(index) ?? new Map<number, number>();
    const add = (source: number, first: number) => {
      const reach = found.get(source) ?? new Map<number, number>();
      found.set(source, reach);
      for (const [other, at] of [...own, [index, first] as const]) {
        reach.set(other, Math.min(at, reach.get(other) ?? at));
      }
    };
    if (stage.base.stage !== null && stage.base.stage < index) add(stage.base.stage, 0);
    const named = new Set<number>();
    for (const [at, step] of steps.entries()) {
      for (const source of sourcesOf(step)) {
        if (source >= index || named.has(source) || !takes(step)) continue;
        named.add(source);
        add(source, at);
      }
    }
  }
  return found;
}

/** Stages that a step takes files from. */
function sourcesOf({ copy, run }: Step): readonly number[] {
  const origins = [copy?.origin, ...(run?.mounts ?? []).map(({ origin }) => origin)];
  return origins.flatMap((origin) => (origin?.kind === 'stage' ? [origin.stage] : []));
}

/** Of each stage, the paths that others copy of it; null: stages on top may go on with all of it. */
function takenPaths(
  chains: ReadonlyMap<number, Chain>,
): ReadonlyMap<number, readonly string[] | null> {
  const found = new Map<number, string[] | null>();
  for (const { stage, steps } of chains.values()) {
    if (stage.base.stage !== null) found.set(stage.base.stage, null);
    for (const { copy } of steps) {
      if (copy?.origin.kind !== 'stage') continue;
      const paths = found.get(copy.origin.stage) ?? (found.has(copy.origin.stage) ? null : []);
      paths?.push(...copy.sources.map((source) => absolutePath(source.replace(/[*?[].*$/, ''))));
      found.set(copy.origin.stage, paths);
    }
  }
  return found;
}

function mayBeTaken({ copy }: Step, paths: readonly string[] | null | undefined): boolean {
  if (!paths) return paths === null;
  const dest = absolutePath(copy?.dest ?? '/');
  return paths.slice(0, mostPaths).some((path) => isWithin(path, dest) || isWithin(dest, path));
}

const mostPaths = 100;

function plus(one: Behind, other: Behind): Behind {
  return {
    steps: one.steps + other.steps,
    ms: one.ms + other.ms,
    bytes: one.bytes + other.bytes,
    unknownTimes: one.unknownTimes + other.unknownTimes,
    unknownSizes: one.unknownSizes + other.unknownSizes,
  };
}

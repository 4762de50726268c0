/**
 * Cache keys of all steps that a build reaches, as BuildKit computes them in effect
 * (`solver/edge.go`): each is made of the operation, the key of the root file system below, and
 * digests of what the sources hold.
 */

import type { KnownContent } from '../context/contentFacts.ts';
import { resolveSource } from '../model/paths.ts';
import type { Plan, Platform, Stage, Step } from '../model/plan.ts';
import { byReference } from './baseIdentity.ts';
import { baseMemory } from './baseKey.ts';
import { environmentDigests } from './environmentDigest.ts';
import type { Hash } from './hash.ts';
import type { OwnSettings } from './imageDefaults.ts';
import type { Doubt, KeyedBase, KeyedPlan, KeyedStep, KeyInputs, KeyPart } from './keyedStep.ts';
import { keyText } from './operation.ts';
import { type Operation, operationMemory } from './operationMemory.ts';
import { isOnOrigin } from './sameRoot.ts';
import { copyKeys, mountKeys, type SourceInputs, type SourceKeys } from './sourceKeys.ts';

/** The root file system of a stage as its steps go by. */
interface Chain {
  key: string | null;
  readonly platform: Platform;
  /** What the image at its bottom sets that is not BuildKit's default. */
  readonly sets: OwnSettings;
}

/** Keys of all steps that a build of the plan's target reaches. Takes linear time. */
export function keyedPlan(plan: Plan, inputs: KeyInputs): KeyedPlan {
  const { hash, images: known = byReference } = inputs;
  const baseKeys = inputs.bases ?? baseMemory(hash);
  const operations = inputs.operations ?? operationMemory(hash, hash, environmentDigests(hash));
  const rules = {
    merges: inputs.mergesLayers !== false,
    hashesBelow: inputs.hashesBelow === true,
  };
  const steps: KeyedStep[] = [];
  const byStep = new Map<Step, KeyedStep>();
  const contents = new Map<Step, readonly KnownContent[]>();
  const images = new Map<Step, readonly string[]>();
  const ends = new Map<number, Chain>();
  const bases = new Map<number, KeyedBase>();
  const identities: Record<string, string> = {};
  const noted = (place: string, identity: string) => {
    identities[place] = identity;
  };
  const sourceInputs: SourceInputs = {
    ...inputs,
    images: known,
    noted,
    content: (step) => inputs.content(step),
    mountContent: (step, index) => inputs.mountContent(step, index),
    plan,
    keyOf: (step) => byStep.get(step)?.key,
    stageKey: (stage) => ends.get(stage)?.key ?? null,
    isRoot: (step, origin) => {
      const { stage, key, isLinked } = standing;
      if (origin.kind === 'context' || key === null || isLinked) return false;
      if (origin.kind === 'stage' && ends.get(origin.stage)?.key !== key) return false;
      return isOnOrigin(plan, stage, step, origin, isSame);
    },
  };
  let standing = { stage: 0, key: null as string | null, isLinked: false };
  const isSame = (one: Step, other: Step) => {
    const key = byStep.get(one)?.key ?? null;
    return key !== null && key === byStep.get(other)?.key && namesOf(one) === namesOf(other);
  };

  const start = (stage: Stage): Chain => {
    const parent = stage.base.stage === null ? undefined : ends.get(stage.base.stage);
    if (parent) return { ...parent };
    const base = baseKeys(plan, stage, known, noted);
    bases.set(stage.index, base);
    const { key, platform, sets } = base;
    return { key, platform, sets };
  };

  for (const stage of plan.stages) {
    if (!stage.needed) continue;
    const chain = start(stage);
    let before: Step['env'] | null = null;
    // What FROM says stands with the first step, as no step of its own has it.
    let first: readonly KeyPart[] = bases.get(stage.index)?.parts ?? [];
    const { triggers } = stage;
    for (const step of triggers.length === 0 ? stage.steps : [...triggers, ...stage.steps]) {
      if (step.effect !== 'layer') continue;
      const { platform } = chain;
      const operation = operations(step, { plan, platform, before });
      const isLinked = step.copy?.link === true && rules.merges;
      standing = { stage: stage.index, key: chain.key, isLinked };
      const own = sourcesOf(step, sourceInputs);
      const sources = withInherited(own, step, chain.sets, hash);
      if (step.run) before = step.env;
      const keyed = keyOf(step, stage.index, chain.key, operation, first, sources, isLinked, hash);
      first = noParts;
      chain.key = keyed.after;
      steps.push(keyed);
      byStep.set(step, keyed);
      if (sources && sources.contents.length > 0) contents.set(step, sources.contents);
      if (sources && sources.images.length > 0) images.set(step, sources.images);
    }
    ends.set(stage.index, chain);
  }
  return {
    plan,
    steps,
    hash,
    of: (step) => byStep.get(step),
    contents: (step) => contents.get(step) ?? [],
    images: (step) => images.get(step) ?? [],
    base: (stage) => bases.get(stage),
    identities,
    rules,
  };
}

function sourcesOf(step: Step, inputs: SourceInputs): SourceKeys | null {
  if (step.copy) return copyKeys(step, step.copy, inputs);
  return step.run && step.run.mounts.length > 0 ? mountKeys(step, step.run, inputs) : null;
}

/**
 * Keys are made as of an image with BuildKit's defaults (`plainKeys.ts`). Of one with others a step that
 * goes by them is not the one that names the defaults.
 */
function withInherited(
  sources: SourceKeys | null,
  { copy, run, workdir, createdByExact }: Step,
  sets: OwnSettings,
  hash: Hash,
): SourceKeys | null {
  if (!sets.directory && !sets.shell) return sources;
  const isInside =
    sets.directory &&
    (run?.inherited?.directory || copy?.doubt?.dest || (workdir !== null && !createdByExact));
  const names = [
    ...(isInside ? ['directory'] : []),
    ...(sets.shell && run?.inherited?.shell ? ['shell'] : []),
  ];
  if (names.length === 0) return sources;
  const parts = names.map(
    (name): KeyPart => ({ kind: 'option', name: `inherited ${name}`, digest: hash(name) }),
  );
  const known = sources ?? { ...noSources };
  return { ...known, parts: [...parts, ...known.parts] };
}

const noSources: SourceKeys = {
  parts: [],
  doubts: [],
  hopes: [],
  contents: [],
  images: [],
  missing: null,
};

/** Where the sources are, which is in no key. */
function namesOf({ copy, run }: Step): string {
  const mounts = run?.mounts.map(({ origin, source }) => [origin, source]);
  return JSON.stringify([copy?.origin, copy?.sources.map(resolveSource), copy?.remotes, mounts]);
}

const none: readonly Doubt[] = [];
const noParts: readonly KeyPart[] = [];
const noFiles: readonly string[] = [];

function unnoticedIn({ contents }: SourceKeys): readonly string[] {
  if (contents.every(({ unnoticed }) => unnoticed.length === 0)) return noFiles;
  const files = contents.flatMap(({ unnoticed }) => unnoticed);
  return [...new Set(files)];
}

function keyOf(
  step: Step,
  stage: number,
  parent: string | null,
  operation: Operation,
  /** What the base adds, which stands in no key. */
  first: readonly KeyPart[],
  sources: SourceKeys | null,
  isLinked: boolean,
  hash: Hash,
): KeyedStep {
  const isRefused = operation.parts.length === 0;
  const own = first.length === 0 || isRefused ? operation.parts : [...first, ...operation.parts];
  const parts = sources && sources.parts.length > 0 ? [...own, ...sources.parts] : own;
  const missing = isRefused
    ? { reason: 'The build stops at this line.', pending: false, fails: true }
    : (sources?.missing ?? null);
  const below = isLinked ? '' : parent;
  const key =
    missing || below === null
      ? null
      : operation.keyOn(below, sources ? keyText(sources.parts) : '');
  const merged = () => (parent === null ? null : hash(`merge\n${parent}\n${key}`));
  // Not put together of parts, as there are many.
  return {
    step,
    stage,
    key,
    parent,
    after: isLinked && key !== null ? merged() : key,
    parts,
    unknown: missing?.reason ?? null,
    pending: missing?.pending ?? false,
    fails: missing?.fails ?? false,
    doubts: sources?.doubts ?? none,
    hopes: sources?.hopes ?? none,
    unnoticed: sources ? unnoticedIn(sources) : noFiles,
  };
}

/**
 * Cache keys of all steps that a build reaches, as BuildKit computes them in effect
 * (`solver/edge.go`): each is made of the operation, the key of the root file system below, and
 * digests of what the sources hold.
 */

import type { KnownContent } from '../context/contentFacts.ts';
import type { Plan, Platform, Stage, Step } from '../model/plan.ts';
import { byReference } from './baseIdentity.ts';
import { baseKey } from './baseKey.ts';
import { environmentDigests } from './environmentDigest.ts';
import type { Hash } from './hash.ts';
import type { Doubt, KeyedBase, KeyedPlan, KeyedStep, KeyInputs, KeyPart } from './keyedStep.ts';
import { decides, operationOf } from './operation.ts';
import { copyKeys, mountKeys, type SourceInputs, type SourceKeys } from './sourceKeys.ts';

/** The root file system of a stage as its steps go by. */
interface Chain {
  key: string | null;
  readonly platform: Platform;
}

/** Keys of all steps that a build of the plan's target reaches. Takes linear time. */
export function keyedPlan(plan: Plan, inputs: KeyInputs): KeyedPlan {
  const { hash, images: known = byReference } = inputs;
  const variables = inputs.variables ?? environmentDigests(hash);
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
  };

  const start = (stage: Stage): Chain => {
    const parent = stage.base.stage === null ? undefined : ends.get(stage.base.stage);
    if (parent) return { ...parent };
    const { platform, ...base } = baseKey(plan, stage, hash, known, noted);
    bases.set(stage.index, base);
    const { key } = base;
    return { key, platform };
  };

  for (const stage of plan.stages) {
    if (!stage.needed) continue;
    const chain = start(stage);
    let before: Step['env'] | null = null;
    // What FROM says stands with the first step, as no step of its own has it.
    let first: readonly KeyPart[] = bases.get(stage.index)?.parts ?? [];
    for (const step of [...stage.triggers, ...stage.steps]) {
      if (step.effect !== 'layer') continue;
      const { platform } = chain;
      const own = operationOf(step, { hash, variables, plan, platform, before });
      const operation = own.length > 0 && first.length > 0 ? [...first, ...own] : own;
      first = [];
      const sources = sourcesOf(step, sourceInputs);
      if (step.run) before = step.env;
      const isLinked = step.copy?.link === true && rules.merges;
      const keyed = keyOf(step, stage.index, chain.key, operation, sources, isLinked, hash);
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

const none: readonly Doubt[] = [];
const noFiles: readonly string[] = [];

function unnoticedIn({ contents }: SourceKeys): readonly string[] {
  const files = contents.flatMap(({ unnoticed }) => unnoticed);
  return files.length === 0 ? noFiles : [...new Set(files)];
}

function keyOf(
  step: Step,
  stage: number,
  parent: string | null,
  operation: readonly KeyPart[],
  sources: SourceKeys | null,
  isLinked: boolean,
  hash: Hash,
): KeyedStep {
  const parts = sources ? [...operation, ...sources.parts] : operation;
  const isRefused = operation.length === 0;
  const missing = isRefused
    ? { reason: 'The build stops at this line.', pending: false, fails: true }
    : (sources?.missing ?? null);
  const pending = missing?.pending ?? false;
  const given = {
    step,
    stage,
    parent,
    parts,
    fails: missing?.fails ?? false,
    doubts: sources?.doubts ?? none,
    hopes: sources?.hopes ?? none,
    unnoticed: sources ? unnoticedIn(sources) : noFiles,
  };
  const below = isLinked ? '' : parent;
  if (missing || below === null) {
    const unknown = missing?.reason ?? null;
    return { ...given, key: null, after: null, unknown, pending };
  }
  let text = below;
  for (const part of parts) {
    if (!decides(part)) continue;
    const { kind, name, digest } = part;
    text += kind === 'content' ? `\n${digest}` : `\n${kind} ${name} ${digest}`;
  }
  const key = hash(text);
  const after = !isLinked ? key : parent === null ? null : hash(`merge\n${parent}\n${key}`);
  return { ...given, key, after, unknown: null, pending: false };
}

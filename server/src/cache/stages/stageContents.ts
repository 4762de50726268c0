/**
 * What is in stages after their last step, told from the text and the build context: what COPY put
 * there, what RUN makes of it as far as its commands are known, and else that a RUN or a base image
 * made it. Stages are followed when someone asks, each once and in one pass.
 */

import type { CopyOrigin, Plan, Platform, ResolvedRun, Stage, Step } from '../../model/plan.ts';
import { formatPlatform } from '../../model/platform.ts';
import { type BaseIdentities, byReference } from '../baseIdentity.ts';
import { imageOfContext, platformOf } from '../baseKey.ts';
import type { KeyMemory } from '../keyMemory.ts';
import type { StageContent, StageContentOf } from '../stageContent.ts';
import { applyCopy } from './copy.ts';
import type { Digested } from './digests.ts';
import type { Draft } from './draft.ts';
import { applyWorkdir } from './folders.ts';
import { contentAt, type Found } from './found.ts';
import { baseTree, namedTree, unknownTree } from './images.ts';
import type { StageInputs } from './inputs.ts';
import type { Line } from './line.ts';
import { hiddenBy, type Making } from './making.ts';
import { certain, joinMarks } from './marks.ts';
import { type StageMemory, type State, shortened } from './memory.ts';
import { emptyFolder, type Node } from './nodes.ts';
import { applyRun } from './run/applyRun.ts';
import { type Script, scriptOf } from './run/script.ts';
import { Unfollowed } from './unfollowed.ts';

/** What makes the states of the stages of one plan. */
interface Following {
  readonly plan: Plan;
  readonly memory: StageMemory;
  readonly variables: KeyMemory['variables'];
  readonly images: BaseIdentities;
  readonly making: Making;
  /** States of stages after their last line. */
  readonly states: Map<number, State>;
  /** The steps of this plan by what they are in the history of their stage. */
  readonly steps: Map<Line, Step>;
}

/**
 * The content of stages of one plan. Nothing is asked of `content` before someone asks for a stage.
 * `memory` may be that of an earlier plan.
 */
export function stageContents(
  plan: Plan,
  content: StageInputs['content'],
  memory: KeyMemory,
  images: BaseIdentities = byReference,
): StageContentOf {
  let open: Following | null = null;
  return (stage, path) => {
    try {
      open ??= started(plan, content, memory, images);
      const found = foundIn(stageState(open, stage), path, open.making);
      if ('unknown' in found) return found;
      const { unknown } = found.marks;
      if (unknown) return { unknown: unknown.reason, pending: unknown.pending };
      return stageContent(found, open.steps);
    } catch {
      return { unknown: `What ${path} is in ${nameOf(plan, stage)} is not known.`, pending: false };
    }
  };
}

/** So many paths of one state are remembered. */
const mostPaths = 4_000;

function foundIn(state: State, path: string, making: Making): Found {
  const known = state.found?.get(path);
  if (known) return known;
  const made = contentAt(state.root, path, making);
  if (!state.found || state.found.size >= mostPaths) state.found = new Map();
  state.found.set(path, made);
  return made;
}

function started(
  plan: Plan,
  content: StageInputs['content'],
  { stages: memory, variables }: KeyMemory,
  images: BaseIdentities,
): Following {
  memory.turn();
  const treeOf: Making['treeOf'] = (origin) => originState(following, origin).root;
  const following: Following = {
    plan,
    memory,
    variables,
    images,
    making: { ...memory, content, treeOf },
    states: new Map(),
    steps: new Map(),
  };
  return following;
}

const noSteps: readonly Step[] = [];

function stageContent({ digest, marks }: Digested, steps: ReadonlyMap<Line, Step>): StageContent {
  const isCertain = marks.reruns.size + marks.unstable.size + marks.lossy.size === 0;
  if (isCertain) {
    const { perhaps } = marks;
    return { digest, reruns: noSteps, unstable: noSteps, lossy: noSteps, perhaps };
  }
  const stepsOf = (lines: ReadonlySet<Line>) =>
    [...lines].map((line) => {
      const step = steps.get(line);
      if (!step) throw new Error('A line that is no step of the plan.');
      return step;
    });
  const [unstable, lossy] = [stepsOf(marks.unstable), stepsOf(marks.lossy)];
  const reruns = new Set([...stepsOf(marks.reruns), ...unstable]);
  return { digest, reruns: [...reruns], unstable, lossy, perhaps: marks.perhaps };
}

function nameOf(plan: Plan, stage: number): string {
  return `the stage ${plan.stages[stage]?.name ?? stage}`;
}

function originState(following: Following, origin: CopyOrigin): State {
  const { memory } = following;
  switch (origin.kind) {
    case 'stage':
      return stageState(following, origin.stage);
    case 'image':
      return imageState(following, origin.reference, null);
    case 'named':
      return namedState(following, origin.name);
    case 'context':
      return unknownState(memory, 'The build context is no stage.');
  }
}

function imageState(
  { plan, memory, images }: Following,
  reference: string,
  written: string | null,
): State {
  const { options } = plan;
  const platform = written ?? formatPlatform(options.platform);
  const identity = images.identity(reference, platformOf(written, options));
  const key = JSON.stringify(['image', reference, platform, identity]);
  return memory.first(key, () => baseTree(memory, reference, platform, identity));
}

function namedState({ plan, making, memory, images }: Following, name: string): State {
  const { namedContexts, platform } = plan.options;
  const value = namedContexts?.get(name);
  const image = imageOfContext(value ?? '');
  const identity = image === null ? null : images.identity(image, platform);
  const key = JSON.stringify(['named', name, value, formatPlatform(platform), identity]);
  return memory.first(key, () => namedTree(plan, name, making, images));
}

function unknownState(memory: StageMemory, reason: string): State {
  return memory.first(reason, () => unknownTree(memory, reason));
}

/** The stages that a stage stands on, the lowest first, so that long chains need no deep stack. */
function stageState(following: Following, index: number): State {
  const { plan, states, memory } = following;
  const chain: Stage[] = [];
  for (let at: number | null = index; at !== null && !states.has(at); ) {
    const stage: Stage | undefined = plan.stages[at];
    if (!stage || chain.length > plan.stages.length) break;
    chain.push(stage);
    at = stage.base.stage;
  }
  for (const stage of chain.reverse()) {
    // What it finds of itself on the way, which no build would let it.
    states.set(stage.index, unknownState(memory, 'The stage takes files of itself.'));
    states.set(stage.index, followed(following, stage));
  }
  return states.get(index) ?? unknownState(memory, 'There is no such stage.');
}

function followed(following: Following, stage: Stage): State {
  const { memory, making, steps } = following;
  let state = stateBelow(following, stage);
  if (stage.replaced) return state;
  let last: Step | null = null;
  const userBefore = (before: Step | null) =>
    before?.config.user ?? userBelow(following.plan, stage);
  for (const step of [...stage.triggers, ...stage.steps]) {
    const [before, above] = [state, last];
    // A config is made when it is read, and only WORKDIR needs one.
    const user = step.workdir === null ? '' : userBefore(above);
    const key = keyOf(following, step, user);
    last = step;
    if (key === null) continue;
    state = memory.next(before, key, (line) => {
      const draft: Draft = { root: before.root, image: before.image, line };
      const { run } = step;
      if (run) applyRun(making, draft, step, run, scriptOfStep(following, step, run));
      else apply(making, draft, step, user);
      return draft.root;
    });
    if (step.run && !steps.has(state.line)) steps.set(state.line, step);
  }
  return state;
}

function apply(making: Making, draft: Draft, step: Step, user: string): void {
  const { copy, workdir } = step;
  if (copy) guarded(making, draft, () => applyCopy(making, draft, step, copy));
  else if (workdir !== null)
    guarded(making, draft, () => applyWorkdir(making, draft, workdir, user));
}

/** All that decides on what a step does to the files of its stage; null: it does nothing. */
function keyOf(following: Following, step: Step, user: string): string | null {
  const { copy, run, workdir } = step;
  if (run) return `${textOf(following, step)}${mountsKey(following, step, run)}`;
  if (copy) {
    const { origin } = copy;
    const sources =
      origin.kind === 'context'
        ? copy.sources.length > 0 && filesKey(following, step, null)
        : originState(following, origin).id;
    return `${textOf(following, step)} ${sources}`;
  }
  return workdir === null || workdir === '/' ? null : JSON.stringify(['workdir', workdir, user]);
}

/** What mounts hold. */
function mountsKey(following: Following, step: Step, { mounts }: ResolvedRun): string {
  let key = '';
  for (const [index, { origin, type }] of mounts.entries()) {
    if (origin === null) key += ' none';
    else if (origin.kind !== 'context') key += ` ${originState(following, origin).id}`;
    else if (type === 'bind') key += ` ${JSON.stringify(filesKey(following, step, index))}`;
    else key += ' cache';
  }
  return key;
}

/** What a COPY or a RUN does, whatever it finds; made once for each step. */
function textOf({ memory, variables, plan }: Following, step: Step): string {
  const known = memory.texts.get(step);
  if (known !== undefined) return known;
  const { copy, run } = step;
  let text = '';
  if (run) text = scriptKey(step, run, variables, plan.options.platform);
  else if (copy) {
    const { origin: _, ...rest } = copy;
    text = `copy ${JSON.stringify(rest)}`;
  }
  const short = shortened(text, memory.hash);
  memory.texts.set(step, short);
  return short;
}

/** All that a RUN executes. */
function scriptKey(
  step: Step,
  run: ResolvedRun,
  variables: KeyMemory['variables'],
  { os, arch, variant }: Platform,
): string {
  const { argv, shell, script, program, unset, proxyEnv, cwd, user, network } = run;
  const words = [shell, script === null ? argv : argv.slice(0, -1), script, program, unset];
  const mounts = run.mounts.map(({ origin: _, ...mount }) => mount);
  const place = [variables.whole(step.env), proxyEnv, cwd, user, network, os, arch, variant];
  return `run ${JSON.stringify([words, mounts, place])}`;
}

function scriptOfStep(following: Following, step: Step, run: ResolvedRun): Script {
  const { platform } = following.plan.options;
  return following.memory.scripts.get(textOf(following, step), () => scriptOf(run, platform));
}

/** What is known of the files that a step takes of the context: the same text, the same object. */
function filesKey({ making, memory }: Following, step: Step, mount: number | null): string {
  const fact = making.content(step, mount === null ? null : (step.run?.mounts[mount] ?? null));
  if (fact.state === 'known') return `files ${memory.numberOf(fact.value)}`;
  return fact.state === 'pending' ? 'pending' : `none ${fact.reason}`;
}

function stateBelow(following: Following, { base }: Stage): State {
  const { memory, states } = following;
  if (base.stage !== null) {
    return states.get(base.stage) ?? unknownState(memory, 'There is no such stage.');
  }
  if (base.scratch) return memory.first('scratch', () => emptyFolder());
  if (base.named !== null) return namedState(following, base.named);
  return imageState(following, base.reference, base.platform);
}

function userBelow(plan: Plan, { base }: Stage): string {
  if (base.stage !== null) return plan.stages[base.stage]?.config.user ?? '';
  return base.image?.config.user ?? '';
}

/** Where a step cannot be followed, all that was there may be something else. */
function guarded(making: Making, draft: { root: Node }, apply: () => void): void {
  const before = draft.root;
  try {
    apply();
  } catch (error) {
    if (!(error instanceof Unfollowed)) throw error;
    const { digest, marks } = making.digestOf(before);
    const reason = 'A line of the stage copies to where the text does not tell.';
    draft.root = hiddenBy(making.hash(`lost ${digest}`), {
      ...joinMarks(certain, marks),
      unknown: { reason, pending: false },
    });
  }
}

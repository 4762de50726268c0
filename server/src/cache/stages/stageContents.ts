/**
 * What is in stages after their last step, told from the text and the build context: what COPY put
 * there, what RUN makes of it as far as its commands are known, and else that a RUN or a base image
 * made it. Stages are followed when someone asks, each once and in one pass.
 */

import type { CopyOrigin, Plan, Stage, Step } from '../../model/plan.ts';
import { formatPlatform } from '../../model/platform.ts';
import type { StageContent, StageContentOf } from '../stageContent.ts';
import { applyCopy } from './copy.ts';
import { type Digested, digester } from './digests.ts';
import { newDraft } from './draft.ts';
import { applyWorkdir } from './folders.ts';
import { contentAt } from './found.ts';
import { baseTree, namedTree, unknownTree } from './images.ts';
import type { StageInputs } from './inputs.ts';
import { hiddenBy, type Making, ownerReader } from './making.ts';
import { certain, emptyFolder, joinMarks, type Node } from './nodes.ts';
import { applyRun } from './run/applyRun.ts';
import { Unfollowed } from './unfollowed.ts';

/** The content of stages of one plan. Nothing is asked of `inputs` before someone asks for a stage. */
export function stageContents(plan: Plan, inputs: StageInputs): StageContentOf {
  const trees = new Map<number, Tree>();
  const digestOf = digester(inputs.hash, inputs.digests);
  const making: Making = {
    ...inputs,
    digestOf,
    ownerOf: ownerReader(inputs.hash, digestOf),
    standsOn: standing(plan),
    treeOf: (origin) => originTree(plan, origin, making, trees),
  };
  return (stage, path) => {
    try {
      const found = contentAt(stageTree(plan, stage, making, trees).root, path, making);
      if ('unknown' in found) return found;
      const { unknown } = found.marks;
      if (unknown) return { unknown: unknown.reason, pending: unknown.pending };
      return stageContent(found);
    } catch {
      return { unknown: `What ${path} is in ${nameOf(plan, stage)} is not known.`, pending: false };
    }
  };
}

interface Tree {
  readonly root: Node;
  /** Digest of the image below all steps. */
  readonly image: string;
}

/** Do all files of a stage stand on what a step has made, in it or in a stage below? */
function standing(plan: Plan): Making['standsOn'] {
  let stageOf: Map<Step, number> | null = null;
  return (stage, step) => {
    stageOf ??= new Map(
      plan.stages.flatMap(({ index, triggers, steps }) =>
        [...triggers, ...steps].map((each) => [each, index] as const),
      ),
    );
    const wanted = stageOf.get(step);
    for (let at: number | null = stage; at !== null; at = plan.stages[at]?.base.stage ?? null) {
      if (at === wanted) return true;
    }
    return false;
  };
}

function stageContent({ digest, marks }: Digested): StageContent {
  const { reruns, unstable, lossy } = marks;
  return { digest, reruns: [...reruns], unstable: [...unstable], lossy: [...lossy] };
}

function nameOf(plan: Plan, stage: number): string {
  return `the stage ${plan.stages[stage]?.name ?? stage}`;
}

function originTree(
  plan: Plan,
  origin: CopyOrigin,
  making: Making,
  trees: Map<number, Tree>,
): Node {
  switch (origin.kind) {
    case 'stage':
      return stageTree(plan, origin.stage, making, trees).root;
    case 'image':
      return baseTree(making, origin.reference, formatPlatform(plan.options.platform));
    case 'named':
      return namedTree(plan, origin.name, making);
    case 'context':
      return unknownTree(making, 'The build context is no stage.');
  }
}

/** The stages that a stage stands on, the lowest first, so that long chains need no deep stack. */
function stageTree(plan: Plan, index: number, making: Making, trees: Map<number, Tree>): Tree {
  const chain: Stage[] = [];
  for (let at: number | null = index; at !== null && !trees.has(at); ) {
    const stage: Stage | undefined = plan.stages[at];
    if (!stage || chain.length > plan.stages.length) break;
    chain.push(stage);
    at = stage.base.stage;
  }
  for (const stage of chain.reverse()) trees.set(stage.index, followed(plan, stage, making, trees));
  return (
    trees.get(index) ?? {
      root: unknownTree(making, 'There is no such stage.'),
      image: '',
    }
  );
}

function followed(plan: Plan, stage: Stage, making: Making, trees: Map<number, Tree>): Tree {
  const below = stage.base.stage === null ? undefined : trees.get(stage.base.stage);
  const bottom = below?.root ?? imageBelow(plan, stage, making);
  const image = below?.image ?? making.digestOf(bottom).digest;
  const draft = newDraft(bottom, image, stage.index);
  if (stage.replaced) return { root: bottom, image };
  let user = userBelow(plan, stage);
  for (const step of [...stage.triggers, ...stage.steps]) {
    const { copy, run, workdir } = step;
    if (copy) guarded(making, draft, () => applyCopy(making, draft, step, copy));
    else if (run) applyRun(making, draft, step, run, plan);
    else if (workdir !== null && workdir !== '/')
      guarded(making, draft, () => applyWorkdir(making, draft, workdir, user));
    user = step.config.user;
  }
  return { root: draft.root, image };
}

function imageBelow(plan: Plan, { base }: Stage, making: Making): Node {
  if (base.stage !== null) return unknownTree(making, 'There is no such stage.');
  if (base.scratch) return emptyFolder();
  if (base.named !== null) return namedTree(plan, base.named, making);
  const platform = base.platform ?? formatPlatform(plan.options.platform);
  return baseTree(making, base.reference, platform);
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

/**
 * What is in stages after their last step, told from the text and the build context: what COPY put
 * there, what RUN makes of it as far as its commands are known, and else that a RUN or a base image
 * made it. Stages are followed when someone asks, each once and in one pass.
 */

import type { CopyOrigin, Plan, Stage, Step } from '../model/plan.ts';
import { formatPlatform } from '../model/platform.ts';
import { familiarName, parseReference } from '../model/reference.ts';
import { matches as fits } from '../shell/patterns.ts';
import { absolutePath, isWithin } from '../syntax/slashPaths.ts';
import type { Hash } from './hash.ts';
import { applyRun } from './runEffects.ts';
import type { StageContent, StageContentOf } from './stageContent.ts';
import { applyCopy, applyWorkdir } from './stageTreeCopy.ts';
import { type Digested, digester, hiddenDigest } from './stageTreeDigest.ts';
import { find, newDraft, Unfollowed } from './stageTreeDraft.ts';
import type { StageInputs } from './stageTreeInputs.ts';
import { hiddenBy, type Making, ownerReader } from './stageTreeMaking.ts';
import {
  belowOf,
  certain,
  childOf,
  emptyFolder,
  type HiddenNode,
  joinMarks,
  kindOf,
  type Marks,
  type Node,
  namesIn,
} from './stageTreeNodes.ts';

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

function unknownTree(making: Making, reason: string, pending = false): Node {
  const marks: Marks = { ...certain, unknown: { reason, pending } };
  return hiddenBy(making.hash(`unknown ${reason}`), marks);
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

function namedTree(plan: Plan, name: string, making: Making): Node {
  const value = plan.options.namedContexts?.get(name) ?? '';
  if (value.startsWith('docker-image://'))
    return baseTree(
      making,
      value.slice('docker-image://'.length),
      formatPlatform(plan.options.platform),
    );
  return unknownTree(making, `What is in the named context ${name} is not read.`);
}

/** A base image counts as unmoved: its reference stands for its content, its digest where it has one. */
function baseTree(making: Pick<Making, 'hash'>, reference: string, platform: string): HiddenNode {
  const parsed = parseReference(reference);
  const name = parsed.ok && parsed.digest ? parsed.digest : (familiarName(reference) ?? reference);
  const id = making.hash(JSON.stringify(['image', name, platform]));
  return { kind: 'hidden', maker: { id, marks: certain, isImage: true }, path: '/' };
}

/** Digest of what lies at a path of an image, as it is in a stage that starts from that image. */
export function imageContent(plan: Plan, reference: string, path: string, hash: Hash): string {
  const tree = baseTree({ hash }, reference, formatPlatform(plan.options.platform));
  return hiddenDigest(hash, { ...tree, path: absolutePath(path) });
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

type Found = Digested | { readonly unknown: string; readonly pending: boolean };

function contentAt(tree: Node, source: string, making: Making): Found {
  const path = absolutePath(source);
  const wild = path.split('/').findIndex((part) => /[*?[\\]/.test(part));
  if (wild >= 0) return selectionAt(tree, path, wild, making);
  const { node, path: real } = find(tree, path);
  if (!node) {
    return { unknown: `The build fails: ${source} is not in the stage.`, pending: false };
  }
  return withAliases(tree, real, making.digestOf(node), making);
}

/** What a wildcard finds; where not all names of the folder are known, the folder stands for it. */
function selectionAt(tree: Node, path: string, wild: number, making: Making): Found {
  const parts = path.split('/');
  const folder = find(tree, parts.slice(0, wild).join('/') || '/');
  const pattern = parts[wild] ?? '';
  const inside = folder.node ? namesIn(folder.node).names : [];
  const simple = wild === parts.length - 1 && !/[\\[]/.test(pattern);
  if (!folder.node || !simple) {
    const { digest, marks } = making.digestOf(folder.node ?? emptyFolder());
    const found = { digest: making.hash(JSON.stringify(['selected', path, digest])), marks };
    return withAliases(tree, folder.path, found, making);
  }
  let marks = certain;
  let hasFolders = false;
  const matches: (readonly [string, string])[] = [];
  for (const name of [...inside].sort()) {
    if (fits(name, pattern) !== true || !childOf(folder.node, name)) continue;
    const { node } = find(tree, `${folder.path}/${name}`);
    if (!node) continue;
    const found = making.digestOf(node);
    marks = joinMarks(marks, found.marks);
    matches.push([name, found.digest]);
    hasFolders ||= kindOf(node) === 'folder';
  }
  // The builder lists what is in folders one by one; here their own digests do.
  const below = belowOf(folder.node);
  if (below) {
    const others = making.digestOf(below);
    const digest = making.hash(JSON.stringify(['selected', pattern, matches, others.digest]));
    const found = { digest, marks: joinMarks(marks, others.marks) };
    return withAliases(tree, folder.path, found, making);
  }
  const digest = hasFolders
    ? making.hash(JSON.stringify(['selection', matches]))
    : making.digests.selection(matches);
  return { digest, marks };
}

/** Folders that are one and the same in many base images, through links that no text tells of. */
const sameFolders: readonly (readonly string[])[] = [
  ['/bin', '/usr/bin', '/sbin', '/usr/sbin'],
  ['/lib', '/usr/lib'],
  ['/lib64', '/usr/lib64'],
  ['/run', '/var/run'],
  ['/run/lock', '/var/lock'],
];

/** Adds what stands at other names that may be the same place, where a step has changed it. */
function withAliases(tree: Node, path: string, found: Digested, making: Making): Digested {
  const bottom = bottomOf(tree);
  if (!bottom || path === '/') return found;
  let { digest, marks } = found;
  for (const group of sameFolders) {
    for (const member of group) {
      if (!isWithin(path, member) && !isWithin(member, path)) continue;
      const rest = isWithin(path, member) ? path.slice(member.length) : '';
      for (const other of group) {
        if (other === member || isWithin(other, path)) continue;
        const alias = other + rest;
        const { node } = find(tree, alias);
        if (!node || isUntouched(node, bottom, alias)) continue;
        const also = making.digestOf(node);
        digest = making.hash(JSON.stringify(['or', digest, also.digest]));
        marks = joinMarks(marks, also.marks);
      }
    }
  }
  return { digest, marks };
}

/** What has all that no step made; null where nothing has. */
function bottomOf(tree: Node): Node | null {
  if (tree.kind === 'hidden') return tree;
  if (tree.kind === 'folder') return tree.below && bottomOf(tree.below);
  if (tree.kind === 'veiled') return { kind: 'hidden', maker: tree.maker, path: '/' };
  return null;
}

function isUntouched(node: Node, bottom: Node, path: string): boolean {
  if (bottom.kind !== 'hidden') return true;
  if (node.kind === 'hidden') return node.maker === bottom.maker && node.path === path;
  if (node.kind === 'veiled') return kindOf(node) === null;
  return false;
}

/**
 * What the sources of COPY, ADD and bind mounts add to a key: digests of content, in place of how it
 * was made (`solver/llbsolver/ops` file.go, exec.go `getMountDeps`, opsutils/contenthash.go).
 */

import type { ContentFacts, KnownContent } from '../context/contentFacts.ts';
import type { Fact } from '../context/fact.ts';
import { namedContext } from '../model/bases.ts';
import { resolveSource } from '../model/paths.ts';
import type {
  CopyOrigin,
  Plan,
  ResolvedCopy,
  ResolvedMount,
  ResolvedRun,
  Step,
} from '../model/plan.ts';
import type { BaseIdentities } from './baseIdentity.ts';
import { imageOfContext, imagePlace } from './baseKey.ts';
import type { Hash } from './hash.ts';
import { inexact } from './inexact.ts';
import type { Doubt, KeyInputs, KeyPart } from './keyedStep.ts';
import { layersOf } from './layers.ts';
import { isMade } from './operation.ts';
import { addRemoteKey } from './remoteKeys.ts';
import { imageContent } from './stages/images.ts';

/** What is found of a step's sources. */
export interface SourceKeys {
  readonly parts: KeyPart[];
  readonly doubts: Doubt[];
  readonly hopes: Doubt[];
  readonly contents: KnownContent[];
  /** Images that are taken by their reference. */
  readonly images: string[];
  /** Why a digest is missing; null: none is. */
  missing: { readonly reason: string; readonly pending: boolean; readonly fails: boolean } | null;
}

export interface SourceInputs extends KeyInputs {
  readonly plan: Plan;
  /** Keys of steps of the stages above. */
  keyOf(step: Step): string | null | undefined;
  /** Key of a stage after its last step; null: not known. */
  stageKey(stage: number): string | null;
  readonly images: BaseIdentities;
  /** Is told which identities were used. */
  noted(place: string, identity: string): void;
  /** Is it what the step stands on (`sameRoot.ts`)? */
  isRoot(step: Step, origin: CopyOrigin): boolean;
}

interface Selected {
  readonly source: string;
  readonly path: string;
  /** No wildcard, no pattern: nothing below it counts twice. */
  readonly plain: boolean;
  readonly digest: string;
}

function nothing(): SourceKeys {
  return { parts: [], doubts: [], hopes: [], contents: [], images: [], missing: null };
}

/** Of a COPY or ADD. */
export function copyKeys(step: Step, copy: ResolvedCopy, inputs: SourceInputs): SourceKeys {
  return contextKeys(step, copy, inputs) ?? allKeys(step, copy, inputs);
}

const ofContext = new WeakMap<KnownContent, { readonly form: string; readonly keys: SourceKeys }>();

/** The same as `allKeys` where nothing but known files of the context is taken; made once for what is known. */
function contextKeys(step: Step, copy: ResolvedCopy, inputs: SourceInputs): SourceKeys | null {
  const { origin, sources, remotes, parents, exclude } = copy;
  if (origin.kind !== 'context' || sources.length === 0 || remotes.length > 0) return null;
  const fact = inputs.content(step);
  if (fact.state !== 'known' || fact.value.kind !== 'known') return null;
  const { value } = fact;
  const form = `${parents} ${exclude.length > 0}`;
  const known = ofContext.get(value);
  if (known?.form === form) return known.keys;
  const keys = allKeys(step, copy, inputs);
  ofContext.set(value, { form, keys });
  return keys;
}

function allKeys(step: Step, copy: ResolvedCopy, inputs: SourceInputs): SourceKeys {
  const found = nothing();
  if (copy.sources.length > 0 && inputs.isRoot(step, copy.origin)) {
    found.parts.push(onOrigin(inputs.hash));
  } else if (copy.sources.length > 0) {
    const selected = selectedBy(step, copy, inputs, found);
    if (selected) found.parts.push(...partsOf(selected));
  }
  for (const remote of copy.remotes) addRemoteKey(remote, copy, inputs.hash, found);
  return found;
}

const ofRoot = 'of what it stands on';

/** In place of what the sources hold, which is a part of what the step stands on. */
function onOrigin(hash: Hash): KeyPart {
  return { kind: 'option', name: ofRoot, digest: hash(ofRoot) };
}

/** Does it tell of sources, as all of kind `content` do? */
export function isOfSources({ kind, name }: KeyPart): boolean {
  return kind === 'content' || (kind === 'option' && name === ofRoot);
}

function selectedBy(
  step: Step,
  copy: ResolvedCopy,
  inputs: SourceInputs,
  found: SourceKeys,
): readonly Selected[] | null {
  const { origin } = copy;
  const place = (source: string, digest: string): Selected => {
    const wild = /[*?[]/.test(source) || copy.parents || copy.exclude.length > 0;
    const pivot = source.indexOf('/./');
    const root = copy.parents ? (pivot < 0 ? '' : source.slice(0, pivot)) : source;
    return { source, path: resolveSource(root), plain: !wild, digest };
  };
  if (origin.kind === 'context') {
    const known = knownOf(inputs.content(step), found);
    return known?.sources.map(({ source, digest }) => place(source, digest)) ?? null;
  }
  const selected: Selected[] = [];
  for (const source of copy.sources) {
    const digest = digestElsewhere(origin, resolveSource(source), inputs, found);
    if (digest !== null) selected.push(place(source, digest));
  }
  if (copy.exclude.length > 0 || copy.parents) {
    // The digests are of all that lies there.
    const reason = 'What changed there may be just what it leaves out.';
    found.hopes.push({ of: null, surely: false, step: null, reason });
  }
  return selected;
}

/** In BuildKit's order: by path, and what lies below another source is not counted again. */
function partsOf(selected: readonly Selected[]): readonly KeyPart[] {
  const folders = new Set(selected.flatMap(({ plain, path }) => (plain ? [path] : [])));
  const counted = new Set<string>();
  const kept = selected.filter(({ plain, path }) => {
    if (!plain) return true;
    if (counted.has(path)) return false;
    counted.add(path);
    for (let at = path; at !== '/'; ) {
      at = at.slice(0, at.lastIndexOf('/')) || '/';
      if (folders.has(at)) return false;
    }
    return true;
  });
  return kept
    .sort((a, b) => (a.path === b.path ? 0 : a.path < b.path ? -1 : 1))
    .map(({ source, digest }) => ({ kind: 'content', name: source, digest }));
}

/**
 * Of the mounts of a RUN; those that write what they mount count as those that only read it. Mounts
 * of one origin are one input: which of them has what does not count.
 */
export function mountKeys(step: Step, run: ResolvedRun, inputs: SourceInputs): SourceKeys {
  const found = nothing();
  const groups = new Map<string, Selected[]>();
  let isOnOrigin = false;
  const order = [...run.mounts.entries()].sort(([, a], [, b]) =>
    a.target === b.target ? 0 : a.target < b.target ? -1 : 1,
  );
  for (const [index, mount] of order) {
    if (mount.origin && !isMade(mount) && inputs.isRoot(step, mount.origin)) {
      if (!isOnOrigin) found.parts.push(onOrigin(inputs.hash));
      isOnOrigin = true;
      continue;
    }
    const digest = mountDigest(step, mount, index, inputs, found);
    if (digest === null) continue;
    const origin = JSON.stringify([mount.origin, isMade(mount) && digest]);
    const group = groups.get(origin) ?? [];
    const source = mount.source || mount.target;
    group.push({ source, path: resolveSource(mount.source), plain: true, digest });
    groups.set(origin, group);
  }
  for (const group of groups.values()) found.parts.push(...partsOf(group));
  return found;
}

function mountDigest(
  step: Step,
  mount: ResolvedMount,
  index: number,
  inputs: SourceInputs,
  found: SourceKeys,
): string | null {
  const { type, origin, source, uid, gid, mode } = mount;
  if (type !== 'bind' && type !== 'cache') return null;
  if (isMade(mount))
    return inputs.hash(JSON.stringify(['made', uid ?? 0, gid ?? 0, mode ?? 0o755]));
  if (!origin) return null;
  if (origin.kind !== 'context') return digestElsewhere(origin, source || '/', inputs, found);
  const known = knownOf(inputs.mountContent(step, index), found);
  return known && (known.sources[0]?.digest ?? null);
}

function knownOf(fact: Fact<ContentFacts>, found: SourceKeys): KnownContent | null {
  if (fact.state === 'pending') {
    found.missing ??= { reason: 'The files are still being read.', pending: true, fails: false };
    return null;
  }
  if (fact.state === 'unavailable') {
    found.missing ??= { reason: fact.reason, pending: false, fails: false };
    return null;
  }
  const { value } = fact;
  if (value.kind === 'unknown') {
    found.missing ??= { reason: value.reason, pending: false, fails: false };
    return null;
  }
  found.contents.push(value);
  if (value.fails === null) return value;
  found.missing = { reason: value.fails, pending: false, fails: true };
  return null;
}

/** A digest of what lies at a path of something that is not the build context. */
function digestElsewhere(
  origin: Exclude<CopyOrigin, { kind: 'context' }>,
  path: string,
  inputs: SourceInputs,
  found: SourceKeys,
): string | null {
  const { hash, plan } = inputs;
  if (origin.kind === 'stage') return stageDigest(origin.stage, path, inputs, found);
  if (origin.kind === 'image') {
    return imageDigest(origin.reference, path, inputs, found);
  }
  const value = namedContext(origin.name, plan.options) ?? '';
  const image = imageOfContext(value);
  if (image !== null) {
    return imageDigest(image, path, inputs, found);
  }
  found.doubts.push({
    of: null,
    surely: false,
    step: null,
    reason: `What the named context ${origin.name} holds is not looked at.`,
  });
  return hash(JSON.stringify(['named', value, path]));
}

function imageDigest(
  reference: string,
  path: string,
  { plan, hash, images, noted }: SourceInputs,
  found: SourceKeys,
): string {
  const { platform } = plan.options;
  const identity = images.identity(reference, platform);
  if (identity !== null) noted(imagePlace(reference, platform), identity);
  if (identity === null || !images.isKnown(reference, platform)) found.images.push(reference);
  const moved = images.moved(reference, platform);
  if (moved !== null) {
    const reason = `${moved}, and may hold the same there.`;
    found.hopes.push({ of: null, surely: false, step: null, reason });
  }
  return imageContent(plan, reference, path, hash, identity);
}

function stageDigest(
  stage: number,
  path: string,
  inputs: SourceInputs,
  found: SourceKeys,
): string | null {
  const content = inputs.stageContent(stage, path);
  if ('unknown' in content) {
    if (content.pending) {
      found.missing ??= { reason: content.unknown, pending: true, fails: false };
      return null;
    }
    // How the stage is made, in place of what is in it: what is made in the same way is the same.
    const key = inputs.stageKey(stage);
    if (key === null) {
      found.missing ??= { reason: content.unknown, pending: false, fails: false };
      return null;
    }
    const { unknown: reason } = content;
    found.hopes.push({ of: null, surely: false, step: null, reason });
    // A download among its steps may be another one now, though the stage is made in the same way.
    const step = lastOf(inputs.plan, stage);
    if (step) found.doubts.push({ of: inputs.keyOf(step) ?? null, surely: false, step, reason });
    return inputs.hash(JSON.stringify(['stage', key, path]));
  }
  const unstable = new Set(content.unstable);
  for (const step of content.reruns) {
    found.doubts.push({
      of: inputs.keyOf(step) ?? null,
      surely: unstable.has(step),
      step,
      reason: `${named(step)} runs again, and may make something else than before.`,
    });
  }
  for (const step of content.lossy) {
    found.hopes.push({
      of: inputs.keyOf(step) ?? null,
      surely: false,
      step,
      reason: `${named(step)} runs again, and may make the same as before.`,
    });
  }
  if (content.perhaps)
    found.hopes.push({ of: null, surely: false, step: null, reason: content.perhaps });
  return content.lossy.length > 0 || content.perhaps ? inexact + content.digest : content.digest;
}

/** The step that makes the last layer of a stage; null: all its layers are those of an image. */
function lastOf({ stages }: Plan, index: number): Step | null {
  for (let stage = stages[index]; stage; ) {
    const last = layersOf(stage).at(-1);
    if (last) return last;
    stage = stage.base.stage === null ? undefined : stages[stage.base.stage];
  }
  return null;
}

function named({ instruction }: Step): string {
  return `${instruction.name} in line ${instruction.lines.start}`;
}

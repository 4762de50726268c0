/** Makes the record of a build, or of a moment in which nothing was built. */

import type { ContentNode, KnownContent, SentEntry } from '../context/contentFacts.ts';
import type { ResolvedMount, Step } from '../model/plan.ts';
import { formatPlatform } from '../model/platform.ts';
import type { BuildRecord, RecordedStep, RecordMeta, StepOutcome } from './buildRecord.ts';
import type { KeyedPlan, KeyedStep } from './keyedStep.ts';
import { stepText } from './stepText.ts';

const assumed: StepOutcome = { outcome: 'assumed', ms: null, bytes: null };

/**
 * The record of a build, or (no `outcomes`) of a snapshot: all its steps are `assumed`. Steps without
 * an outcome are `assumed` where the build is complete, else left out. Of steps that have no key only
 * the operation is kept. Times and sizes that are not given are those of earlier records.
 */
export function recordOf(
  keyed: KeyedPlan,
  meta: RecordMeta,
  outcomes: ReadonlyMap<Step, StepOutcome> = new Map(),
): BuildRecord {
  const { options } = keyed.plan;
  const measured = measuredIn(meta.earlier, storeOf(meta.builder));
  const outcomeOf = (step: Step) => outcomes.get(step) ?? (meta.complete ? assumed : null);
  const steps = keyed.steps.flatMap((step) => {
    const outcome = outcomeOf(step.step);
    const before = meta.compared?.of(step.step)?.key ?? null;
    const known = measured.get(step.key ?? '') ?? measured.get(before ?? '');
    return outcome ? (recorded(step, outcome, known, keyed) ?? []) : [];
  });
  const open = keyed.steps
    .filter(({ key, parent, after, fails }) => !fails && [key, parent, after].includes(null))
    .filter(({ step }) => meta.complete || outcomes.has(step))
    .map(({ parts }) => parts);
  const { dockerfile, context, at, source, builder, image } = meta;
  return {
    version: 1,
    dockerfile,
    context,
    target: options.target ?? null,
    platform: formatPlatform(options.platform),
    arguments: Object.fromEntries(
      [...(options.buildArgs ?? [])].map(([name, value]) => [name, keyed.hash(value)]),
    ),
    at,
    source,
    builder,
    steps,
    ...(open.length > 0 && { open }),
    ...(image !== undefined && { image }),
    ...basesOf(keyed),
    files: filesOf(keyed, outcomeOf),
  };
}

/** The first size that there is. */
function sizeOf(...all: readonly (Pick<Known, 'bytes' | 'links'> | undefined)[]) {
  const found = all.find((one) => one !== undefined && one.bytes !== null);
  return { bytes: found?.bytes ?? null, ...(found?.links && { links: found.links }) };
}

/** References may hold values of arguments. */
function basesOf({ identities, hash }: KeyedPlan): Pick<BuildRecord, 'bases'> {
  const all = Object.entries(identities);
  if (all.length === 0) return {};
  return { bases: Object.fromEntries(all.map(([place, identity]) => [hash(place), identity])) };
}

function storeOf(builder: BuildRecord['builder']): string {
  return builder?.store ?? 'classic';
}

type Known = Pick<RecordedStep, 'ms' | 'bytes' | 'links'>;
type Measured = ReadonlyMap<string, Known>;

/** Sizes of other stores are those of other countings. */
function measuredIn(records: readonly BuildRecord[], store: string): Measured {
  const found = new Map<string, Known>();
  for (const { steps, builder } of records) {
    const isSame = storeOf(builder) === store;
    for (const { key, ms, bytes: counted, links } of steps) {
      const known = found.get(key);
      const bytes = isSame ? counted : null;
      // A figure without links in it is the better one, however old.
      const isBetter =
        bytes !== null && (!known || known.bytes === null || (known.links && !links));
      const size = isBetter ? { bytes, ...(links && { links }) } : sizeOf(known);
      found.set(key, { ms: known?.ms ?? ms, ...size });
    }
  }
  return found;
}

function recorded(
  { step, stage, key, parent, after, parts }: KeyedStep,
  { outcome, ms, ...own }: StepOutcome,
  known: Known | undefined,
  keyed: KeyedPlan,
): RecordedStep | null {
  if (key === null || parent === null || after === null) return null;
  // Of the very same layer a figure without links is the better one.
  const isBetter = outcome === 'cached' && own.links && !known?.links;
  return {
    key,
    parent,
    after,
    parts,
    stage,
    line: step.instruction.lines.start - 1,
    text: stepText(step),
    outcome,
    // What a cached step says of its time is the time to look it up.
    ms: (outcome === 'ran' ? ms : null) ?? known?.ms ?? null,
    ...(isBetter ? sizeOf(known, own) : sizeOf(own, known)),
    took: [...new Set(keyed.contents(step).flatMap(tops))],
  };
}

function tops({ sources }: KnownContent): readonly string[] {
  return sources.flatMap(({ matches }) => matches.map(({ node }) => node.path));
}

/**
 * What the builder holds of the context after it. A RUN that may write to what it mounts of the context
 * makes it give up its copy: BuildKit finalizes a snapshot that another one is made on, which takes
 * it from the next transfer (`cache/refs.go`; seen on an engine).
 */
function filesOf(
  keyed: KeyedPlan,
  outcomeOf: (step: Step) => StepOutcome | null,
): ReadonlyMap<string, SentEntry> {
  const nodes = takenNodes(keyed);
  const first = firstNames(nodes.values());
  // One without an outcome may have been begun.
  const isHeld = !keyed.steps.some(
    ({ step }) => writesToContext(step) && outcomeOf(step)?.outcome !== 'cached',
  );
  const files = new Map<string, SentEntry>();
  for (const { path, kind, mode, bytes, mtimeNs, ctimeNs, content, inode = '' } of nodes.values()) {
    const link = first.get(inode) ?? path;
    const sent = { kind, mode, bytes, mtimeNs: isHeld ? mtimeNs : '', ctimeNs, content };
    files.set(path, link === path ? sent : { ...sent, link });
  }
  return files;
}

/** Of files with several names the one that is sent first, in the order of a walk (`context/hardLinks.ts`). */
function firstNames(nodes: Iterable<ContentNode>): ReadonlyMap<string, string> {
  const walked = ({ path }: ContentNode) => path.replaceAll('/', '\0');
  const linked = [...nodes].filter(({ inode = '' }) => inode !== '');
  linked.sort((a, b) => (walked(a) < walked(b) ? 1 : -1));
  return new Map(linked.map(({ inode = '', path }) => [inode, path]));
}

function writesToContext({ run }: Step): boolean {
  const isWritten = ({ type, origin, readonly }: ResolvedMount) =>
    type === 'bind' && origin?.kind === 'context' && !readonly;
  return run?.mounts.some(isWritten) === true;
}

function takenNodes(keyed: KeyedPlan): ReadonlyMap<string, ContentNode> {
  const found = new Map<string, ContentNode>();
  const open: ContentNode[] = keyed.steps.flatMap(({ step }) =>
    keyed
      .contents(step)
      .flatMap(({ sources }) => sources.flatMap(({ matches }) => matches.map(({ node }) => node))),
  );
  const seen = new Set<ContentNode>();
  for (let node = open.pop(); node; node = open.pop()) {
    // Excludes differ from step to step, so the same folder may come with more below.
    if (seen.has(node)) continue;
    seen.add(node);
    if (!found.has(node.path)) found.set(node.path, node);
    open.push(...node.children.values());
  }
  return found;
}

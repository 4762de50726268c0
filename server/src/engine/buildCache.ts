/**
 * Sizes of the steps of every stage, from the records of BuildKit's cache (`GET /system/df`): the
 * chain of records that a stage's steps made is found by their descriptions and parents
 * (`solver/llbsolver/ops` exec.go and file.go write the descriptions). Also of stages that no image
 * shows.
 */

import type { BaseImage, Plan, Stage, StageBase, Step } from '../model/plan.ts';
import {
  type CacheRecords,
  cacheRecords,
  stepRecordText,
  withoutOrigin,
} from './buildCacheRecords.ts';
import type { CacheEntry, EngineInfo } from './engine.ts';

/** What the build cache says of one step. */
export interface CachedSize {
  /** As the engine's store counts them. */
  readonly bytes: number;
  /**
   * Do all records that can be this step's agree? False: there are several of different sizes, of
   * which this is the one of the build that was used last, or it stands on another base than now.
   */
  readonly sure: boolean;
  /** Is it the only record that can be this step's? */
  readonly only: boolean;
  /** Milliseconds since 1970, when the record was made; null: not told. */
  readonly at: number | null;
  /**
   * May the bytes have lengths of symlinks in them? So they have on classic stores where the engine
   * counted them (at the first listing) before an image had the layer.
   */
  readonly links: boolean;
  /** Does the command use variables that the file sets? Of their values records say nothing. */
  readonly variables: boolean;
}

/** What is known beforehand, so that fewer records can be meant. */
export interface KnownSizes {
  /** Exact bytes of the files that a step, as it stands now, stores; undefined: not known. */
  readonly files?: (step: Step) => number | undefined;
  /** Milliseconds since 1970 since when the step's record was made; null: at any time. */
  readonly since?: (step: Step) => number | null;
  /** Of images that the plan knows nothing of: how many layers they have. */
  readonly image?: (reference: string) => BaseImage | undefined;
}

/**
 * What containerd's store counts in. A record of a layer that went into an image has the bytes of its
 * compressed archive too (DOCKER-GROUND-TRUTH section 5), so that what is no whole number of blocks is
 * not what the layer takes; the image's own history says that.
 */
const block = 4096;

/** A record that may be that of a step. */
interface Node {
  readonly entry: CacheEntry;
  /** The record of the step below it; `''`: it is what the stage starts with. */
  readonly below: string;
}

interface Level {
  readonly step: Step;
  readonly nodes: ReadonlyMap<string, Node>;
  /** False: found only by what is no proof. */
  readonly sure: boolean;
}

interface Found {
  readonly stage: Stage;
  readonly levels: readonly Level[];
  /** Has each step a record? */
  readonly whole: boolean;
}

/** Where the next step's record may stand: on any base image that fits, or on these records. */
type Below =
  | { readonly kind: 'base'; readonly base: StageBase }
  | { readonly kind: 'records'; readonly ids: ReadonlySet<string>; readonly sure: boolean };

/**
 * Sizes of steps of needed stages. A step whose text differs from what was built has none, nor has
 * any that stands on such a one, nor those of containerd's store that count archives too. Takes time linear in the records (indexed once for each list) and in
 * what fits of them.
 */
export function cacheSizes(
  plan: Plan,
  entries: readonly CacheEntry[],
  info: Pick<EngineInfo, 'store'>,
  known: KnownSizes = {},
): ReadonlyMap<Step, CachedSize> {
  const sizes = new Map<Step, CachedSize>();
  if (entries.length === 0) return sizes;
  const records = cacheRecords(entries);
  const isClassic = info.store === 'classic';
  const names = variableNames(plan);
  const found = new Map<number, Found>();
  const ends = new Map<number, Below>();
  for (const stage of plan.stages) {
    if (!stage.needed || stage.replaced) continue;
    const { base } = stage;
    const image = base.image ?? known.image?.(base.reference) ?? null;
    const below: Below | undefined =
      base.stage === null ? { kind: 'base', base: { ...base, image } } : ends.get(base.stage);
    if (!below) continue;
    const { since } = known;
    const fitting = isClassic ? known : { ...(since && { since }) };
    const { levels, end } = climb(plan, stage, below, records, fitting);
    found.set(stage.index, { stage, levels, whole: end !== null });
    if (end) ends.set(stage.index, end);
  }
  const wanted = new Map<number, Node[][]>();
  // What stands on a stage tells which of its records went on, so that later stages come first.
  for (const { stage, levels, whole } of [...found.values()].reverse()) {
    const kept = survivors(levels, whole ? (wanted.get(stage.index) ?? []) : []);
    const [first] = kept.levels;
    if (first && stage.base.stage !== null) {
      const onStage = wanted.get(stage.base.stage) ?? [];
      onStage.push([...(kept.chosen ? [kept.chosen] : []), ...first.nodes.values()]);
      wanted.set(stage.base.stage, onStage);
    }
    for (const { step, nodes, sure, chosen } of kept.levels.toReversed()) {
      const { entry } = chosen;
      const bytes = records.bytesOf(entry);
      if (info.store === 'containerd' && bytes % block !== 0) continue;
      const agree = [...nodes.values()].every((one) => records.bytesOf(one.entry) === bytes);
      const links = isClassic && bytes > 0 && bytes !== known.files?.(step);
      // More than the files have may be links, or other files.
      const isMore = isClassic && bytes !== (known.files?.(step) ?? bytes);
      const only = sure && nodes.size === 1;
      const variables = usesVariable(step, names);
      const at = entry.createdAt;
      sizes.set(step, { bytes, sure: sure && agree && !isMore, only, at, links, variables });
    }
  }
  return new Map([...sizes].reverse());
}

/** Names that the file gives values to with ARG and ENV. */
function variableNames({ program }: Plan): ReadonlySet<string> {
  const names = new Set<string>();
  const { globals, stages } = program;
  for (const command of [...globals, ...stages.flatMap(({ commands }) => commands)]) {
    if (command.kind === 'arg') for (const { key } of command.args) names.add(key);
    if (command.kind === 'env') for (const { key } of command.pairs) names.add(key);
  }
  return names;
}

/** A record of a RUN names its command as it is written, so that it is the same for all values. */
function usesVariable({ run }: Step, names: ReadonlySet<string>): boolean {
  if (!run) return false;
  const used = run.argv.join(' ').matchAll(/\$\{?([A-Za-z_]\w*)/g);
  return [...used].some(([, name]) => name !== undefined && names.has(name));
}

/**
 * Goes up from what is below a stage, step by step. Behind a line that was not built so, lines are found
 * again where they stand a few records further up, and then they are not sure.
 */
function climb(
  { program }: Plan,
  stage: Stage,
  start: Below,
  records: CacheRecords,
  known: KnownSizes,
): { readonly levels: readonly Level[]; readonly end: Below | null } {
  const levels: Level[] = [];
  let below = start;
  let isEnd = true;
  for (const step of [...stage.triggers, ...stage.steps]) {
    if (step.effect !== 'layer') continue;
    const text = stepRecordText(step, program.dockerfile.escape);
    const on: Nodes = nodesOn(below, text, step, records);
    const { nodes: all, sure: fits } = on.nodes.size > 0 ? on : nodesAbove(below, text, records);
    const isSure = fits && (below.kind === 'base' || below.sure);
    const since = known.since?.(step) ?? null;
    const young = since === null ? all : madeSince(all, since);
    const same = sameBytes(young, known.files?.(step), records);
    const nodes = same.size > 0 ? same : young;
    isEnd = nodes.size > 0;
    if (!isEnd) {
      // On a base nothing tells where the lines above would have stood.
      if (below.kind === 'base') return { levels, end: null };
      below = { ...below, sure: false };
      continue;
    }
    const sure = isSure && same.size > 0;
    levels.push({ step, nodes, sure });
    below = { kind: 'records', ids: new Set(nodes.keys()), sure };
  }
  return { levels, end: isEnd ? below : null };
}

/** Of a line above one that is new or changed: it was built on other lines. */
function nodesAbove(below: Below, text: string, records: CacheRecords): Nodes {
  const found = below.kind === 'records' ? records.above(below.ids, text) : [];
  const nodes = new Map(found.map(([entry, on]) => [entry.id, { entry, below: on }]));
  return { nodes, sure: false };
}

interface Nodes {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly sure: boolean;
}

function nodesOn(below: Below, text: string, step: Step, records: CacheRecords): Nodes {
  const exact = nodesOf(below, text, records);
  const other = step.copy?.origin.kind === 'stage' ? withoutOrigin(text) : null;
  if (exact.nodes.size > 0 || other === null) return exact;
  // The builder takes a copy from cache though its stage has another name since.
  return { ...nodesOf(below, other, records), sure: false };
}

function nodesOf(below: Below, text: string, records: CacheRecords): Nodes {
  if (below.kind === 'base') {
    const { entries, sure } = records.onBase(below.base, text);
    return { nodes: new Map(entries.map((entry) => [entry.id, { entry, below: '' }])), sure };
  }
  const nodes = new Map<string, Node>();
  for (const id of below.ids) {
    for (const entry of records.on(id, text)) nodes.set(entry.id, { entry, below: id });
  }
  return { nodes, sure: true };
}

function madeSince(nodes: ReadonlyMap<string, Node>, since: number): ReadonlyMap<string, Node> {
  return new Map([...nodes].filter(([, { entry }]) => (entry.createdAt ?? 0) >= since));
}

/** Those that may hold just these bytes; all where that is not known. */
function sameBytes(
  nodes: ReadonlyMap<string, Node>,
  files: number | undefined,
  records: CacheRecords,
): ReadonlyMap<string, Node> {
  if (files === undefined) return nodes;
  const those = (fits: (entry: CacheEntry) => boolean) =>
    new Map([...nodes].filter(([, { entry }]) => fits(entry)));
  const equal = those((entry) => records.bytesOf(entry) === files);
  return equal.size > 0 ? equal : those((entry) => records.bytesOf(entry) > files);
}

interface Kept extends Level {
  readonly chosen: Node;
}

/**
 * Of each level what belongs to the chains that go furthest, and of these the one that was used last.
 * `above`: for each stage on this one the records that its own chains start with, the chosen first.
 */
function survivors(
  levels: readonly Level[],
  above: readonly (readonly Node[])[],
): { readonly levels: readonly Kept[]; readonly chosen: Node | null } {
  const top = levels.at(-1);
  if (!top) {
    // A stage without a layer hands on what stands on it.
    return { levels: [], chosen: null };
  }
  const needed = above.map((nodes) => new Set(nodes.map(({ below }) => below)));
  const inAll = [...top.nodes.keys()].filter((id) => needed.every((ids) => ids.has(id)));
  const inAny = [...top.nodes.keys()].filter((id) => needed.some((ids) => ids.has(id)));
  const ids = new Set(inAll.length > 0 ? inAll : inAny.length > 0 ? inAny : top.nodes.keys());
  const preferred = above.flatMap(([chosen]) => (chosen && ids.has(chosen.below) ? chosen : []));
  const last = latest(preferred)?.below;
  let chosen =
    (last === undefined ? undefined : top.nodes.get(last)) ??
    latest([...ids].flatMap((id) => top.nodes.get(id) ?? []));
  let kept = ids;
  const result: Kept[] = [];
  for (const level of levels.toReversed()) {
    const nodes = new Map([...level.nodes].filter(([id]) => kept.has(id)));
    if (!chosen) break;
    result.unshift({ ...level, nodes, chosen });
    kept = new Set([...nodes.values()].map(({ below }) => below));
    const below: string = chosen.below;
    chosen = levels[levels.indexOf(level) - 1]?.nodes.get(below);
  }
  return { levels: result, chosen: result[0]?.chosen ?? null };
}

function latest(nodes: readonly Node[]): Node | undefined {
  return nodes.reduce<Node | undefined>(
    (best, node) => (best && usedAt(best.entry) >= usedAt(node.entry) ? best : node),
    undefined,
  );
}

function usedAt({ lastUsedAt, createdAt }: CacheEntry): number {
  return lastUsedAt ?? createdAt ?? 0;
}

/** What came of each step of a build: its operations found among those that the builder reported. */

import type { Plan, Stage, Step } from '../model/plan.ts';
import type { Vertex } from './progress.ts';
import { readVertexName, stepText, type VertexName } from './vertexName.ts';

export interface StepResult {
  /**
   * `ran`: to its end. `notReported`: the builder did not come to it or stopped it, or does not say
   * what came of it.
   */
  readonly outcome: 'cached' | 'ran' | 'failed' | 'notReported';
  /** How long it ran in this build; null: it did not. */
  readonly ms: number | null;
  /** Of a failed step: the builder's own message. */
  readonly error: string | null;
}

/**
 * The outcome of every step of a needed stage that makes a layer, triggers included. A step is found
 * by the stage and the number in the operation's name, then by its text; where that leaves a choice
 * or nothing, by what the operations after it work on (equal operations of two stages are one, which
 * has the name of only one of them).
 */
export function outcomesOf(
  plan: Plan,
  vertices: ReadonlyMap<string, Vertex>,
): ReadonlyMap<Step, StepResult> {
  const named = namedVertices(vertices);
  const found = new Map<Step, Operation>();
  // Later stages come first, so that what takes from a stage is found before its own last step.
  for (const stage of plan.stages.toReversed()) {
    if (stage.needed && !stage.replaced) findStage(plan, stage, named, vertices, found);
  }
  const outcomes = new Map<Step, StepResult>();
  for (const stage of plan.stages) {
    if (!stage.needed || stage.replaced) continue;
    for (const step of layerSteps(stage)) outcomes.set(step, outcomeOf(found.get(step)));
  }
  return outcomes;
}

/** The operations that stand for one step. */
interface Operation {
  /** Its result, on which others work. */
  readonly result: Vertex;
  /** Whose being cached is the step's: of `COPY --link` the copy itself, else the result. */
  readonly main: Vertex;
  /** Others of the step: downloads of ADD, and the result of `COPY --link`. */
  readonly others: readonly Vertex[];
}

interface Named {
  readonly vertex: Vertex;
  readonly name: VertexName;
}

/** By the stage in their names. */
function namedVertices(
  vertices: ReadonlyMap<string, Vertex>,
): ReadonlyMap<string, readonly Named[]> {
  const all = [...vertices.values()].flatMap((vertex) => {
    const name = readVertexName(vertex.name);
    return name && name.keyword !== 'FROM' ? [{ vertex, name }] : [];
  });
  return grouped(all, ({ name }) => name.stage);
}

function grouped<T, K>(list: readonly T[], keyOf: (one: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const one of list) {
    const group = groups.get(keyOf(one));
    if (group) group.push(one);
    else groups.set(keyOf(one), [one]);
  }
  return groups;
}

function layerSteps({ triggers, steps }: Stage): readonly Step[] {
  return [...triggers, ...steps].filter(({ effect }) => effect === 'layer');
}

function findStage(
  plan: Plan,
  stage: Stage,
  all: ReadonlyMap<string, readonly Named[]>,
  vertices: ReadonlyMap<string, Vertex>,
  found: Map<Step, Operation>,
): void {
  const { dockerfile } = plan.program;
  const named =
    (stage.name ? all.get(stage.name) : undefined) ??
    all.get(`stage-${stage.index}`) ??
    (plan.stages.length === 1 ? all.get('') : undefined) ??
    [];
  const steps = layerSteps(stage);
  const first = firstIndex(stage, named);
  const byIndex = grouped(named, ({ name }) => name.index);
  const byText = grouped(named, ({ name }) => name.text);
  const texts = steps.map((step) => stepText(step, dockerfile.escape));
  for (const [place, step] of [...steps.entries()].toReversed()) {
    const after = steps[place + 1];
    const text = texts[place] ?? '';
    const isEnd = !after && stage.index === plan.target;
    const wanted = after
      ? below(found.get(after))
      : isEnd
        ? unused(vertices, text)
        : resultOf(plan, stage, found);
    const keyword = step.command.kind.toUpperCase();
    const fits = ({ name }: Named) => name.keyword === keyword && name.onbuild === step.fromTrigger;
    const here = (byIndex.get(first + place) ?? []).filter(fits);
    const equal = here.filter(({ name }) => name.text === text);
    // What stands where an equal step stands is that one's.
    const elsewhere = (byText.get(text) ?? [])
      .filter(fits)
      .filter(({ name }) => texts[name.index - first] !== text);
    const operation =
      choose(equal, wanted, vertices) ??
      merged(wanted, vertices, text) ??
      choose(equal.length > 0 ? [] : elsewhere.length > 0 ? elsewhere : here, wanted, vertices);
    if (operation) found.set(step, operation);
  }
}

/** Digest of the one operation with this text on which no other works; undefined: none, or several. */
function unused(vertices: ReadonlyMap<string, Vertex>, text: string): string | undefined {
  const used = new Set([...vertices.values()].flatMap(({ inputs }) => inputs));
  const ends = [...vertices.values()].filter(
    ({ digest, name }) => !used.has(digest) && readVertexName(name)?.text === text,
  );
  return ends.length === 1 ? ends[0]?.digest : undefined;
}

/**
 * Number of a stage's first step. An image as base comes before it, and so do triggers of an image
 * that only the builder knows.
 */
function firstIndex({ base, triggers }: Stage, named: readonly Named[]): number {
  const onImage = base.stage === null && !base.scratch && base.named === null;
  const reported = new Set(named.filter(({ name }) => name.onbuild).map(({ name }) => name.index));
  const expected = triggers.filter(({ effect }) => effect === 'layer').length;
  const unknown = base.stage === null ? Math.max(0, reported.size - expected) : 0;
  return (onImage ? 2 : 1) + unknown;
}

/** Digest of the root file system that an operation works on. */
function below(operation: Operation | undefined): string | undefined {
  return operation?.result.inputs[0];
}

/** Digest of what a stage comes to, by what others take of it; undefined: that does not tell. */
function resultOf(
  plan: Plan,
  stage: Stage,
  found: ReadonlyMap<Step, Operation>,
): string | undefined {
  for (const other of plan.stages) {
    if (!other.needed || other.replaced) continue;
    const steps = layerSteps(other);
    const [bottom] = steps;
    if (bottom && other.base.stage === stage.index) {
      const digest = below(found.get(bottom));
      if (digest) return digest;
    }
    for (const step of steps) {
      const origin = step.copy?.origin;
      if (origin?.kind !== 'stage' || origin.stage !== stage.index || step.copy?.link) continue;
      const inputs = found.get(step)?.result.inputs ?? [];
      const onScratch = step === bottom && other.base.scratch;
      if (inputs.length > (onScratch ? 1 : 2)) continue;
      // One input alone is both, when a stage is copied onto what is equal to it.
      const digest = inputs.at(-1);
      if (digest) return digest;
    }
  }
  return undefined;
}

/**
 * One step's operations among those that have its name. Several results of the same name (stages of
 * the same name, an operation that came under two digests) count only where they agree.
 */
function choose(
  candidates: readonly Named[],
  wanted: string | undefined,
  vertices: ReadonlyMap<string, Vertex>,
): Operation | undefined {
  const own = new Set(candidates.map(({ vertex }) => vertex.digest));
  const used = new Set(candidates.flatMap(({ vertex }) => vertex.inputs));
  const operations = candidates.flatMap(({ vertex, name }): readonly Operation[] => {
    if (used.has(vertex.digest)) return [];
    const others = vertex.inputs.flatMap((input) => {
      const other = own.has(input) ? vertices.get(input) : undefined;
      return other ? [other] : [];
    });
    const copy = name.link ? others.find(({ digest }) => digest !== vertex.inputs[0]) : undefined;
    return copy
      ? [{ result: vertex, main: copy, others: [...others, vertex].filter((one) => one !== copy) }]
      : [{ result: vertex, main: vertex, others }];
  });
  const [one] = operations;
  if (operations.length <= 1) return one;
  const chained = operations.filter(({ result }) => result.digest === wanted);
  if (chained.length > 0) return chained[0];
  const outcomes = new Set(operations.map((operation) => outcomeOf(operation).outcome));
  return outcomes.size === 1 ? one : undefined;
}

/** The operation that stands here and has the name of an equal step of another stage. */
function merged(
  wanted: string | undefined,
  vertices: ReadonlyMap<string, Vertex>,
  text: string,
): Operation | undefined {
  const vertex = wanted === undefined ? undefined : vertices.get(wanted);
  const name = vertex && readVertexName(vertex.name);
  return name?.text === text && !name.link
    ? { result: vertex as Vertex, main: vertex as Vertex, others: [] }
    : undefined;
}

const notReported: StepResult = { outcome: 'notReported', ms: null, error: null };

function outcomeOf(operation: Operation | undefined): StepResult {
  if (!operation) return notReported;
  const { main, others } = operation;
  const all = [main, ...others];
  const failed = all.find(({ error }) => error && !isStopped(error));
  if (failed) return { outcome: 'failed', ms: msOf(all), error: failed.error };
  if (main.cached) return { outcome: 'cached', ms: null, error: null };
  if (all.some(({ error }) => error)) return notReported;
  const isDone = all.every(({ cached, completed }) => cached || completed !== null);
  return isDone ? { outcome: 'ran', ms: msOf(all), error: null } : notReported;
}

/** Errors of operations that were stopped since another failed, or since the build was cancelled. */
function isStopped(error: string): boolean {
  return /\b(context canceled|context cancelled|Canceled)\b/.test(error);
}

function msOf(vertices: readonly Vertex[]): number | null {
  const ran = vertices.filter(({ cached, started }) => !cached && started !== null);
  return ran.length === 0 ? null : ran.reduce((sum, { ms }) => sum + ms, 0);
}

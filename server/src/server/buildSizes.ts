/** Measured sizes of the steps of a build that ended well: of its image, and of stages that no image shows. */

import type { BuildOrder, FoundBuilder } from '../builder/builder.ts';
import type { LayerOfLine } from '../builder/buildMetadata.ts';
import { layersOfSteps } from '../builder/buildMetadata.ts';
import { layerBytes } from '../builder/layerBytes.ts';
import type { StepResult } from '../builder/outcomes.ts';
import { cacheSizes } from '../engine/buildCache.ts';
import type { Engine, EngineChoice, EngineImage } from '../engine/engine.ts';
import { lay } from '../engine/lay.ts';
import { rowLayers } from '../engine/layLayers.ts';
import { readRows } from '../engine/layRow.ts';
import type { BaseImage, Plan, Step } from '../model/plan.ts';
import type { Open, ServerState } from './serverState.ts';

export interface StepBytes {
  readonly bytes: number;
  /** Lengths of links may be counted with the files. */
  readonly links: boolean;
  /** Milliseconds since 1970, when the builder made it; absent: not certain. */
  readonly madeAt?: number;
}

export interface Finished {
  readonly before: Open;
  readonly order: BuildOrder;
  readonly found: FoundBuilder;
  /** Milliseconds since 1970, when the build began. */
  readonly startedAt: number;
  readonly results: ReadonlyMap<Step, StepResult>;
  /** Id of its image in the engine; null: it made none there. */
  readonly image: string | null;
  /** Which layers its lines made, as the builder said; empty: it did not. */
  readonly layers: readonly LayerOfLine[];
}

/** Whoever waits for a build has waited for it long enough. */
const mostMs = 30_000;

/**
 * Bytes of steps as the builder's store counts them; those that are not certain are left out. Never
 * rejects.
 */
export async function sizesAfter(
  done: Finished,
  { ports }: ServerState,
  cancelled: AbortSignal,
): Promise<ReadonlyMap<Step, StepBytes>> {
  const { before, found, order, image } = done;
  const { plan } = before.analysis;
  const { store } = found.facts;
  if (store === undefined && found.facts.mergesLayers !== false) return new Map();
  const signal = AbortSignal.any([cancelled, AbortSignal.timeout(mostMs)]);
  const sizes = new Map<Step, StepBytes>();
  const { enable, endpoint } = before.settings.engine;
  if (ports.engine && enable !== 'off') {
    const asked = await askEngine(ports.engine, { endpoint }, done, signal).catch(() => null);
    if (asked) return asked;
  }
  if (image === null) return sizes;
  const rows = await ports.builder?.history?.(image, order, signal).catch(() => []);
  for (const [step, bytes] of layerBytes(plan, rows ?? [])) {
    sizes.set(step, { bytes, links: false });
  }
  return sizes;
}

/** Null: it is not the engine that the builder belongs to. */
async function askEngine(
  engine: Engine,
  choice: EngineChoice,
  done: Finished,
  signal: AbortSignal,
): Promise<ReadonlyMap<Step, StepBytes> | null> {
  const { before, found, image: id, results, layers, startedAt } = done;
  const { plan, sizes: counted } = before.analysis;
  const info = await engine.about(choice, signal);
  if (info.store !== (found.facts.store ?? 'classic')) return null;
  const image = id === null ? null : await engine.image(choice, id, signal);
  if (id !== null && image === null) return null;
  const [entries, bases] = await Promise.all([
    // Without it the image still says what its own layers are.
    engine.buildCache(choice, signal).catch(() => []),
    basesOf(engine, choice, plan, signal),
  ]);
  const ofCache = cacheSizes(plan, entries, info, {
    files(step) {
      const size = counted.get(step);
      const isExact = size?.basis === 'computed' && !size.atLeast && step.copy !== null;
      return isExact ? (size.bytes ?? undefined) : undefined;
    },
    image: (reference) => bases.get(reference),
    since: (step) => (results.get(step)?.outcome === 'ran' ? startedAt : null),
  });
  const sizes = new Map<Step, StepBytes>();
  for (const [step, { bytes, links, sure, only, at }] of ofCache) {
    const made = only && at !== null && { madeAt: at };
    if (sure) sizes.set(step, { bytes, links, ...made });
  }
  if (image)
    for (const [step, bytes] of imageSizes(plan, image, layers)) {
      sizes.set(step, { ...sizes.get(step), bytes, links: false });
    }
  return sizes;
}

/** How many layers images have that stages start from, as far as the plan does not know them. */
async function basesOf(
  engine: Engine,
  choice: EngineChoice,
  { stages }: Plan,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, BaseImage>> {
  const unknown = stages.filter(
    ({ needed, base }) => needed && !base.image && !base.scratch && base.stage === null,
  );
  const references = [...new Set(unknown.map(({ base }) => base.reference))];
  const found = await Promise.all(
    references.map(async (reference) => {
      const image = await engine.image(choice, reference, signal).catch(() => null);
      const layers = image?.diffIds.length ?? 0;
      return layers > 0 ? [[reference, { config: {}, history: [], layers }] as const] : [];
    }),
  );
  return new Map(found.flat());
}

/** By what the builder said of lines and layers, else by the texts of the image's history. */
export function imageSizes(
  plan: Plan,
  image: EngineImage,
  layers: readonly LayerOfLine[],
): ReadonlyMap<Step, number> {
  const sizes = new Map<Step, number>();
  const { certain, rows } = lay(plan, image);
  for (const [step, { row, match }] of certain ? rows : []) {
    if (step.effect === 'layer' && match === 'same' && row.bytes !== null)
      sizes.set(step, row.bytes);
  }
  const byLayer = new Map<number, number>();
  const { of, contradicts } = rowLayers(image, readRows(image), null);
  for (const [at, layer] of contradicts ? [] : of.entries()) {
    const bytes = image.history[at]?.bytes ?? null;
    if (layer !== null && bytes !== null) byLayer.set(layer, bytes);
  }
  for (const [step, layer] of layersOfSteps(plan, layers)) {
    const bytes = byLayer.get(layer);
    if (bytes !== undefined) sizes.set(step, bytes);
  }
  return sizes;
}

/**
 * What `--metadata-file` says of a build that ended: the image that it made, and, where buildx adds
 * the provenance of its record, which layer of the image each line made. From outside, so that each
 * piece is checked.
 */

import type { Plan, Step } from '../model/plan.ts';

export interface BuildMetadata {
  /** Digest of the image, by which the engine that it came to has it; null: not told. */
  readonly image: string | null;
  /** Lines of the operations that made layers of the image; empty: not told. */
  readonly layers: readonly LayerOfLine[];
}

/** An operation with the layer that it made. */
export interface LayerOfLine {
  /** First lines, from 1, of the instructions that are this operation. */
  readonly lines: readonly number[];
  /** Position among the layers of the image, the base first. */
  readonly layer: number;
}

const nothing: BuildMetadata = { image: null, layers: [] };
const longest = 64_000_000;
const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** Any text in. Never throws. */
export function readBuildMetadata(text: string): BuildMetadata {
  if (text.length > longest) return nothing;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return nothing;
  }
  const metadata = objectOf(value);
  const digest = metadata['containerimage.digest'];
  const image = typeof digest === 'string' && digestPattern.test(digest) ? digest : null;
  return { image, layers: layersIn(objectOf(metadata['buildx.build.provenance'])) };
}

/** The member of provenance that BuildKit fills (`util/provenance`). */
const ofBuildKit = 'https://mobyproject.org/buildkit@v1#metadata';

function layersIn(provenance: Json): readonly LayerOfLine[] {
  const { layers, source } = objectOf(objectOf(provenance.metadata)[ofBuildKit]);
  const locations = objectOf(objectOf(source).locations);
  const found: LayerOfLine[] = [];
  for (const [output, chains] of Object.entries(objectOf(layers))) {
    // `step6:0`: an operation and which of its outputs. Several chains are those of several platforms.
    const [chain, ...others] = listOf(chains).map(listOf);
    const name = output.replace(/:\d+$/, '');
    if (!chain || chain.length === 0 || others.length > 0) continue;
    const lines = linesOf(objectOf(locations[name]));
    if (lines.length > 0) found.push({ lines, layer: chain.length - 1 });
  }
  return found;
}

function linesOf({ locations }: Json): readonly number[] {
  return listOf(locations).flatMap((location) => {
    const [range] = listOf(objectOf(location).ranges);
    const { line } = objectOf(objectOf(range).start);
    return typeof line === 'number' && Number.isInteger(line) && line > 0 ? [line] : [];
  });
}

/**
 * Which layer of the target's image each step made, by its line. Of steps that stand on one line, as
 * triggers do, none is told.
 */
export function layersOfSteps(
  { stages, target }: Plan,
  layers: readonly LayerOfLine[],
): ReadonlyMap<Step, number> {
  const byLine = new Map<number, number | null>();
  for (const { lines, layer } of layers) {
    for (const line of lines) byLine.set(line, byLine.has(line) ? null : layer);
  }
  const found = new Map<Step, number>();
  for (let at: number | null = target; at !== null; ) {
    const stage: Plan['stages'][number] | undefined = stages[at];
    if (!stage || stage.replaced) break;
    for (const step of stage.steps) {
      const layer = byLine.get(step.instruction.lines.start) ?? null;
      if (step.effect === 'layer' && layer !== null) found.set(step, layer);
    }
    at = stage.base.stage;
  }
  return found;
}

type Json = Readonly<Record<string, unknown>>;

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

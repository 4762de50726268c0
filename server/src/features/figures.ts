/** Figures and effects of instructions and stages as the reports carry them. */

import type { Analysis } from '../analysis.ts';
import type { BaseFacts } from '../images/baseFacts.ts';
import type { Stage } from '../model/plan.ts';
import type { SizeReport, StackReport } from '../protocol.ts';
import { count } from './render.ts';
import type { Row } from './rows.ts';

/** `stage build`, or `stage 0` for one without a name. */
export function stageLabel(stage: Stage): string {
  return `stage ${stage.name ?? stage.index}`;
}

/**
 * The words for what an instruction does, the parts of a hint: `layer 3`; `base` and its layers;
 * `metadata`; `not built`. None for an instruction that BuildKit refuses.
 */
export function effectWords(analysis: Analysis, row: Row): readonly string[] {
  if (row.kind === 'global') return isInvalid(row) ? [] : ['metadata'];
  if (isInvalid(row)) return [];
  if (!row.stage.needed) return ['not built'];
  if (row.kind === 'from') return ['base', ...baseWords(analysis, row.stage)];
  const { step } = row;
  return [step.effect === 'layer' && step.layer !== null ? `layer ${step.layer}` : 'metadata'];
}

function isInvalid(row: Row): boolean {
  return row.kind === 'from' ? row.stage.from.base === '' : row.step.command.kind === 'invalid';
}

/** How many layers a stage starts from; `3+ layers` where those of an image below are not known. */
function baseWords(analysis: Analysis, stage: Stage): readonly string[] {
  const { base } = stage;
  if (base.scratch) return ['empty'];
  const below = baseLayers(analysis, stage);
  if (below !== null) return [count(below, 'layer')];
  const from = base.stage === null ? undefined : analysis.plan.stages[base.stage];
  return from && from.layers > 0 ? [`${from.layers}+ layers`] : [];
}

/** Layers of what a stage starts from, own ones of stages below included; null when not known. */
function baseLayers(analysis: Analysis, stage: Stage): number | null {
  const { base } = stage;
  if (base.scratch) return 0;
  const from = base.stage === null ? undefined : analysis.plan.stages[base.stage];
  if (!from) return knownLayers(analysis, stage);
  const bottom = imageLayers(analysis, stage);
  return bottom === null ? null : bottom + from.layers;
}

/** Layers of the image at the bottom of a stage's chain, own ones excluded; null when not known. */
function imageLayers(analysis: Analysis, stage: Stage): number | null {
  let at = stage;
  // A stage can only start from an earlier one, so this ends.
  for (;;) {
    if (at.base.scratch) return 0;
    const below = at.base.stage === null ? undefined : analysis.plan.stages[at.base.stage];
    if (!below || below.index >= at.index) return knownLayers(analysis, at);
    at = below;
  }
}

function knownLayers(analysis: Analysis, stage: Stage): number | null {
  return stage.base.image?.layers ?? baseFacts(analysis, stage)?.layers ?? null;
}

/** What is known of the image that a stage starts from; null where nothing is, or not yet. */
export function baseFacts(analysis: Analysis, { base, index }: Stage): BaseFacts | null {
  if (base.scratch || base.stage !== null) return null;
  const fact = analysis.sizes.base(index);
  return fact?.state === 'known' ? fact.value : null;
}

/** The size of what an instruction adds; null for metadata. */
export function sizeOf(analysis: Analysis, row: Row): SizeReport | null {
  if (row.kind !== 'step' || row.step.effect !== 'layer') return null;
  if (!row.stage.needed) return unknown('The target does not need this stage.');
  return analysis.sizes.get(row.step) ?? unknown('Its size is not known.');
}

/** The size of what a stage starts from: an image, or all of another stage. */
export function baseSize(analysis: Analysis, stage: Stage): SizeReport {
  return analysis.totals.start(stage.index) ?? unknown('The size of the base is not known.');
}

/** What the stage's own layers add, those of the stages below it included. */
export function ownSize(analysis: Analysis, stage: Stage): SizeReport {
  return analysis.totals.of(stage.index)?.own ?? unknown('The size of the stage is not known.');
}

/** Layers and sizes of the image that is built. */
export function targetTotals(analysis: Analysis): StackReport['totals'] {
  const { plan, totals } = analysis;
  const target = plan.stages[plan.target];
  const none = unknown('There is no stage to build.');
  const { size, base, own } = totals.of(plan.target) ?? { size: none, base: none, own: none };
  const baseLayers = target ? imageLayers(analysis, target) : null;
  return { layers: target?.layers ?? 0, baseLayers, size, base, own };
}

/** No figure, and why. */
export function unknown(reason: string): SizeReport {
  return { basis: 'unknown', bytes: null, low: null, high: null, atLeast: false, reason };
}

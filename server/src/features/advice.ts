/**
 * Advice on layers, as hints: a RUN that stores again what an earlier line stored, or that deletes
 * in vain. Only where the figure is exact and large enough to matter; the hover says the same of
 * small ones. Merging RUN lines is no advice, since splitting them is often right.
 */

import type { Analysis } from '../analysis.ts';
import type { Stage, Step } from '../model/plan.ts';
import type { Problem } from '../syntax/ast.ts';
import { type Rewrite, rewrites } from './copyOnWrite.ts';
import { bytes } from './render.ts';

/** What is smaller is not worth a mark in the editor. */
const smallestBytes = 1_000_000;

/** At most one advice per line, in source order. */
export function advice(analysis: Analysis): readonly Problem[] {
  const { plan, sizes } = analysis;
  const isWorth = (step: Step) => step.copy && (sizes.get(step)?.bytes ?? 0) >= smallestBytes;
  const needed = plan.stages.filter((stage) => stage.needed);
  // Scripts are read only where something large was copied at all.
  if (!needed.some(({ triggers, steps }) => [...triggers, ...steps].some(isWorth))) return [];
  return needed.flatMap((stage) =>
    stage.steps.flatMap((step) => adviceOn(analysis, stage, step) ?? []),
  );
}

function adviceOn(analysis: Analysis, stage: Stage, step: Step): Problem | null {
  const [largest] = rewrites(analysis, stage, step)
    .filter((rewrite) => !rewrite.atMost && (rewrite.bytes ?? 0) >= smallestBytes)
    .sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0));
  if (!largest) return null;
  return {
    code: largest.kind === 'remove' ? 'frees-nothing' : 'stores-again',
    severity: 'hint',
    message: sentence(largest, bytes(largest.bytes ?? 0, analysis.settings.units)),
    span: step.instruction.keywordSpan,
  };
}

function sentence({ kind, program, made }: Rewrite, size: string): string {
  const line = `line ${made.instruction.lines.start}`;
  if (kind === 'remove') {
    return `${program} frees nothing: the ${size} of ${line} stay in the layer of that line. Leave them out there, or copy them in a stage that the image is not built from.`;
  }
  const better = { owner: ` Use COPY --chown in ${line}.`, mode: ` Use COPY --chmod in ${line}.` };
  const advised = kind === 'owner' || kind === 'mode' ? better[kind] : '';
  return `${program} stores again the ${size} that ${line} stored already.${advised}`;
}

/**
 * Advice on layers, the largest of each line: what a RUN leaves behind, stores again or deletes in
 * vain. Only where the figure is known and large enough to matter, and only in the stages that the
 * image is built from: what other stages leave behind is not in it. The hover says more, of small
 * ones too. Merging RUN lines is no advice, since splitting them is often right.
 */

import type { Analysis } from '../analysis.ts';
import type { Stage, Step } from '../model/plan.ts';
import type { AdviceName } from '../settings.ts';
import type { Problem } from '../syntax/ast.ts';
import { type Advice, adviceOnRun, needsLists } from './adviceOnRun.ts';
import { type Rewrite, rewrites } from './copyOnWrite.ts';
import { bytes } from './render.ts';
import { vainSentence } from './vainSentence.ts';

/** What is smaller is not worth a mark in the editor. */
const smallestBytes = 1_000_000;

const switches: Readonly<Record<Advice['code'], AdviceName>> = {
  'lists-left-behind': 'listsLeftBehind',
  'archives-left-behind': 'archivesLeftBehind',
  'cache-left-behind': 'cacheLeftBehind',
  'recommended-packages': 'recommendedPackages',
  'stores-again': 'storesAgain',
  'frees-nothing': 'freesNothing',
};

/**
 * At most one advice per line, in source order. Where hadolint is there it names some of the same
 * lines, so that ours, which have the bytes, are hints.
 */
export function advice(analysis: Analysis, hadolint = false): readonly Problem[] {
  const { plan, sizes, settings } = analysis;
  const chain = chainOf(analysis);
  const isWorth = (step: Step) => step.copy && (sizes.get(step)?.bytes ?? 0) >= smallestBytes;
  // Scripts are read for that only where something large was copied at all.
  const hasCopies = chain.some(({ triggers, steps }) => [...triggers, ...steps].some(isWorth));
  const steps = chain.flatMap((stage) => stage.steps.map((step) => ({ stage, step })));
  const runs = steps.flatMap(({ step }) => step.run ?? []);
  const vain = sizes.inVain(plan.target);
  let place = 0;
  let last: number | null = null;
  const isNeededBelow = () => {
    last ??= runs.findLastIndex(needsLists);
    return last >= place;
  };
  return steps.flatMap(({ stage, step }): readonly Problem[] => {
    if (!step.run) return [];
    place += 1;
    const found = [
      ...adviceOnRun(analysis, step, isNeededBelow),
      ...(hasCopies ? onCopies(analysis, stage, step) : []),
      ...(vain.get(step) ?? []).map((one) => ({
        code: 'frees-nothing' as const,
        severity: 'hint' as const,
        bytes: one.bytes,
        message: vainSentence(one, settings.units),
      })),
    ].filter(({ code }) => settings.advice[switches[code]]);
    const [largest] = found.sort((a, b) => b.bytes - a.bytes);
    if (!largest) return [];
    const { code, message } = largest;
    const severity = hadolint ? 'hint' : largest.severity;
    return [{ code, severity, message, span: step.instruction.keywordSpan }];
  });
}

/** The stages whose layers the image has, in source order. */
function chainOf({ plan }: Analysis): readonly Stage[] {
  const chain: Stage[] = [];
  for (let at = plan.stages[plan.target]; at; ) {
    chain.unshift(at);
    const index: number | null = at.base.stage;
    at = index !== null && index < at.index ? plan.stages[index] : undefined;
  }
  return chain;
}

function onCopies(analysis: Analysis, stage: Stage, step: Step): readonly Advice[] {
  return rewrites(analysis, stage, step)
    .filter((rewrite) => !rewrite.atMost && (rewrite.bytes ?? 0) >= smallestBytes)
    .map((rewrite) => ({
      code: rewrite.kind === 'remove' ? 'frees-nothing' : 'stores-again',
      severity: 'hint',
      bytes: rewrite.bytes ?? 0,
      message: sentence(rewrite, bytes(rewrite.bytes ?? 0, analysis.settings.units)),
    }));
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

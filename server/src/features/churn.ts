/** What an edit costs: how often what a line takes changes, and what then runs again. */

import type { Analysis } from '../analysis.ts';
import type { Stage, Step } from '../model/plan.ts';
import type { ChurnReport } from '../protocol.ts';
import { bytes as bytesText, count, duration, grouped, type Units } from './render.ts';

/**
 * How often what a step takes from the context changed, with the steps that follow it in its stage
 * and in stages on top; null where that is not known, and for steps that take nothing.
 */
export function churnReport(analysis: Analysis, stage: Stage, step: Step): ChurnReport | null {
  if (!stage.needed) return null;
  const fact = analysis.churn.of(step);
  if (fact.state !== 'known') return null;
  const { steps, ms, bytes, unknownTimes, unknownSizes } = behind(analysis).get(step) ?? nothing;
  const { commits, changed, takesRepository = false } = fact.value;
  const figures = {
    commits,
    changed,
    steps,
    ms: steps === 0 || unknownTimes > 0 ? null : ms,
    bytes: steps === 0 || unknownSizes > 0 ? null : bytes,
  };
  const text = sentences(figures, analysis.settings.units);
  return { ...figures, text: takesRepository ? `${text} ${repository}` : text };
}

const repository =
  'It takes .git too, which every commit changes; .dockerignore can leave that out.';

/** What steps took and stored when they were last built. */
interface Sum {
  readonly steps: number;
  readonly ms: number;
  readonly bytes: number;
  readonly unknownTimes: number;
  readonly unknownSizes: number;
}

const nothing: Sum = { steps: 0, ms: 0, bytes: 0, unknownTimes: 0, unknownSizes: 0 };

const remembered = new WeakMap<Analysis, ReadonlyMap<Step, Sum>>();

/**
 * For each step of needed stages: those that make a layer behind it, in its stage and in needed stages
 * that are built on it. Made once for all, from the end.
 */
function behind(analysis: Analysis): ReadonlyMap<Step, Sum> {
  const known = remembered.get(analysis);
  if (known) return known;
  const found = new Map<Step, Sum>();
  const above = new Map<number, Sum>();
  for (const { index, needed, base, triggers, steps } of analysis.plan.stages.toReversed()) {
    if (!needed) continue;
    let sum = above.get(index) ?? nothing;
    for (const step of [...triggers, ...steps].reverse()) {
      found.set(step, sum);
      if (step.effect === 'layer') sum = plus(sum, analysis.cache.of(step)?.last ?? null);
    }
    if (base.stage === null || base.stage >= index) continue;
    const other = above.get(base.stage) ?? nothing;
    above.set(base.stage, {
      steps: sum.steps + other.steps,
      ms: sum.ms + other.ms,
      bytes: sum.bytes + other.bytes,
      unknownTimes: sum.unknownTimes + other.unknownTimes,
      unknownSizes: sum.unknownSizes + other.unknownSizes,
    });
  }
  remembered.set(analysis, found);
  return found;
}

function plus(
  sum: Sum,
  last: { readonly ms: number | null; readonly bytes: number | null } | null,
) {
  const { ms = null, bytes = null } = last ?? {};
  return {
    steps: sum.steps + 1,
    ms: sum.ms + (ms ?? 0),
    bytes: sum.bytes + (bytes ?? 0),
    unknownTimes: sum.unknownTimes + (ms === null ? 1 : 0),
    unknownSizes: sum.unknownSizes + (bytes === null ? 1 : 0),
  };
}

/** The same in words, one or two sentences; null where nothing is known. */
export function churnSentence(analysis: Analysis, stage: Stage, step: Step): string | null {
  return churnReport(analysis, stage, step)?.text ?? null;
}

function sentences(
  { commits, changed, steps, ms, bytes: stored }: Omit<ChurnReport, 'text'>,
  units: Units,
): string {
  const only = 'The one commit that there is';
  const looked = `the last ${grouped(commits)} commits`;
  if (changed === 0) {
    return `${commits === 1 ? `${only} has not` : `None of ${looked}`} changed what it takes.`;
  }
  const often = `${commits === 1 ? only : `${grouped(changed)} of ${looked}`} changed what it takes`;
  if (steps === 0) return `${often}.`;
  const measured = [
    ...(ms === null ? [] : [duration(ms)]),
    ...(stored === null ? [] : [bytesText(stored, units)]),
  ].join(' and ');
  const cost = measured === '' ? '' : `, ${measured} as last built`;
  const again = steps === 1 ? 'the step after it runs' : `the ${count(steps, 'step')} after it run`;
  const total = ms !== null && changed > 1 ? ` Together that is ${duration(ms * changed)}.` : '';
  return `${often}; each time ${again} again${cost}.${total}`;
}

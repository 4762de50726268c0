/** What an edit costs: how often what a line takes changes, and what then runs again. */

import type { Analysis } from '../analysis.ts';
import type { Stage, Step } from '../model/plan.ts';
import type { ChurnReport } from '../protocol.ts';
import { behind } from './churnBehind.ts';
import { bytes as bytesText, count, duration, grouped, type Units } from './render.ts';

/**
 * How often what a step takes from the context changed, with the steps that follow it in its stage
 * and in stages that take from it; null where that is not known, and for steps that take nothing.
 */
export function churnReport(analysis: Analysis, stage: Stage, step: Step): ChurnReport | null {
  if (!stage.needed) return null;
  const fact = analysis.churn.of(step);
  if (fact.state !== 'known') return null;
  const { steps, ms, bytes, unknownTimes, unknownSizes } = behind(analysis, stage, step);
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

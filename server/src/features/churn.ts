/** What an edit costs: how often what a line takes changes, and what then runs again. */

import type { Analysis } from '../analysis.ts';
import type { Stage, Step } from '../model/plan.ts';
import type { ChurnReport } from '../protocol.ts';
import { type Behind, behind } from './churnBehind.ts';
import { bytes as bytesText, count, duration, grouped, type Units } from './render.ts';

/**
 * How often what a step takes from the context changed, with the steps that follow it in its stage
 * and in stages that take from it; null where that is not known, and for steps that take nothing.
 */
export function churnReport(analysis: Analysis, stage: Stage, step: Step): ChurnReport | null {
  if (!stage.needed) return null;
  const fact = analysis.churn.of(step);
  if (fact.state !== 'known') return null;
  const sum = behind(analysis, stage, step);
  const { steps, ms, bytes, unknownTimes, unknownSizes } = sum;
  const { commits, changed, takesRepository = false } = fact.value;
  const figures = {
    commits,
    changed,
    steps,
    ms: steps === 0 || unknownTimes > 0 ? null : ms,
    bytes: steps === 0 || unknownSizes > 0 ? null : bytes,
  };
  const text = sentences(figures, sum, analysis.settings.units);
  return { ...figures, text: takesRepository ? `${text} ${repository}` : text };
}

const repository =
  'It takes .git too, which every commit changes; .dockerignore can leave that out.';

/**
 * The same in words, one or two sentences, or why git tells nothing of a repository that is there;
 * null where there is nothing to say.
 */
export function churnSentence(analysis: Analysis, stage: Stage, step: Step): string | null {
  const report = churnReport(analysis, stage, step);
  if (report) return report.text;
  const fact = stage.needed ? analysis.churn.of(step) : null;
  const isOdd = fact?.state === 'unavailable' && faults.test(fact.reason);
  return isOdd ? `How often what it takes changes is not known. ${fact.reason}` : null;
}

/** What a user can put right; that there is no repository is no news. */
const faults = /^(Git refuses|Git could not|The clone is shallow|This git is too old)/;

function sentences(
  { commits, changed, steps, ms, bytes: stored }: Omit<ChurnReport, 'text'>,
  sum: Behind,
  units: Units,
): string {
  const only = 'The one commit that there is';
  const looked = `the last ${grouped(commits)} commits`;
  if (changed === 0) {
    return `${commits === 1 ? `${only} has not` : `None of ${looked}`} changed what it takes.`;
  }
  const often = `${commits === 1 ? only : `${grouped(changed)} of ${looked}`} changed what it takes`;
  if (steps === 0) return `${often}.`;
  const least = (known: number | null) => (known === null ? 'at least ' : '');
  const measured = [
    ...(ms !== null || sum.ms > 0 ? [`${least(ms)}${duration(sum.ms)}`] : []),
    ...(stored !== null || sum.bytes > 0 ? [`${least(stored)}${bytesText(sum.bytes, units)}`] : []),
  ].join(' and ');
  const cost = measured === '' ? '' : `, ${measured} as last built`;
  const again = steps === 1 ? 'the step after it runs' : `the ${count(steps, 'step')} after it run`;
  const total = ms !== null && changed > 1 ? ` Together that is ${duration(ms * changed)}.` : '';
  return `${often}; each time ${again} again${cost}.${total}`;
}

/** What an edit costs: how often what a line takes changes, and what then runs again. */

import type { Analysis } from '../analysis.ts';
import type { Stage, Step } from '../model/plan.ts';
import type { ChurnReport } from '../protocol.ts';
import { bytes, count, duration, grouped } from './render.ts';

/**
 * How often what a step takes from the context changed, with the steps that follow it in its stage
 * and in stages on top; null where that is not known, and for steps that take nothing.
 */
export function churnReport(analysis: Analysis, stage: Stage, step: Step): ChurnReport | null {
  if (!stage.needed) return null;
  const fact = analysis.churn.of(step);
  if (fact.state !== 'known') return null;
  const follow = following(analysis, stage, step);
  const last = follow.map((one) => analysis.cache.of(one)?.last ?? null);
  return {
    ...fact.value,
    steps: follow.length,
    ms: sum(last.map((one) => one?.ms ?? null)),
    bytes: sum(last.map((one) => one?.bytes ?? null)),
  };
}

/** A sum in which nothing is missing; null where something is, and of nothing. */
function sum(values: readonly (number | null)[]): number | null {
  if (values.length === 0) return null;
  return values.reduce((all, one) => (all === null || one === null ? null : all + one), 0);
}

/** The steps that make a layer behind this one, in its stage and in needed stages built on it. */
function following({ plan }: Analysis, stage: Stage, step: Step): readonly Step[] {
  const all = [...stage.triggers, ...stage.steps];
  const own = all.slice(all.indexOf(step) + 1);
  const above = new Set([stage.index]);
  const later = plan.stages.filter(({ index, needed, base }) => {
    const isOn = needed && base.stage !== null && above.has(base.stage) && index !== stage.index;
    if (isOn) above.add(index);
    return isOn;
  });
  const steps = [...own, ...later.flatMap(({ triggers, steps: own }) => [...triggers, ...own])];
  return steps.filter(({ effect }) => effect === 'layer');
}

/** The same in words, one or two sentences; null where nothing is known. */
export function churnSentence(analysis: Analysis, stage: Stage, step: Step): string | null {
  const report = churnReport(analysis, stage, step);
  if (!report) return null;
  const { commits, changed, steps, ms, bytes: stored } = report;
  const looked = commits === 1 ? 'the last commit' : `the last ${grouped(commits)} commits`;
  if (changed === 0) return `None of ${looked} changed what it takes.`;
  const often = `${grouped(changed)} of ${looked} changed what it takes`;
  if (steps === 0) return `${often}.`;
  const measured = [
    ...(ms === null ? [] : [duration(ms)]),
    ...(stored === null ? [] : [bytes(stored, analysis.settings.units)]),
  ].join(' and ');
  const cost = measured === '' ? '' : `, ${measured} as last built`;
  const again = steps === 1 ? 'the step after it runs' : `the ${count(steps, 'step')} after it run`;
  const total = ms !== null && changed > 1 ? ` Together that is ${duration(ms * changed)}.` : '';
  return `${often}; each time ${again} again${cost}.${total}`;
}

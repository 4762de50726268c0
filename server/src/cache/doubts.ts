/** Which doubts hold by what was foretold of the steps above, and what makes sources of a step other ones. */

import type { Step } from '../model/plan.ts';
import type { Cause } from './causeWords.ts';
import type { Doubt, KeyedPlan, KeyedStep } from './keyedStep.ts';
import type { Prediction } from './prediction.ts';
import type { RecordIndex } from './recordIndex.ts';

/** What is foretold so far. */
export interface Foretold {
  readonly keyed: KeyedPlan;
  readonly index: RecordIndex;
  readonly predictions: ReadonlyMap<Step, Prediction>;
  /** Causes of the first miss of each stage. */
  readonly misses: ReadonlyMap<number, Cause>;
}

/** The cause of the first miss in a stage that the step takes files from. */
export function sourceCause(at: KeyedStep, going: Foretold): Cause | null {
  for (const doubt of at.doubts) {
    const cause = runsAgain(doubt, going) ? causeAt(doubt, going) : null;
    if (cause) return cause;
  }
  for (const stage of sourceStages(at.step)) {
    const cause = firstMiss(stage, going);
    if (cause) return cause;
  }
  return null;
}

function sourceStages({ copy, run }: Step): readonly number[] {
  const origins = [copy?.origin, ...(run?.mounts ?? []).map(({ origin }) => origin)];
  return origins.flatMap((origin) => (origin?.kind === 'stage' ? [origin.stage] : []));
}

function firstMiss(index: number, { keyed, misses }: Foretold): Cause | null {
  for (let stage = keyed.plan.stages[index]; stage; ) {
    const cause = misses.get(stage.index);
    if (cause) return cause;
    stage = stage.base.stage === null ? undefined : keyed.plan.stages[stage.base.stage];
  }
  return null;
}

/** Not where the step that it is about is surely taken from cache. */
export function isActive({ of, step }: Doubt, { predictions, index }: Foretold): boolean {
  if (step) return predictions.get(step)?.word !== 'cached';
  return of === null || index.byKey(of) === undefined;
}

/**
 * Is the step that it is about taken from a build of which this one was no part? What it made there is
 * not what this one found when it was made.
 */
export function isOfAnother({ of, step }: Doubt, key: string, { keyed, index }: Foretold): boolean {
  const maker = (step ? keyed.of(step)?.key : null) ?? of;
  return maker !== null && !index.hasBoth(key, maker);
}

/** Is the step that it is about one that runs again? */
export function runsAgain({ step }: Doubt, { predictions }: Foretold): boolean {
  const word = step && predictions.get(step)?.word;
  return word === 'changed' || word === 'rebuild';
}

/** Why that step runs again, told at a line; null: nothing is told. */
export function causeAt({ step }: Doubt, { predictions }: Foretold): Cause | null {
  const cause = step && predictions.get(step)?.cause;
  return cause ? { span: cause.span ?? step.instruction.span, reason: cause.reason } : null;
}

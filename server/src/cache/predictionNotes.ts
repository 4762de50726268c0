/** What is worth knowing beside what is foretold of a step. */

import type { KeyedPlan, KeyedStep } from './keyedStep.ts';
import { unnoticedNotes } from './unnoticed.ts';

/** Notes on the steps of one plan, asked for in their order: what is true of an image is said once. */
export function notesOn(keyed: KeyedPlan): (at: KeyedStep, isFirst: boolean) => readonly string[] {
  const told = new Set<string>();
  return (at, isFirst) => {
    const notes: string[] = [];
    const base = isFirst ? keyed.base(at.stage)?.unmoved : null;
    for (const reference of [...(base ? [base] : []), ...keyed.images(at.step)]) {
      if (told.has(reference)) continue;
      told.add(reference);
      notes.push(`The image ${reference} counts as unmoved; no engine or registry was asked.`);
    }
    notes.push(...unnoticedNotes(at.unnoticed));
    return notes;
  };
}

/** Which RUN lines of a stage stand next to each other, and which of them fit together. */

import type { Stage, Step } from '../model/plan.ts';
import { longestScript } from '../shell/shellTree.ts';
import { type Candidate, readCandidate } from './candidates.ts';
import { refusalBetween } from './joinScripts.ts';

/** The maximal runs of two or more neighbouring RUN lines in a stage, whether they can be merged or not. */
export function mergeGroups(stage: Stage): readonly (readonly Step[])[] {
  const groups: Step[][] = [];
  let open: Step[] = [];
  for (const step of stage.steps) {
    if (step.command.kind === 'run') {
      if (open.length === 0) groups.push(open);
      open.push(step);
    } else open = [];
  }
  return groups.filter(({ length }) => length > 1);
}

/**
 * Each group cut where two neighbours cannot be merged: runs of two or more steps of which all
 * neighbours fit together. In linear time; `mergeRuns` has the last word on each.
 */
export function mergeableGroups(stage: Stage): readonly (readonly Step[])[] {
  return mergeGroups(stage).flatMap((group) => {
    const parts: Step[][] = [];
    let before: Candidate | undefined;
    let length = 0;
    for (const step of group) {
      const reading = readCandidate(step);
      const candidate = reading.ok ? reading.candidate : undefined;
      length += candidate?.facts.text.length ?? 0;
      if (before && candidate && fitTogether(before, candidate) && length <= longestScript) {
        parts.at(-1)?.push(step);
      } else {
        parts.push([step]);
        length = candidate?.facts.text.length ?? 0;
      }
      before = candidate;
    }
    return parts.filter((part) => part.length > 1);
  });
}

function fitTogether(first: Candidate, second: Candidate): boolean {
  return (
    first.surroundings === second.surroundings &&
    refusalBetween(first.facts, second.facts, first.shell, first.place) === undefined
  );
}

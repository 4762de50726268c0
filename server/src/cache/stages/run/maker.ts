/** What stands for all that a RUN leaves whose commands are not followed. */

import type { ResolvedRun, Step } from '../../../model/plan.ts';
import type { Draft } from '../draft.ts';
import { standsOn } from '../line.ts';
import type { Making } from '../making.ts';
import { certain, joinMarks, limited, type Marks } from '../marks.ts';
import type { Maker } from '../nodes.ts';
import { mountContents } from './mounts.ts';
import type { Script } from './script.ts';
import { isTame } from './tame.ts';

/** What stands for all that a RUN leaves: its words, the variables in them, and what it may read. */
export function makerOf(
  making: Making,
  draft: Draft,
  before: Draft['root'],
  step: Step,
  run: ResolvedRun,
  { variables, touches, tools }: Script,
): Maker {
  const seen = making.identityOf(before);
  const mounts = mountContents(making, step, run);
  const id = making.hash(
    JSON.stringify([
      'run',
      run.argv,
      run.program ?? null,
      variables,
      run.cwd,
      run.user,
      run.network,
      seen.digest,
      mounts.map(({ digest }) => digest),
    ]),
  );
  let marks: Marks = seen.marks;
  for (const mount of mounts) marks = joinMarks(marks, mount.marks);
  // Those below in the chain run again only when this one does too.
  const others = [...marks.reruns].filter((other) => !standsOn(draft.line, other));
  const unstable = [...marks.unstable].filter((other) => !standsOn(draft.line, other));
  return {
    id,
    marks: limited({
      ...certain,
      reruns: new Set([...others, draft.line]),
      unstable: new Set(unstable),
      // Other words, or other files to read, may well make the same.
      lossy: new Set([draft.line]),
      unknown: marks.unknown,
    }),
    ...touches,
    isTame: tools && isTame(before),
  };
}

/**
 * What a RUN does to the tree of its stage. Commands that are known, with all their words, are
 * followed. Any other RUN is not seen: what it leaves is told by what it depends on, and what was
 * copied before and is not named in it counts as likely untouched.
 */

import type { ResolvedRun, Step } from '../../../model/plan.ts';
import type { Draft } from '../draft.ts';
import { veil } from '../entries.ts';
import type { Making } from '../making.ts';
import { Unfollowed } from '../unfollowed.ts';
import type { Following } from './call.ts';
import { followCommands } from './commands.ts';
import { confine } from './confined.ts';
import { forgivesFailure } from './forgives.ts';
import { makerOf } from './maker.ts';
import { mounted, unmounted } from './mounts.ts';
import { runsOwnPrograms } from './ownPrograms.ts';
import type { Script } from './script.ts';

/** Applies a RUN to the tree of its stage. */
export function applyRun(
  making: Making,
  draft: Draft,
  step: Step,
  run: ResolvedRun,
  read: Script,
): void {
  const before = draft.root;
  const maker = lazily(() => makerOf(making, draft, before, step, run, read));
  const { commands, confined, script, variables } = read;
  const known = commands ?? confined;
  if (known && !runsOwnPrograms(draft.root, run, script, known)) {
    const forgives = forgivesFailure(script, run);
    const following = { making, draft, step, run, script, variables, forgives, maker };
    const isDone =
      (commands && tried(following, () => followCommands(following, commands))) ||
      (confined && tried(following, () => confine(following, confined)));
    if (isDone) return;
  }
  draft.root = veil(before, maker(), '/');
}

/** False: it cannot be followed in that way, and nothing is changed. */
function tried(following: Following, follow: () => void): boolean {
  const { making, draft, step, run } = following;
  const before = draft.root;
  try {
    const restore = mounted(making, draft, step, run);
    follow();
    unmounted(draft, restore);
    return true;
  } catch (error) {
    if (!(error instanceof Unfollowed)) throw error;
    draft.root = before;
    return false;
  }
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

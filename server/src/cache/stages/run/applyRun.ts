/**
 * What a RUN does to the tree of its stage. Commands that are known, with all their words, are
 * followed. Any other RUN is not seen: what it leaves is told by what it depends on, and what was
 * copied before and is not named in it counts as likely untouched.
 */

import type { Plan, ResolvedRun, Step } from '../../../model/plan.ts';
import { readRun } from '../../../shell/readRun.ts';
import type { Draft } from '../draft.ts';
import type { Making } from '../making.ts';
import { veil } from '../nodes.ts';
import { Unfollowed } from '../unfollowed.ts';
import { followCommands } from './commands.ts';
import { makerOf } from './maker.ts';
import { mounted, unmounted } from './mounts.ts';

/** Applies a RUN to the tree of its stage. */
export function applyRun(
  making: Making,
  draft: Draft,
  step: Step,
  run: ResolvedRun,
  plan: Plan,
): void {
  const before = draft.root;
  const maker = lazily(() => makerOf(making, draft, before, step, run));
  const { commands, unread } = readRun(run, plan.options.platform);
  const script = run.program ?? run.script ?? run.argv.join(' ');
  if (unread === null && !isUncertain(script) && commands.every(({ runs }) => runs === 'always')) {
    try {
      const restore = mounted(making, draft, step, run);
      followCommands({ making, draft, step, run, script, maker }, commands);
      unmounted(draft, restore);
      return;
    } catch (error) {
      if (!(error instanceof Unfollowed)) throw error;
      draft.root = before;
    }
  }
  draft.root = veil(before, maker(), '/');
}

/** What a script may change about itself so that its commands do something else. */
function isUncertain(script: string): boolean {
  return (
    script.length > 20_000 ||
    /\b(umask|alias|noclobber|trap|eval|shopt|coproc|chroot|unshare)\b|\bset\s+-\w*[Cf]/.test(
      script,
    ) ||
    /(^|[;&|({\n]|\b(then|do|else))\s*(\.|source)\s/.test(script) ||
    // What `echo` makes of backslashes differs between shells.
    (/`|\$\(/.test(script) && /\\[^\n]/.test(script)) ||
    // In the background, through process substitutions, and descriptors that are moved.
    /(^|[^&>|\\<])&([^&>\d-]|$)|[<>]\(|\d>&-|<&/m.test(script)
  );
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/**
 * What a RUN does to the tree of its stage. Commands that are known, with all their words, are
 * followed. Any other RUN is not seen: what it leaves is told by what it depends on, and what was
 * copied before and is not named in it counts as likely untouched.
 */

import type { Plan, ResolvedRun, Step } from '../model/plan.ts';
import { readRun } from '../shell/readRun.ts';
import { followCommands } from './runEffectsCommands.ts';
import { mountContents, mounted, unmounted } from './runEffectsMounts.ts';
import { holdsUnnamed, touchesOf } from './runEffectsTouch.ts';
import { type Draft, freeze, Unfollowed } from './stageTreeDraft.ts';
import type { Making } from './stageTreeMaking.ts';
import { certain, joinMarks, type Maker, type Marks, veil } from './stageTreeNodes.ts';

/** Applies a RUN to the tree of its stage. */
export function applyRun(
  making: Making,
  draft: Draft,
  step: Step,
  run: ResolvedRun,
  plan: Plan,
): void {
  freeze(draft);
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
      freeze(draft);
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

/** What stands for all that a RUN leaves: its words, the variables in them, and what it may read. */
function makerOf(
  making: Making,
  draft: Draft,
  before: Draft['root'],
  step: Step,
  run: ResolvedRun,
): Maker {
  const seen = making.digestOf(before);
  const mounts = mountContents(making, step, run);
  const text = [...run.argv, run.program ?? ''].join('\n');
  const id = making.hash(
    JSON.stringify([
      'run',
      run.argv,
      run.program ?? null,
      usedVariables(run, text),
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
  const others = [...marks.reruns].filter((other) => !making.standsOn(draft.stage, other));
  const isUnstable = changesItself(text);
  const unstable = [...marks.unstable].filter((other) => !making.standsOn(draft.stage, other));
  return {
    id,
    marks: {
      ...certain,
      reruns: new Set([...others, step]),
      unstable: isUnstable ? new Set([...unstable, step]) : new Set(unstable),
      // A build rarely reads all that is there, so it may leave the same when some of it differs.
      lossy: !isUnstable && holdsUnnamed(before, text) ? new Set([step]) : certain.lossy,
      unknown: marks.unknown,
    },
    ...touchesOf(run, text),
  };
}

/** Surely prints something else each time, and the script keeps what it prints. */
export function changesItself(text: string): boolean {
  return /\$\{?(RANDOM|SRANDOM|EPOCHSECONDS|EPOCHREALTIME)\b|\bdate\b(?!\s+(-d|--date|-r))[^\n;&]*(>|\)|\|)|\/dev\/u?random\b|\/proc\/(uptime|sys\/kernel\/random\/uuid)\b|\bopenssl\s+rand\b|\buuidgen\b/.test(
    text,
  );
}

/** Variables that the text names, with their values: others may count too, but mostly do not. */
function usedVariables({ env, proxyEnv }: ResolvedRun, text: string): readonly string[] {
  const named = new Set(text.match(/[A-Za-z_]\w*/g));
  return [...env, ...proxyEnv].filter((entry) => {
    const name = entry.slice(0, entry.indexOf('='));
    return named.has(name) && new RegExp(`\\$\\{?[#!]?${name}\\b`).test(text);
  });
}

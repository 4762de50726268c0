/**
 * Estimates that are not made twice. While someone types, most RUN lines execute what they executed
 * before, on an image that is what it was: then the estimate is the same object, and so is the state
 * behind it, which makes that hold for the next line.
 *
 * Known by content, since an edit further up makes all steps of a stage anew. What hangs on the step
 * itself (where a lock file was copied from) is known by the step only.
 */

import type { ResolvedRun, Step } from '../../model/plan.ts';
import { formatPlatform } from '../../model/platform.ts';
import type { RunReading } from '../../shell/commands.ts';
import { readRun } from '../../shell/readRun.ts';
import type { Contribution, SizeFacts, StageState, World } from './draft.ts';
import { estimateRun, type RunEstimate } from './runSize.ts';

/** A RUN by what it executes, whichever step it is: one object for equal ones. */
interface Execution {
  reading: RunReading | null;
}

interface Remembered {
  readonly before: StageState;
  readonly facts: SizeFacts;
  readonly estimate: RunEstimate;
  /** It hangs on the step, too. */
  readonly isBound: boolean;
}

/** How many executions are remembered; the oldest go first. */
const mostExecutions = 4000;
/** How many lines that may follow one state: versions of a line that is being typed. */
const mostVersions = 64;

/** How many estimates are kept in all; then what they hang on is forgotten. */
const mostKept = 12_000;
let kept = 0;

/** So much is remembered that first states, from which all else is found, should be forgotten; asks once. */
export function isTooMuch(): boolean {
  if (kept < mostKept) return false;
  kept = 0;
  return true;
}

const executions = new Map<string, Execution>();
const bySteps = new WeakMap<Step, Remembered>();
const byStates = new WeakMap<StageState, Map<Execution, Remembered>>();

/** The estimate of a RUN on a state, made unless it is remembered. */
export function rememberedEstimate(world: World, before: StageState): RunEstimate {
  const { step, facts } = world;
  const own = bySteps.get(step);
  if (own?.before === before && own.facts === facts) return own.estimate;
  const execution = executionOf(world);
  const versions = byStates.get(before);
  const known = versions?.get(execution);
  if (known?.facts === facts && !known.isBound) {
    bySteps.set(step, known);
    return known.estimate;
  }
  const watched = watch(world);
  execution.reading ??= readRun(world.run, world.platform);
  const fresh = estimateRun(watched.world, before, execution.reading);
  // An equal one in place of it, so that the lines below find the state that they found before.
  const isLike = (one: RunEstimate) =>
    one.state.installed === before.installed && fresh.state.installed === before.installed;
  const estimate =
    known && isLike(known.estimate) && areEqual(known.estimate, fresh) ? known.estimate : fresh;
  const made: Remembered = { before, facts, estimate, isBound: watched.asked() };
  bySteps.set(step, made);
  const all = versions ?? new Map<Execution, Remembered>();
  if (!versions) byStates.set(before, all);
  all.delete(execution);
  all.set(execution, made);
  if (all.size > mostVersions) all.delete(all.keys().next().value as Execution);
  kept += 1;
  return estimate;
}

function areEqual(one: RunEstimate, other: RunEstimate): boolean {
  const { contributions, removed, size, state } = other;
  return (
    one.size.reason === size.reason &&
    areSame(one.contributions, contributions) &&
    areSame(one.removed, removed) &&
    JSON.stringify(plain(one.state)) === JSON.stringify(plain(state))
  );
}

function areSame(one: readonly Contribution[], other: readonly Contribution[]): boolean {
  return one.length === other.length && JSON.stringify(one) === JSON.stringify(other);
}

/** Without the packages, whose sets have no text; they are compared on their own. */
function plain({ installed: _, ...state }: StageState): object {
  return state;
}

function executionOf(world: World): Execution {
  const key = keyOf(world);
  // Such a script is read anew rather than kept.
  if (key.length > 8 * longestKey) return { reading: null };
  let execution = executions.get(key);
  if (execution) return execution;
  execution = { reading: null };
  executions.set(key, execution);
  if (executions.size > mostExecutions) executions.delete(executions.keys().next().value as string);
  return execution;
}

const environments = new WeakMap<object, string>();
let longEnvironments = 0;
/** Longer ones are told apart by identity: as texts they would fill the memory. */
const longestKey = 8000;

function keyOf({ step, run, platform }: World): string {
  // Lines without ENV or ARG between them share one environment.
  let env = environments.get(step.env);
  if (env === undefined) {
    const list = run.env;
    const length = list.reduce((sum, entry) => sum + entry.length, 0);
    env = length > longestKey ? `#${longEnvironments++}` : list.join('\0');
    environments.set(step.env, env);
  }
  const mounts = run.mounts.length === 0 ? '' : JSON.stringify(run.mounts);
  const form = run.shell ? 's' : 'e';
  const { argv, cwd, user, program = '' } = run;
  return [form, formatPlatform(platform), cwd, user, mounts, env, program, ...argv].join('\0\0');
}

/** The world, and whether anything was asked of it that is the step's own. */
function watch(world: World): { readonly world: World; readonly asked: () => boolean } {
  const { step, facts } = world;
  let asked = false;
  const own = <T>(value: T): T => {
    asked = true;
    return value;
  };
  return {
    world: {
      run: world.run satisfies ResolvedRun,
      platform: world.platform,
      get step() {
        return own(step);
      },
      facts: {
        base: facts.base,
        packages: facts.packages,
        download: facts.download,
        lock: (one, folder, manager) => own(facts.lock(one, folder, manager)),
        installed: (one, folder, what) => own(facts.installed(one, folder, what)),
      },
    },
    asked: () => asked,
  };
}

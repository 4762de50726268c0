/**
 * Is the destination of a COPY a folder in the image that it goes into? Without a slash at its end
 * that decides whether several files stand side by side there or each replaces the one before.
 */

import { absolutePath } from '../syntax/slashPaths.ts';
import type { Plan, ResolvedCopy, Step } from './plan.ts';

/** A command that may take a folder away again. */
const removes = /(^|[\s/;&|(])(rm|rmdir|mv)(\s|$)/;

/**
 * For each COPY and ADD with more than one plain source: is its destination a folder? Null: only the
 * base image, or a RUN, could tell. Single sources are left out, as it makes no difference there.
 */
export function destinations(plan: Plan): ReadonlyMap<Step, boolean | null> {
  const known = new Map<Step, boolean | null>();
  let isOpen = false;
  for (const { triggers, steps } of plan.stages) {
    for (const list of [triggers, steps]) {
      for (const step of list) {
        if (!step.copy || !isOfSeveral(step.copy)) continue;
        if (isWrittenAsFolder(step.copy)) known.set(step, true);
        else isOpen = true;
      }
    }
  }
  // Nearly all files end here: what all steps make is gone through only where it decides.
  if (!isOpen) return known;
  const states: State[] = [];
  for (const { base, triggers, steps } of plan.stages) {
    const below = (base.stage === null ? undefined : states[base.stage]) ?? null;
    const state: State = {
      folders: new Set(),
      below,
      isEmpty: below ? below.isEmpty : base.scratch,
    };
    for (const step of [...triggers, ...steps]) {
      const { copy } = step;
      if (copy && isOfSeveral(copy) && !known.has(step)) known.set(step, isFolder(copy, state));
      note(step, state);
    }
    states.push(state);
  }
  return known;
}

/** What the steps of one stage made, on top of the stage below. */
interface State {
  /** Folders that steps made, with all above them. */
  readonly folders: Set<string>;
  /** Null also once a RUN may have removed what was there. */
  below: State | null;
  /** Nothing was there to begin with, and nothing unknown came since: what no step made is not there. */
  isEmpty: boolean;
}

function isOfSeveral({ sources, files }: ResolvedCopy): boolean {
  return sources.length + files.length > 1 || sources.some((source) => /[*?[]/.test(source));
}

function isWrittenAsFolder({ dest }: ResolvedCopy): boolean {
  return dest.endsWith('/') || dest.endsWith('/.');
}

function isFolder(copy: ResolvedCopy, state: State): boolean | null {
  const dest = clean(copy.dest);
  if (copy.doubt?.dest) return null;
  if (dest === '') return true;
  for (let at: State | null = state; at; at = at.below) if (at.folders.has(dest)) return true;
  return state.isEmpty ? false : null;
}

function note(step: Step, state: State): void {
  if (step.run) {
    state.isEmpty = false;
    if (!step.run.argv.some((word) => removes.test(word))) return;
    state.folders.clear();
    state.below = null;
  } else if (step.workdir !== null) {
    // Where an unknown base image decides on the path, it may be another.
    if (step.createdByExact) add(state.folders, clean(step.workdir));
  } else if (step.copy) {
    // What was copied may hold, or be, any folder.
    state.isEmpty = false;
    if (step.copy.doubt?.dest) return;
    const dest = clean(step.copy.dest);
    const isDirectory = isWrittenAsFolder(step.copy);
    add(state.folders, isDirectory ? dest : dest.slice(0, Math.max(0, dest.lastIndexOf('/'))));
  }
}

function add(folders: Set<string>, path: string): void {
  for (let at = path; at !== '' && !folders.has(at); at = at.slice(0, at.lastIndexOf('/'))) {
    folders.add(at);
  }
}

/** Absolute without a slash at its end; `''` is the root. */
function clean(path: string): string {
  const whole = absolutePath(path);
  return whole === '/' ? '' : whole;
}

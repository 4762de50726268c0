/** What the steps of a plan ask of the build context. */

import { destinations } from '../model/destination.ts';
import type { Plan, ResolvedCopy, Step } from '../model/plan.ts';

/** What a COPY takes, and whether its destination is known to be a folder. */
export interface Taking {
  readonly copy: ResolvedCopy;
  readonly isDirectory: boolean | null;
}

/** A step that takes files, and what it takes; equal keys take the same. */
export interface ContextStep extends Taking {
  readonly step: Step;
  readonly key: string;
}

/** Steps of needed stages that take files of the build context, with what they take. */
export function contextSteps(plan: Plan): readonly ContextStep[] {
  const found: ContextStep[] = [];
  const known = destinations(plan);
  for (const { needed, triggers, steps } of plan.stages) {
    if (!needed) continue;
    for (const step of triggers.length === 0 ? steps : [...triggers, ...steps]) {
      const { copy } = step;
      // What an unknown base image decides on is not looked for, and so never missed.
      if (copy?.origin.kind !== 'context' || copy.doubt?.sources) continue;
      const isDirectory = known.get(step) ?? null;
      found.push({ step, copy, isDirectory, key: keyOf(copy, isDirectory) });
    }
  }
  return found;
}

/** Equal for copies that take the same files to the same place; owners and modes add no bytes. */
function keyOf(copy: ResolvedCopy, isDirectory: boolean | null): string {
  const { add, unpack, parents, dest, sources, exclude } = copy;
  const heredocs = copy.files.map(({ name }) => name);
  return JSON.stringify([add, unpack, parents, dest, isDirectory, sources, exclude, heredocs]);
}

/** Equal for selections of the context whose content is the same; a mount is given by its source. */
export function contentKey(selection: ResolvedCopy | string): string {
  if (typeof selection === 'string') return JSON.stringify([selection]);
  const { parents, sources, exclude } = selection;
  return JSON.stringify([parents, sources, exclude]);
}

/** What COPY, ADD and bind mounts of needed stages select in the context, by `contentKey`. */
export function selections(plan: Plan): ReadonlyMap<string, ResolvedCopy | string> {
  const found = new Map<string, ResolvedCopy | string>();
  for (const { needed, triggers, steps } of plan.stages) {
    if (!needed) continue;
    for (const { copy, run } of triggers.length === 0 ? steps : [...triggers, ...steps]) {
      if (copy?.origin.kind === 'context') found.set(contentKey(copy), copy);
      for (const { origin, source } of run?.mounts ?? []) {
        if (origin?.kind === 'context') found.set(contentKey(source), source);
      }
    }
  }
  return found;
}

/** Sources of COPY, ADD and bind mounts of needed stages that lie in the build context, each once. */
export function namedSources(plan: Plan): readonly string[] {
  const sources = new Set<string>();
  for (const { needed, triggers, steps } of plan.stages) {
    if (!needed) continue;
    for (const { copy, run } of triggers.length === 0 ? steps : [...triggers, ...steps]) {
      if (copy?.origin.kind === 'context' && !copy.doubt?.sources) {
        for (const source of copy.sources) sources.add(source);
      }
      for (const { type, origin, source } of run?.mounts ?? []) {
        if (type === 'bind' && origin?.kind === 'context') sources.add(source);
      }
    }
  }
  return [...sources];
}

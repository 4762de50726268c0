/** What a build that was stopped at its first miss says of each step. */

import type { Plan, Step } from '../model/plan.ts';
import { outcomesOf, type StepResult } from './outcomes.ts';
import type { Vertex } from './progress.ts';
import { readVertexName } from './vertexName.ts';

export interface Probed {
  /** Steps whose result the builder has, or has now since a quick one came to its end. */
  readonly has: ReadonlyMap<Step, StepResult>;
  /** Steps that the builder began to make, so it had not got them; with the error where one failed. */
  readonly misses: ReadonlyMap<Step, { readonly error: string | null }>;
}

/**
 * Did the builder begin to make a step that it has not? Only steps count that make a layer: a base, a
 * download of ADD (which is asked for each time) and the transfer of the context are work that a
 * build does in any case.
 */
export function isMiss(vertex: Vertex): boolean {
  return isStep(vertex) && vertex.started !== null && vertex.completed === null && !vertex.cached;
}

/**
 * Steps that were not cached, in the order of the file: those that were stopped, and those that came
 * to their end first.
 */
export function notCached({ has, misses }: Probed): readonly Step[] {
  const ran = [...has].flatMap(([step, { outcome }]) => (outcome === 'ran' ? [step] : []));
  return [...ran, ...misses.keys()].sort(
    (a, b) => a.instruction.lines.start - b.instruction.lines.start,
  );
}

/** What one or several probes of the same plan say; of two that speak of a step the first counts. */
export function probed(plan: Plan, probes: readonly ReadonlyMap<string, Vertex>[]): Probed {
  const has = new Map<Step, StepResult>();
  const misses = new Map<Step, { readonly error: string | null }>();
  for (const vertices of probes) {
    for (const [step, result] of outcomesOf(plan, explicit(vertices))) {
      if (has.has(step) || misses.has(step)) continue;
      if (result.outcome === 'failed') {
        misses.set(step, { error: result.error === stopped ? null : result.error });
      } else if (result.outcome !== 'notReported') has.set(step, result);
    }
  }
  return { has, misses };
}

/** Needed stages of which nothing is known yet, so that each has to be asked for by itself. */
export function silentStages(plan: Plan, { has, misses }: Probed): readonly number[] {
  return plan.stages
    .filter(({ index, needed, replaced, triggers, steps }) => {
      if (!needed || replaced || index === plan.target) return false;
      const layers = [...triggers, ...steps].filter(({ effect }) => effect === 'layer');
      return layers.length > 0 && !layers.some((step) => has.has(step) || misses.has(step));
    })
    .map(({ index }) => index);
}

/** Stands for the error of a step that was stopped because it was a miss. */
const stopped = 'stopped at the first step that is not cached';

/**
 * The operations with what follows from the others: a step that was begun and not finished is a miss,
 * whatever the stop made of it; and below one that was begun or was cached, the root file system was
 * there, so what is not reported there was cached.
 */
function explicit(vertices: ReadonlyMap<string, Vertex>): ReadonlyMap<string, Vertex> {
  const all = new Map(vertices);
  for (const vertex of vertices.values()) {
    const { started, cached, completed, error } = vertex;
    const wasStopped = error !== '' && /\bcancell?ed\b/i.test(error);
    if (isStep(vertex) && started !== null && !cached && (completed === null || wasStopped)) {
      all.set(vertex.digest, { ...copyOf(vertex), error: stopped });
    }
    if (started === null && !cached) continue;
    const seen = new Set([vertex.digest]);
    for (let at = vertex.inputs[0]; at !== undefined && !seen.has(at); ) {
      seen.add(at);
      const below = all.get(at);
      if (!below || below.started !== null || below.cached) break;
      all.set(at, { ...copyOf(below), cached: true });
      at = below.inputs[0];
    }
  }
  return all;
}

function isStep({ name, inputs }: Vertex): boolean {
  const read = readVertexName(name);
  if (!read || read.keyword === 'FROM') return false;
  return read.keyword !== 'ADD' || inputs.length > 0;
}

/** A vertex may be an object whose members are computed, which a spread would lose. */
function copyOf(vertex: Vertex): Vertex {
  const { digest, name, inputs, started, completed, ms, cached, error, group } = vertex;
  return { digest, name, inputs, started, completed, ms, cached, error, group };
}

/** How far a build is, counted in steps of its Dockerfile. */

import type { Plan } from '../model/plan.ts';
import type { Vertex } from './progress.ts';
import { readVertexName } from './vertexName.ts';

export interface StepNow {
  /** 1-based, never more than `total`. */
  readonly number: number;
  readonly total: number;
  /** The instruction. */
  readonly text: string;
}

export interface StepCount {
  /** The step that the build is at now; undefined: this report changes nothing. */
  take(vertex: Vertex): StepNow | undefined;
}

/** Steps are counted by their names, since one step may have several operations. */
export function countSteps({ stages }: Plan): StepCount {
  const total = stages
    .filter(({ needed, replaced }) => needed && !replaced)
    .flatMap(({ triggers, steps }) => [...triggers, ...steps])
    .filter(({ effect }) => effect === 'layer').length;
  const begun = new Set<string>();
  return {
    take(vertex) {
      const name = readVertexName(vertex.name);
      if (!name || name.keyword === 'FROM' || (vertex.started === null && !vertex.cached)) {
        return undefined;
      }
      const { stage, index, text } = name;
      const key = `${stage} ${index} ${text}`;
      if (begun.has(key)) return undefined;
      begun.add(key);
      return { number: Math.min(begun.size, total), total: Math.max(total, 1), text };
    },
  };
}

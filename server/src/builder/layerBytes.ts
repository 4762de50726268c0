/** Measured bytes of layers, from the history of the image that a build made. */

import type { Plan, Step } from '../model/plan.ts';

export interface HistoryRow {
  readonly createdBy: string;
  readonly bytes: number;
}

/**
 * Bytes of each layer of the target's image, the base excluded. `rows`: the image's whole history,
 * the oldest first, of which the last ones are the Dockerfile's. Empty where a row is not the one that
 * the Dockerfile makes: then nothing is known to belong to any line.
 */
export function layerBytes(plan: Plan, rows: readonly HistoryRow[]): ReadonlyMap<Step, number> {
  const entries = chain(plan)
    .flatMap(({ triggers, steps }) => [...triggers, ...steps])
    .flatMap((step) => {
      const { createdBy } = step;
      return createdBy === null ? [] : [{ step, createdBy }];
    });
  const own = rows.slice(rows.length - entries.length);
  if (entries.length === 0 || own.length !== entries.length) return new Map();
  const fits = entries.every(({ step, createdBy }, index) => {
    const row = own[index]?.createdBy ?? '';
    return step.createdByExact ? row === createdBy : firstWord(row) === firstWord(createdBy);
  });
  if (!fits) return new Map();
  return new Map(
    entries.flatMap(({ step }, index) =>
      step.effect === 'layer' ? [[step, own[index]?.bytes ?? 0] as const] : [],
    ),
  );
}

/** The stages that make the target's image, from the one on the base image. */
function chain({ stages, target }: Plan): readonly Plan['stages'][number][] {
  const found: Plan['stages'][number][] = [];
  for (let at: number | null = target; at !== null; ) {
    const stage: Plan['stages'][number] | undefined = stages[at];
    if (!stage || stage.replaced) return [];
    found.unshift(stage);
    at = stage.base.stage;
  }
  return found;
}

function firstWord(text: string): string {
  return /^\S*/.exec(text)?.[0] ?? '';
}

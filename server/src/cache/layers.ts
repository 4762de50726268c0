/** The steps of a stage that make a layer each. */

import type { Stage, Step } from '../model/plan.ts';

const known = new WeakMap<Stage, readonly Step[]>();

/** In their order, triggers of the base first; the same list each time. */
export function layersOf(stage: Stage): readonly Step[] {
  let layers = known.get(stage);
  if (!layers) {
    layers = [...stage.triggers, ...stage.steps].filter(({ effect }) => effect === 'layer');
    known.set(stage, layers);
  }
  return layers;
}

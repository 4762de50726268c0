/**
 * Quick fixes that make the layer of a RUN smaller. What they remove is said in their titles; all
 * else stays as it is, and where that cannot be shown nothing is offered.
 */

import type { Analysis } from '../analysis.ts';
import type { Stage, Step } from '../model/plan.ts';
import { cleanupFixes } from './sizeFixCleanup.ts';
import { mountFixes, optionFixes } from './sizeFixFlags.ts';
import { moveFixes } from './sizeFixMove.ts';
import { type FixPlace, fixPlace, type SizeFix } from './sizeFixRun.ts';

/** Each fix reads the whole text again, and an editor asks at every move of the cursor. */
const longestText = 500_000;

/** The fixes for a RUN of a stage, the surest first. */
export function sizeFixes(
  analysis: Analysis,
  stage: Stage,
  step: Step,
  style: Pick<FixPlace, 'indent' | 'newline'>,
): readonly SizeFix[] {
  if (!stage.needed || analysis.dockerfile.text.length > longestText) return [];
  const place = fixPlace(analysis, stage, step, style);
  if (!place) return [];
  return [...moveFixes(place), ...cleanupFixes(place), ...optionFixes(place), ...mountFixes(place)];
}

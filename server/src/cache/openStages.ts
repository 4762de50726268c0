/** Which stages may have been built with other arguments than a plan has, though their image is the plan's. */

import type { Plan, Stage } from '../model/plan.ts';

/** Follow from the platform, which the image tells. */
const ofPlatform = /^(?:BUILD|TARGET)(?:PLATFORM|OS|ARCH|VARIANT)$/;

/**
 * The history of an image tells the values of all arguments of the stages that it was made of, and
 * nothing of the stages that it only took files from. Those of them that have arguments of their own,
 * or a base that is named by one, are open, by index; so is what stands on them.
 */
export function openStages({ stages, target }: Plan): ReadonlySet<number> {
  const shown = new Set<number>();
  for (let at: number | null = target; at !== null && !shown.has(at); ) {
    shown.add(at);
    at = stages[at]?.base.stage ?? null;
  }
  const open = new Set<number>();
  // A stage stands on earlier ones only.
  for (const stage of stages) {
    const { index, base } = stage;
    if (shown.has(index)) continue;
    if (hasArguments(stage) || (base.stage !== null && open.has(base.stage))) open.add(index);
  }
  return open;
}

/** Is the base of the stage named by an argument, so that another one may have been taken? */
export function isBaseOpen({ from }: Stage): boolean {
  const names = `${from.base} ${from.platform ?? ''}`.matchAll(/\$\{?(\w+)/g);
  return [...names].some(([, name]) => !ofPlatform.test(name as string));
}

function hasArguments(stage: Stage): boolean {
  const declared = [...stage.triggers, ...stage.steps].some(
    ({ command }) =>
      command.kind === 'arg' && command.args.some(({ key }) => !ofPlatform.test(key)),
  );
  return declared || isBaseOpen(stage);
}

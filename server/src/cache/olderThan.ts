/** What of a build still holds when it is looked at only after its end: what is older than its beginning. */

import type { ContentNode, SentEntry } from '../context/contentFacts.ts';
import type { Step } from '../model/plan.ts';
import type { BuildRecord } from './buildRecord.ts';
import type { KeyedPlan } from './keyedStep.ts';

export interface StepsThen {
  /** Their key is that of the build: nothing that they or the steps below them took is newer. */
  readonly clean: readonly Step[];
  /** The same, but for a stage that may have been built with other arguments. */
  readonly open: readonly Step[];
}

/**
 * The steps of a build that began at `time` (milliseconds since 1970), without those that took what is
 * newer, in its content or in its name or mode. `isOlder` says of a source with a pattern whether its
 * folder, too, is as it was; `isOpen` of a stage that its arguments are not known.
 */
export function stepsThen(
  keyed: KeyedPlan,
  time: number,
  isOlder: (source: string) => boolean,
  isOpen: (stage: number) => boolean = () => false,
): StepsThen {
  const found = { clean: [] as Step[], open: [] as Step[] };
  const changed = { keys: new Set<string>(), stages: new Set<number>() };
  const open: typeof changed = { keys: new Set(), stages: new Set() };
  for (const { step, stage, key, parent, after } of keyed.steps) {
    const sources = keyed.contents(step).flatMap((content) => content.sources);
    const origins = [step.copy?.origin, ...(step.run?.mounts ?? []).map(({ origin }) => origin)];
    const isOn = ({ keys, stages }: typeof changed) =>
      keys.has(parent ?? '') ||
      origins.some((origin) => origin?.kind === 'stage' && stages.has(origin.stage));
    const isChanged =
      key === null ||
      parent === null ||
      after === null ||
      isOn(changed) ||
      sources.some(({ source }) => /[*?[]/.test(source) && !isOlder(source)) ||
      sources.some(({ matches }) => matches.some(({ node }) => isNewer(node, time)));
    if (isOpen(stage)) open.stages.add(stage);
    const isOther = !isChanged && (isOpen(stage) || isOn(open));
    if (!isChanged) (isOther ? found.open : found.clean).push(step);
    for (const [is, those] of [
      [isChanged, changed],
      [isOther, open],
    ] as const) {
      if (!is) continue;
      if (after !== null) those.keys.add(after);
      those.stages.add(stage);
    }
  }
  return found;
}

/** The table without what is newer; null as it was. */
export function filesBefore(files: BuildRecord['files'], time: number): BuildRecord['files'] {
  if (!files) return null;
  return new Map([...files].filter(([, entry]) => !isTimeNewer(entry, time)));
}

function isNewer(root: ContentNode, time: number): boolean {
  const open = [root];
  for (let node = open.pop(); node; node = open.pop()) {
    if (isTimeNewer(node, time)) return true;
    open.push(...node.children.values());
  }
  return false;
}

/** A host without the second time cannot tell, so that nothing is as it was. */
function isTimeNewer({ mtimeNs, ctimeNs }: Pick<SentEntry, 'mtimeNs' | 'ctimeNs'>, time: number) {
  if (!mtimeNs || !ctimeNs) return true;
  return Number(mtimeNs) / 1e6 > time || Number(ctimeNs) / 1e6 > time;
}

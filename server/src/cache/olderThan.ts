/** What of a build still holds when it is looked at only after its end: what is older than its beginning. */

import type { ContentNode, SentEntry } from '../context/contentFacts.ts';
import type { Step } from '../model/plan.ts';
import type { BuildRecord } from './buildRecord.ts';
import type { KeyedPlan } from './keyedStep.ts';

/**
 * Steps whose key is that of the build, which began at `time` (milliseconds since 1970): nothing that
 * they or the steps below them took is newer, neither in its content nor in its name or mode.
 * `isOlder` says of a source with a pattern whether its folder, too, is as it was; `isOpen` of a stage
 * that it may have been built with other arguments.
 */
export function cleanSteps(
  keyed: KeyedPlan,
  time: number,
  isOlder: (source: string) => boolean,
  isOpen: (stage: number) => boolean = () => false,
): readonly Step[] {
  const clean: Step[] = [];
  const changed = new Set<string>();
  const stages = new Set(keyed.plan.stages.map(({ index }) => index).filter(isOpen));
  for (const { step, stage, key, parent, after } of keyed.steps) {
    const sources = keyed.contents(step).flatMap((content) => content.sources);
    const origins = [step.copy?.origin, ...(step.run?.mounts ?? []).map(({ origin }) => origin)];
    const isChanged =
      key === null ||
      parent === null ||
      after === null ||
      changed.has(parent) ||
      isOpen(stage) ||
      origins.some((origin) => origin?.kind === 'stage' && stages.has(origin.stage)) ||
      sources.some(({ source }) => /[*?[]/.test(source) && !isOlder(source)) ||
      sources.some(({ matches }) => matches.some(({ node }) => isNewer(node, time)));
    if (!isChanged) {
      clean.push(step);
      continue;
    }
    if (after !== null) changed.add(after);
    stages.add(stage);
  }
  return clean;
}

/** The record of the build with its other steps, of which it is not known with what they were part of it. */
export function withOthers(
  record: BuildRecord,
  { steps }: KeyedPlan,
  clean: readonly Step[],
): BuildRecord {
  const known = new Set(clean);
  const open = steps.filter(({ step, fails }) => !known.has(step) && !fails);
  return open.length === 0 ? record : { ...record, open: open.map(({ parts }) => parts) };
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

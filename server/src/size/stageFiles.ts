/**
 * How big a file is that COPY --from takes out of another stage, where the text of that stage tells:
 * a COPY put that very file there, and no RUN after it can have changed it.
 */

import { stepsBackwards } from '../model/chain.ts';
import type { Plan, ResolvedCopy, Stage, Step } from '../model/plan.ts';
import { absolutePath, isWithin } from '../syntax/slashPaths.ts';
import type { Size } from './size.ts';
import { sum, unknown } from './size.ts';

/** What is known of the COPY steps of earlier stages. */
export interface EarlierCopies {
  readonly sizeOf: (step: Step) => Size;
  /** The step copies exactly one regular file from the build context. */
  readonly isSingleFile: (step: Step) => boolean;
}

/** What a COPY --from of a stage adds; unknown where it takes more than files that a COPY made. */
export function sizeFromStage(plan: Plan, copy: ResolvedCopy, copies: EarlierCopies): Size {
  if (copy.origin.kind !== 'stage') return unknown('It takes nothing from a stage.');
  const stage = plan.stages[copy.origin.stage];
  if (!stage) return unknown('The stage that it copies from does not exist.');
  if (copy.exclude.length > 0 || copy.parents) return unknown(takesMore(stage));
  const found = copy.sources.map((source) => sizeOfPath(source, stage, plan, copies));
  const [only] = found;
  return found.length === 1 && only ? only : sum(found, 'copied files');
}

function sizeOfPath(source: string, stage: Stage, plan: Plan, copies: EarlierCopies): Size {
  const path = absolutePath(source);
  if (/[*?[\\]/.test(path)) return unknown(takesMore(stage));
  for (const step of stepsBackwards(plan, stage.index)) {
    if (step.run) {
      return unknown(
        `A RUN of ${nameOf(stage)} may have written ${path}; its size shows after a build.`,
      );
    }
    if (step.workdir !== null && isWithin(path, absolutePath(step.workdir)))
      return unknown(takesMore(stage));
    if (!step.copy) continue;
    const made = step.copy;
    if (made.doubt?.dest) return unknown(takesMore(stage));
    const file = made.files.find(({ name }) => placeOf(made, name) === path);
    if (file && made.files.length + made.sources.length === 1) return copies.sizeOf(step);
    const [name] = made.sources;
    const alone = made.files.length === 0 && made.sources.length === 1 && made.remotes.length === 0;
    if (alone && name !== undefined && copies.isSingleFile(step) && putsAt(name, made, path))
      return copies.sizeOf(step);
    const dest = absolutePath(made.dest);
    if (isWithin(path, dest) || isWithin(dest, path)) return unknown(takesMore(stage));
  }
  return unknown(
    `${path} comes from the base image of ${nameOf(stage)}, whose files are not known.`,
  );
}

/** The copy of one named file puts it at the path. */
function putsAt(name: string, copy: ResolvedCopy, path: string): boolean {
  if (/[*?[\\]/.test(name) || copy.parents) return false;
  const base = absolutePath(name).split('/').at(-1) ?? '';
  return base !== '' && placeOf(copy, base) === path;
}

function placeOf(copy: ResolvedCopy, name: string): string {
  return copy.dest.endsWith('/') ? absolutePath(`${copy.dest}${name}`) : absolutePath(copy.dest);
}

function nameOf(stage: Stage): string {
  return stage.name === null ? `stage ${stage.index}` : `the stage ${stage.name}`;
}

function takesMore(stage: Stage): string {
  return `What it takes from ${nameOf(stage)} is not one file of known size.`;
}

/**
 * How big it is what COPY --from takes out of another stage, where the text of that stage tells: a
 * COPY put that very file there, or all that any line wrote there is known.
 */

import { stepsBackwards } from '../model/chain.ts';
import type { Plan, ResolvedCopy, Stage, Step } from '../model/plan.ts';
import { absolutePath, isWithin } from '../syntax/slashPaths.ts';
import type { StageState } from './run/draft.ts';
import { mayHoldBaseFiles } from './run/stored.ts';
import type { Size } from './size.ts';
import { unknown } from './size.ts';
import { add, nothingYet, sum } from './tally.ts';

/** What is known of the COPY steps of earlier stages. */
export interface EarlierCopies {
  readonly sizeOf: (step: Step) => Size;
  /** The step copies exactly one regular file from the build context. */
  readonly isSingleFile: (step: Step) => boolean;
  /** What is known of a stage behind its last line. */
  readonly after: (stage: number) => StageState | undefined;
}

/** What a COPY --from of a stage adds; unknown where it takes more than files that a COPY made. */
export function sizeFromStage(plan: Plan, copy: ResolvedCopy, copies: EarlierCopies): Size {
  if (copy.origin.kind !== 'stage') return unknown('It takes nothing from a stage.');
  const stage = plan.stages[copy.origin.stage];
  if (!stage) return unknown('The stage that it copies from does not exist.');
  if (copy.exclude.length > 0 || copy.parents) return unknown(takesMore(stage));
  const found = copy.sources.map((source) => {
    const size = sizeOfPath(source, stage, plan, copies);
    return size.bytes === null ? (sizeOfTree(source, stage, copies) ?? size) : size;
  });
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

/**
 * All that lines of the stage wrote at or below a path, where each of them says where it writes and
 * the base image has nothing there; undefined where that is not so.
 */
function sizeOfTree(source: string, stage: Stage, copies: EarlierCopies): Size | undefined {
  const path = absolutePath(source);
  const state = /[*?[\\]/.test(path) ? undefined : copies.after(stage.index);
  if (!state) return undefined;
  const { stored } = state;
  const files = stored.filter((one) => isWithin(one.path, path));
  const first = stored.findIndex((one) => isWithin(one.path, path));
  const isFile = files.some((one) => one.path === path && one.isFile);
  if (files.length === 0 || files.some(({ bytes }) => bytes === null)) return undefined;
  if (!isFile && mayHoldBaseFiles(path, state)) return undefined;
  // What came later to a folder above may have replaced it, what came before may lie beside it.
  const isDoubtful = stored.some(
    (one, index) =>
      one.path !== path &&
      one.bytes !== 0 &&
      isWithin(path, one.path) &&
      (!isFile || index > first),
  );
  if (isDoubtful) return undefined;
  const reason = `What the lines of ${nameOf(stage)} wrote to ${path}, as far as the text tells.`;
  const { files: sums } = files.reduce((all, { bytes, size }) => {
    const exact = {
      basis: 'estimated',
      bytes,
      low: bytes,
      high: bytes,
      atLeast: false,
      reason,
    } as const;
    return add(all, size ?? exact);
  }, nothingYet);
  const { bytes, low, high } = sums;
  return { basis: 'estimated', bytes, low, high, atLeast: false, reason };
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

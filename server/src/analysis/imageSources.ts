/**
 * Where a file of the image comes from in the build context: COPY, ADD and bind mounts are followed
 * back from a step, through the stages below it and those that it copies from. Only the text is
 * looked at, so the answer is a list of paths to try, best first.
 */

import { matchName } from '../context/goPath.ts';
import type { CopyOrigin, Plan, ResolvedCopy, Stage, Step } from '../model/plan.ts';
import { absolutePath, cleanPath, isWithin } from '../syntax/slashPaths.ts';

/** A path of the build context that a path of the image may come from. */
export interface Candidate {
  /** Relative to the context, clean. */
  readonly path: string;
  readonly exclude: readonly string[];
}

/** Steps that are looked at for one question: stages copy from stages, and files may be long. */
const mostSteps = 20_000;
const mostCandidates = 32;

/** Candidates for an absolute path of the image as a step finds it, its own bind mounts included. */
export function candidatesFor(plan: Plan, step: Step, path: string): readonly Candidate[] {
  const stage = plan.stages.find(
    ({ steps, triggers }) => steps.includes(step) || triggers.includes(step),
  );
  if (!stage) return [];
  const search: Search = { plan, found: [], left: mostSteps };
  const target = absolutePath(path);
  for (const { type, target: at, source, origin } of step.run?.mounts ?? []) {
    if (type !== 'bind' || origin === null) continue;
    const mounted = absolutePath(at);
    if (!isWithin(target, mounted)) continue;
    const rest = target.slice(mounted === '/' ? 1 : mounted.length + 1);
    follow(search, origin, join(source, rest), []);
    // Whatever the image has there is hidden.
    return search.found;
  }
  const all = stepsOf(stage);
  walk(search, stage, all.indexOf(step), target);
  return search.found;
}

interface Search {
  readonly plan: Plan;
  readonly found: Candidate[];
  left: number;
}

/** Follows a path back through a stage and those below it, from the step before `end` on. */
function walk(search: Search, from: Stage, end: number, target: string): void {
  let stage: Stage | undefined = from;
  let at = end;
  while (stage) {
    const steps = stepsOf(stage);
    for (at = Math.min(at, steps.length) - 1; at >= 0; at--) {
      if (search.left-- <= 0 || search.found.length >= mostCandidates) return;
      const copy = steps[at]?.copy;
      if (!copy || copy.doubt?.sources || copy.doubt?.dest) continue;
      for (const source of sourcesOf(copy, target)) {
        follow(search, copy.origin, source, copy.exclude);
      }
    }
    const { base, index } = stage as Stage;
    if (base.stage === null || base.stage >= index) return;
    stage = search.plan.stages[base.stage];
    at = Number.POSITIVE_INFINITY;
  }
}

function follow(
  search: Search,
  origin: CopyOrigin,
  source: string,
  exclude: readonly string[],
): void {
  if (origin.kind === 'context') search.found.push({ path: relative(source), exclude });
  if (origin.kind !== 'stage') return;
  const stage = search.plan.stages[origin.stage];
  if (stage) walk(search, stage, Number.POSITIVE_INFINITY, absolutePath(source));
}

/** Paths at the origin of a copy that would come to lie at the target. */
function sourcesOf(copy: ResolvedCopy, target: string): readonly string[] {
  const dest = absolutePath(copy.dest);
  if (!isWithin(target, dest)) return [];
  const rest = target === dest ? '' : target.slice(dest === '/' ? 1 : dest.length + 1);
  return copy.sources.toReversed().flatMap((source) => {
    const plain = cleanPath(source === '' ? '.' : source);
    if (copy.parents) return isWithin(absolutePath(rest), absolutePath(plain)) ? [rest] : [];
    const cut = plain.lastIndexOf('/');
    const [folder, name] = [plain.slice(0, cut + 1), plain.slice(cut + 1)];
    if (/[*?[]/.test(folder)) return [];
    const isPattern = /[*?[]/.test(name);
    // One file under another name, or a folder: the target is that folder then.
    if (rest === '') return isPattern ? [] : [plain];
    const asFile = !rest.includes('/') && matchName(name, rest) === true ? [folder + rest] : [];
    return isPattern ? asFile : [...asFile, join(plain, rest)];
  });
}

function stepsOf({ triggers, steps }: Stage): readonly Step[] {
  return triggers.length === 0 ? steps : [...triggers, ...steps];
}

function join(folder: string, rest: string): string {
  return folder === '' || folder === '.' ? rest : `${folder.replace(/\/+$/, '')}/${rest}`;
}

/** The context's form: no slash at the start. */
function relative(path: string): string {
  return absolutePath(path).slice(1);
}

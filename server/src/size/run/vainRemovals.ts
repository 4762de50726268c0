/**
 * What a RUN removes although an earlier RUN stored it: layers only add up, so nothing is freed.
 * Only what is known, is large, and surely was written by that line.
 */

import type { Step } from '../../model/plan.ts';
import { absolutePath, isWithin } from '../../syntax/slashPaths.ts';
import { installedBefore } from './aptState.ts';
import type { Contribution, InstalledPackages, StageState, World } from './draft.ts';
import { fileMatcher } from './globs.ts';
import { installedNow } from './indexed.ts';
import type { RunEstimate } from './runSize.ts';

/** Something that stays in the layer of an earlier line. */
export interface VainRemoval {
  /** The line that stored it. */
  readonly made: Step;
  readonly kind: Contribution['kind'];
  /** What it is: `package lists`. */
  readonly label: string;
  readonly bytes: number;
  /** What removes it: `rm`, `apt-get clean`; null: the package manager. */
  readonly program: string | null;
}

/** A RUN with what it found. */
export interface FollowedRun {
  readonly world: World;
  readonly before: StageState;
  readonly estimate: RunEstimate;
}

/** What is smaller is not followed; there is always something small. */
const smallestBytes = 1_000_000;

/** Beyond so many nobody follows. */
const mostItems = 200;

interface Item {
  readonly path: string;
  readonly made: Step;
  readonly kind: Contribution['kind'];
  readonly label: string;
  readonly bytes: number;
}

/** For each RUN of a chain of stages, in the order of the lines, what it removes in vain. */
export function vainRemovals(
  runs: readonly FollowedRun[],
): ReadonlyMap<Step, readonly VainRemoval[]> {
  const found = new Map<Step, readonly VainRemoval[]>();
  let items: readonly Item[] = [];
  const installers = new Map<string, Step>();
  for (const run of runs) {
    const { world, estimate } = run;
    const vain: VainRemoval[] = [...removedPackages(run, installers)];
    const { mounts } = world.run;
    const isHidden = (path: string) =>
      mounts.some(({ target }) => target !== '' && isWithin(path, absolutePath(target)));
    const matchers = estimate.removals.map(({ pattern, program }) => ({
      takes: fileMatcher(pattern),
      program,
    }));
    items = items.filter((item) => {
      if (matchers.length === 0 || isHidden(item.path)) return true;
      const by = matchers.find(({ takes }) => takes(item.path));
      if (!by) return true;
      const { made, kind, label, bytes } = item;
      vain.push({ made, kind, label, bytes, program: by.program });
      return false;
    });
    if (vain.length > 0) found.set(world.step, vain);
    items = [...items, ...itemsOf(run)].slice(-mostItems);
    noteInstalled(run, installers);
  }
  return found;
}

/** What a RUN leaves that a later one may remove as a whole. */
function itemsOf({ world: { step }, estimate }: FollowedRun): readonly Item[] {
  const items: Item[] = [];
  for (const { path, size, kind, label, within = [] } of estimate.contributions) {
    for (const part of within) {
      if (part.bytes === null || part.bytes < smallestBytes) continue;
      items.push({ path: part.path, made: step, kind, label: part.path, bytes: part.bytes });
    }
    // Packages lie in many places; who removes them is followed by their names.
    if (kind === 'packages' || path === '/') continue;
    if (size.bytes === null || size.atLeast || (size.low ?? 0) < smallestBytes) continue;
    items.push({ path, made: step, kind, label, bytes: size.bytes });
  }
  return items;
}

/** Packages that lines above installed and this one removes. */
function removedPackages(
  { world, before, estimate: { state } }: FollowedRun,
  installers: ReadonlyMap<string, Step>,
): readonly VainRemoval[] {
  if (!before.installed || !state.installed || before.installed === state.installed) return [];
  const index = indexOf(world, before);
  if (!index) return [];
  const sums = new Map<Step, { bytes: number; names: string[] }>();
  for (const name of before.installed.names) {
    const made = state.installed.names.has(name) ? undefined : installers.get(name);
    const facts = made && index.package(name);
    if (!made || !facts) continue;
    const sum = sums.get(made) ?? { bytes: 0, names: [] };
    sum.bytes += facts.files - (before.distribution?.slim ? facts.documentation : 0);
    sum.names.push(name);
    sums.set(made, sum);
  }
  return [...sums].flatMap(([made, { bytes, names }]) => {
    if (bytes < smallestBytes) return [];
    const label = names.length === 1 ? `package ${names[0]}` : `${names.length} packages`;
    return [{ made, kind: 'packages' as const, label, bytes, program: null }];
  });
}

/** Remembers who installed what; a line of which that is not surely known installs nothing here. */
function noteInstalled(
  { world, before, estimate: { state } }: FollowedRun,
  installers: Map<string, Step>,
): void {
  if (!state.installed || state.installed === before.installed) return;
  const start = packagesBefore(world, before);
  if (!start) return;
  const { perhaps } = state.installed;
  for (const name of state.installed.names) {
    if (!start.names.has(name) && !perhaps?.has(name)) installers.set(name, world.step);
  }
}

function packagesBefore(world: World, before: StageState): InstalledPackages | null {
  if (before.installed) return before.installed;
  const index = indexOf(world, before);
  if (!index) return null;
  return index.family === 'deb'
    ? installedBefore(index, { state: before })
    : installedNow(index, before);
}

function indexOf({ facts }: World, { distribution, arch }: StageState) {
  if (!distribution || distribution.suite === null) return null;
  const fact = facts.packages({ distribution: distribution.id, suite: distribution.suite, arch });
  return fact.state === 'known' ? fact.value : null;
}

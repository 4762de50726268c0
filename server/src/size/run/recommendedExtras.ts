/** What a RUN installs only because other packages recommend it. */

import type { PackageIndex } from '../../packages/packageIndex.ts';
import type { SizePart } from '../size.ts';
import { filesOf } from './aptBytes.ts';
import type { StageState, World } from './draft.ts';
import { estimateRun, type RunEstimate } from './runSize.ts';

export interface RecommendedExtras {
  /** What the layer has more than it would have with `--no-install-recommends`. */
  readonly bytes: number;
  readonly count: number;
  /** The largest of the packages. */
  readonly largest: readonly SizePart[];
}

const remembered = new WeakMap<RunEstimate, RecommendedExtras | { readonly none: true }>();

/**
 * The difference between the RUN as it stands and the RUN while apt leaves recommended packages out,
 * all commands followed again, so that what is purged later counts in neither. Null where there are
 * none, or where a part of the packages is unknown.
 */
export function recommendedExtras(
  world: World,
  before: StageState,
  estimate: RunEstimate,
): RecommendedExtras | null {
  const known = remembered.get(estimate) ?? extrasOf(world, before, estimate) ?? { none: true };
  remembered.set(estimate, known);
  return 'none' in known ? null : known;
}

function extrasOf(
  world: World,
  before: StageState,
  estimate: RunEstimate,
): RecommendedExtras | null {
  if (before.leavesRecommended) return null;
  const isApt = estimate.contributions.some(({ renews }) => renews === 'packages');
  const all = isApt ? packageBytes(estimate) : null;
  const names = estimate.state.installed?.names;
  const index = indexOf(world, before);
  if (all === null || !names || !index) return null;
  const without = estimateRun({ ...world }, { ...before, leavesRecommended: true });
  const fewer = packageBytes(without);
  const kept = without.state.installed?.names;
  if (fewer === null || fewer >= all || !kept) return null;
  const isSlim = before.distribution?.slim ?? false;
  const terms = isSlim ? index.terms.slim : index.terms.plain;
  const extras: SizePart[] = [];
  for (const name of names) {
    const facts = kept.has(name) ? undefined : index.package(name);
    if (facts) extras.push({ label: name, bytes: filesOf(facts, isSlim, terms) });
  }
  if (extras.length === 0) return null;
  extras.sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0));
  return { bytes: all - fewer, count: extras.length, largest: extras.slice(0, 5) };
}

/** Null: a part is unknown. */
function packageBytes({ contributions }: RunEstimate): number | null {
  let all = 0;
  for (const { kind, size } of contributions) {
    if (kind !== 'packages') continue;
    if (size.bytes === null || size.atLeast) return null;
    all += size.bytes;
  }
  return all;
}

function indexOf({ facts }: World, { distribution, arch }: StageState): PackageIndex | null {
  if (!distribution || distribution.suite === null) return null;
  const fact = facts.packages({ distribution: distribution.id, suite: distribution.suite, arch });
  return fact.state === 'known' && fact.value.family === 'deb' ? fact.value : null;
}

/** Package lists that `apt-get update` leaves, and package files and caches that apt keeps. */

import type { PackageFacts, PackageIndex } from '../../packages/packageIndex.ts';
import type { ShellCommand } from '../../shell/commands.ts';
import { releaseName } from './aptBytes.ts';
import { aptIndex, writeUnknown } from './aptState.ts';
import { about } from './contributions.ts';
import type { Draft } from './draft.ts';

const lists = '/var/lib/apt/lists';
const label = 'package lists';

/** Signed summaries of the sources, which each update stores again (bookworm, November 2026). */
const signatures = { bytes: 240_000, low: 150_000, high: 400_000 };

/** Lists of the same sources, some months later: updates of a release add to them. */
const listBand = 0.025;

/**
 * The lists; those that an earlier line left are kept but for the signed summaries. `signatures`:
 * nothing else is left (`dist-clean`).
 */
export function updateLists(
  draft: Draft,
  { runs }: Pick<ShellCommand, 'runs'>,
  what: 'all' | 'signatures' = 'all',
): void {
  const isHere = draft.contributions.some(({ kind, renews }) => kind === 'lists' && renews);
  const fact = aptIndex(draft);
  if (fact.state !== 'known') {
    if (what === 'signatures') draft.remove(lists);
    else writeUnknown(draft, lists, label, fact, 'lists');
    return;
  }
  const index = fact.value;
  const onlySignatures = what === 'signatures' || (draft.state.hasLists && !isHere);
  if (what === 'signatures') {
    draft.remove(lists);
    // They stay perhaps, as the lists do.
    if (runs !== 'always') return;
  }
  if (index.lists === null) {
    const reason = `How big the package lists of ${releaseName(index)} are is not known.`;
    writeUnknown(draft, lists, label, { state: 'unavailable', reason }, 'lists');
    return;
  }
  const { bytes, low, high } = onlySignatures ? signatures : banded(index.lists, listBand);
  const reason = onlySignatures
    ? 'Signed summaries of package sources, about 0.24 MB as measured on Debian bookworm and trixie.'
    : `Package lists of ${releaseName(index)} as of ${index.date}.`;
  const size = about(bytes, low, high, reason);
  draft.write({ path: lists, size, label, kind: 'lists', renews: 'package lists' });
  if (draft.state.foreignSources && !onlySignatures) {
    const more = 'How big the package lists of the added sources are is not known.';
    const added = { state: 'unavailable', reason: more } as const;
    if (!draft.state.ownSources)
      writeUnknown(draft, lists, 'lists of added sources', added, 'lists');
  }
  if (runs !== 'always') return;
  const remain = draft.contributions.some(({ kind, renews }) => kind === 'lists' && renews);
  const hasLists = what === 'all' && (remain || draft.state.hasLists);
  if (hasLists !== draft.state.hasLists) draft.state = { ...draft.state, hasLists };
  if (what === 'all') writeCaches(index, draft);
}

function banded(bytes: number, share: number) {
  return {
    bytes,
    low: Math.round(bytes * (1 - share)),
    high: Math.round(bytes * (1 + share)),
  };
}

/** Two caches of about this part of the lists each: 36.9 MB for 19.85 MB (bookworm, November 2026). */
const cacheRatio = 1.86;

/** Where the image's rule is gone that throws them away: downloaded packages, and apt's caches. */
export function keepArchives(
  index: PackageIndex,
  draft: Draft,
  packages: readonly PackageFacts[],
): void {
  if (!draft.state.keepsArchives) return;
  writeCaches(index, draft);
  const bytes = packages.reduce((all, { archive }) => all + archive, 0);
  if (bytes === 0) return;
  const { low, high } = banded(bytes, 0.05);
  const reason = `Package files of ${releaseName(index)} of ${index.date}, which stay since the image's rule that removes them is gone.`;
  const size = about(bytes, low, high, reason);
  const path = '/var/cache/apt/archives';
  draft.write({ path, size, label: 'downloaded packages', kind: 'archives' });
}

function writeCaches(index: PackageIndex, draft: Draft): void {
  const { state } = draft;
  if (!state.keepsArchives || index.lists === null) return;
  const before = state.stored.some(({ path }) => path === '/var/cache/apt/srcpkgcache.bin');
  const reason = `Caches that apt makes of package lists, 3.7 times as big as these (measured on Debian bookworm).`;
  for (const name of ['pkgcache.bin', 'srcpkgcache.bin']) {
    const path = `/var/cache/apt/${name}`;
    // The cache of the sources alone is made anew only when they change.
    if (before && name === 'srcpkgcache.bin') continue;
    const bytes = Math.round(index.lists * cacheRatio);
    const size = about(bytes, Math.round(bytes * 0.95), Math.round(bytes * 1.05), reason);
    draft.write({ path, size, label: "apt's caches", kind: 'archives', isFile: true });
  }
}

/** `apt-get clean`: package files and caches, not the lists. */
export function cleanArchives(draft: Draft): void {
  draft.remove('/var/cache/apt/archives');
  draft.remove('/var/cache/apt/pkgcache.bin');
  draft.remove('/var/cache/apt/srcpkgcache.bin');
}

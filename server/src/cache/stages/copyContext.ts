/** What a COPY or ADD takes of the build context. */

import type { Step } from '../../model/plan.ts';
import { changed, mergeFolder, placeEntry, spread, type Work } from './copyPlaces.ts';
import { hiddenBy } from './making.ts';
import { certain, given } from './nodes.ts';

/** Puts what is known of the context to its place; where nothing is, what it may be. */
export function copyContext(work: Work, step: Step): void {
  const { making, copy } = work;
  const fact = making.content(step, null);
  if (fact.state !== 'known' || fact.value.kind === 'unknown' || fact.value.fails !== null) {
    const reason =
      fact.state === 'pending'
        ? 'The files of the build context are being read.'
        : fact.state === 'unavailable'
          ? fact.reason
          : fact.value.kind === 'unknown'
            ? fact.value.reason
            : (fact.value.fails ?? '');
    const marks = { ...certain, unknown: { reason, pending: fact.state === 'pending' } };
    spread(work, hiddenBy(making.hash(`unread ${reason}`), marks));
    return;
  }
  for (const { matches, digest } of fact.value.sources) {
    for (const { name, node } of matches) {
      if (node.kind === 'directory') mergeFolder(work, node);
      else if ((copy.unpack ?? copy.add) && mayBeArchive(name)) {
        const id = making.hash(JSON.stringify(['unpacked', digest, node.content, copy.chown]));
        spread(work, hiddenBy(id, certain));
      } else placeEntry(work, name, changed(work, given(node)));
    }
  }
}

function mayBeArchive(name: string): boolean {
  return !/\.(txt|md|sh|json|js|ts|py|go|c|h|rs|rb|php|java|html|css|ya?ml|toml|conf|cfg|ini|lock|xml|mod|sum)$/i.test(
    name,
  );
}

/** What a COPY or ADD takes of the build context. */

import type { Step } from '../../model/plan.ts';
import { contextFiles, unread } from './contextFiles.ts';
import { changed, mergeFolder, placeEntry, spread, type Work } from './copyPlaces.ts';
import { hiddenBy } from './making.ts';
import { certain } from './marks.ts';
import { given } from './nodes.ts';

/** Puts what is known of the context to its place; where nothing is, what it may be. */
export function copyContext(work: Work, step: Step): void {
  const { making, copy } = work;
  const files = contextFiles(making.content(step, null));
  if ('reason' in files) {
    spread(work, unread(making, files));
    return;
  }
  for (const { matches, digest } of files.sources) {
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

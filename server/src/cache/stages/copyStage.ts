/** What a COPY takes of another stage or of an image. */

import { baseName } from '../../shell/commandWords.ts';
import { absolutePath } from '../../syntax/slashPaths.ts';
import { changed, merge, placeEntry, spread, type Work } from './copyPlaces.ts';
import { find } from './draft.ts';
import { kindOf, namesIn } from './entries.ts';
import { makeFolders } from './folders.ts';
import { seenAt } from './found.ts';
import { hiddenBy } from './making.ts';
import { certain } from './marks.ts';
import { chmodOf } from './modes.ts';
import { emptyFolder, type Node, withChildren } from './nodes.ts';

/** What stands at a source of another stage or image. */
export function copyFrom(work: Work, source: string): void {
  const { making, copy } = work;
  const tree = making.treeOf(copy.origin);
  const plain = copy.exclude.length === 0 && !copy.parents && !/[*?[\\]/.test(source);
  const place = plain ? find(tree, absolutePath(source)) : null;
  if (!place) {
    const base = absolutePath(source.split(/\/[^/]*[*?[\\]/)[0] || '/');
    const from = making.digestOf(find(tree, copy.parents ? '/' : base).node ?? emptyFolder());
    const id = making.hash(JSON.stringify(['selected', source, from.digest]));
    spread(work, hiddenBy(id, from.marks));
    return;
  }
  const { node } = place;
  if (!node) {
    const reason = `The build fails: ${source} is not in the stage that COPY takes it from.`;
    spread(
      work,
      hiddenBy(making.hash(reason), { ...certain, unknown: { reason, pending: false } }),
    );
    return;
  }
  const seen = seenAt(tree, place.path, node, making);
  if (seen.digest !== making.digestOf(node).digest) {
    spread(work, hiddenBy(making.hash(`seen ${seen.digest}`), seen.marks));
    return;
  }
  const kind = kindOf(node);
  if (kind === 'folder' && namesIn(node).all && isPlainFolder(node)) {
    const { path } = makeFolders(work.draft, absolutePath(copy.dest), work.folders);
    merge(work, path, restyled(work, node));
  } else if (kind === 'file' || kind === 'link') {
    placeEntry(work, baseName(absolutePath(source)), restyled(work, node));
  } else spread(work, node);
}

function isPlainFolder(node: Node): boolean {
  return node.kind === 'given' || node.kind === 'folder';
}

/** The copied node with the owner and mode of the flags, through all that is below it. */
function restyled(work: Work, node: Node): Node {
  const { owner, copy, making } = work;
  const { chmod } = copy;
  if (owner === null && chmod === null) return node;
  switch (node.kind) {
    case 'given':
      return changed(work, node);
    case 'file':
      return {
        ...node,
        owner: owner ?? node.owner,
        mode: chmod === null ? node.mode : chmodOf(chmod, node.mode),
      };
    case 'link':
      return { ...node, owner: owner ?? node.owner };
    case 'folder': {
      const mode =
        chmod === null || node.mode === null ? node.mode : chmodOf(chmod, node.mode, true);
      const below = node.below && (restyled(work, node.below) as typeof node.below);
      const folder = withChildren(node, (child) => restyled(work, child));
      return { ...folder, mode, owner: owner ?? node.owner, below };
    }
    default: {
      const { digest, marks } = making.digestOf(node);
      return hiddenBy(making.hash(JSON.stringify(['restyled', digest, owner, chmod])), marks);
    }
  }
}

/** What stands at the mounts of a RUN while it runs. */

import type { ResolvedMount, ResolvedRun, Step } from '../../../model/plan.ts';
import { absolutePath } from '../../../syntax/slashPaths.ts';
import { contextFiles, unread } from '../contextFiles.ts';
import type { Digested } from '../digests.ts';
import { at, type Draft, find, put } from '../draft.ts';
import { childOf, namesIn } from '../entries.ts';
import { seenAt } from '../found.ts';
import { hiddenBy, type Making } from '../making.ts';
import { certain } from '../marks.ts';
import { emptyFolder, given, type Node, parentOf } from '../nodes.ts';
import { Unfollowed } from '../unfollowed.ts';

/** Digests of what mounts bring along, in order. */
export function mountContents(making: Making, step: Step, run: ResolvedRun): readonly Digested[] {
  return run.mounts.map((mount) => {
    const node = mount.type === 'bind' ? boundNode(making, step, mount) : null;
    const named = making.hash(
      // By its key a RUN is the same whatever the ids of its mounts are.
      JSON.stringify([mount.type, mount.target, mount.readonly, mount.env]),
    );
    if (!node) return { digest: named, marks: certain };
    const found = making.digestOf(node);
    return { digest: making.hash(`${named} ${found.digest}`), marks: found.marks };
  });
}

function boundNode(making: Making, step: Step, mount: ResolvedMount): Node | null {
  if (mount.origin === null) return null;
  if (mount.origin.kind !== 'context') {
    const tree = making.treeOf(mount.origin);
    const { node, path } = find(tree, absolutePath(mount.source || '/'));
    if (node) {
      const seen = seenAt(tree, path, node, making);
      if (seen.digest !== making.digestOf(node).digest)
        return hiddenBy(making.hash(`seen ${seen.digest}`), seen.marks);
    }
    const reason = `${mount.source} is not in the stage of the mount.`;
    return node ?? unread(making, { reason, pending: false });
  }
  const files = contextFiles(making.content(step, mount));
  if ('reason' in files) return unread(making, files);
  const [match] = files.sources[0]?.matches ?? [];
  return match
    ? given(match.node)
    : unread(making, { reason: 'The mount finds nothing.', pending: false });
}

/** What was at the targets before, from the first to the last mount. */
export type Restore = readonly {
  readonly path: string;
  readonly made: readonly string[];
  readonly node: Node | null;
}[];

/** Puts what is mounted into the tree while the commands are followed. */
export function mounted(making: Making, draft: Draft, step: Step, run: ResolvedRun): Restore {
  const restore: { path: string; made: string[]; node: Node | null }[] = [];
  for (const mount of run.mounts) {
    if (mount.type === 'secret' || mount.type === 'ssh') {
      if (mount.target)
        hide(hiddenBy(making.hash(`secret ${mount.target}`), rerun(draft)), mount.target);
      continue;
    }
    const node = mount.type === 'bind' ? boundNode(making, step, mount) : null;
    if (mount.type === 'tmpfs') hide(emptyFolder(0o1777), mount.target);
    else if (node) hide(node, mount.target);
    else {
      const id = making.hash(JSON.stringify(['mount', mount.type, mount.target]));
      hide(hiddenBy(id, rerun(draft)), mount.target);
    }
  }
  return restore;

  function hide(node: Node, target: string): void {
    const place = find(draft.root, absolutePath(target));
    if (place.path === '/') throw new Unfollowed();
    const made: string[] = [];
    for (let path = place.path; at(draft.root, path) === null; path = parentOf(path))
      made.push(path);
    restore.push({ path: place.path, made, node: place.node });
    put(draft, place.path, node);
  }
}

function rerun({ line }: Draft) {
  return { ...certain, reruns: new Set([line]), lossy: new Set([line]) };
}

/** Takes the mounts away again, with the empty folders that were made for them. */
export function unmounted(draft: Draft, restore: Restore): void {
  for (const { path, made, node } of [...restore].reverse()) {
    put(draft, path, node);
    for (const folder of made) {
      const here = at(draft.root, folder);
      if (here && namesIn(here).names.some((name) => childOf(here, name))) break;
      put(draft, folder, null);
    }
  }
}

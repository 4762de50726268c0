/**
 * What COPY, ADD and WORKDIR put into a stage (BuildKit `solver/llbsolver/file/backend.go`, fsutil
 * `copy/copy.go`).
 */

import type { ResolvedCopy, Step } from '../../model/plan.ts';
import { absolutePath } from '../../syntax/slashPaths.ts';
import { addRemote } from './addRemote.ts';
import { copyContext } from './copyContext.ts';
import { placeEntry, type Work } from './copyPlaces.ts';
import { copyFrom } from './copyStage.ts';
import { at, type Draft, find, put } from './draft.ts';
import { hiddenBy, type Making } from './making.ts';
import { certain } from './marks.ts';
import { chmodOf } from './modes.ts';
import { type Node, type Owner, parentOf, root } from './nodes.ts';
import { Unfollowed } from './unfollowed.ts';

/** Puts what a COPY or ADD takes into the tree. */
export function applyCopy(making: Making, draft: Draft, step: Step, copy: ResolvedCopy): void {
  const { chown, chmod } = copy;
  const owner = chown === null ? null : chownOwner(making, chown, draft.root);
  const octal = chmod !== null && /^[0-7]+$/.test(chmod) ? chmodOf(chmod, 0) : 0o755;
  const work: Work = {
    making,
    draft,
    copy,
    owner,
    folders: { mode: octal, owner: owner ?? root },
  };
  if (copy.doubt?.dest || copy.doubt?.sources) {
    const reason = 'What it copies, or to where, hangs on variables of a base image.';
    draft.root = hiddenBy(making.hash(`doubt ${reason}`), {
      ...certain,
      unknown: { reason, pending: false },
    });
    return;
  }
  if (copy.link) linked(draft, absolutePath(copy.dest));
  for (const remote of copy.remotes) addRemote(work, remote);
  if (copy.origin.kind === 'context' && copy.sources.length > 0) copyContext(work, step);
  else if (copy.origin.kind !== 'context') {
    for (const source of copy.sources) copyFrom(work, source);
  }
  const reason = 'What a heredoc holds hangs on variables of a base image.';
  const isOpen = copy.doubt?.files === true;
  const marks = isOpen ? { ...certain, unknown: { reason, pending: false } } : certain;
  for (const { name, content } of copy.files) {
    const digest = making.hash(content);
    const mode = chmod === null ? 0o644 : chmodOf(chmod, 0o644);
    placeEntry(work, name, {
      kind: 'file',
      mode,
      owner: owner ?? root,
      content: { digest, text: isOpen || content.length > 65_536 ? null : content, marks },
    });
  }
}

/**
 * A linked layer has folders of its own on the way, which some stores lay over those that are there;
 * it goes through no links. What that makes of other modes and owners is left open.
 */
function linked(draft: Draft, dest: string): void {
  if (find(draft.root, dest).path !== dest) throw new Unfollowed();
  for (let path = dest; path !== '/'; path = parentOf(path)) {
    const node = at(draft.root, path);
    if (node?.kind !== 'folder' || (node.mode === 0o755 && node.owner === root)) continue;
    put(draft, path, { ...node, mode: `${node.mode} linked` });
  }
}

/** A number alone stands for the group too; a name for the user's own (BuildKit `file/user_linux.go`). */
function chownOwner(making: Making, chown: string, tree: Node): Owner {
  if (/^\d+$/.test(chown)) return `${chown}:${chown}`;
  const owner = making.ownerOf(chown, tree);
  return chown.includes(':') || owner === root ? owner : `${owner} copied`;
}

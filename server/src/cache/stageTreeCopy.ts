/**
 * What COPY, ADD and WORKDIR put into a stage (BuildKit `solver/llbsolver/file/backend.go`, fsutil
 * `copy/copy.go`).
 */

import type { ContentNode } from '../context/contentFacts.ts';
import type { ResolvedCopy, Step } from '../model/plan.ts';
import { baseName } from '../shell/commandWords.ts';
import { absolutePath } from '../syntax/slashPaths.ts';
import { chmodOf, type DigestOf } from './stageTreeDigest.ts';
import { at, type Draft, find, isFolder, type Place, put, Unfollowed } from './stageTreeDraft.ts';
import { hiddenBy, type Making } from './stageTreeMaking.ts';
import {
  certain,
  childOf,
  emptyFolder,
  given,
  joinMarks,
  kindOf,
  type Mode,
  type Node,
  namesIn,
  type Owner,
  root,
  targetOf,
  unveiled,
} from './stageTreeNodes.ts';

/** Makes the folder of a WORKDIR with all above it, for the user in force. */
export function applyWorkdir(making: Making, draft: Draft, path: string, user: string): void {
  makeFolders(draft, path, { mode: 0o755, owner: making.ownerOf(user, draft.root) });
}

/** Folders that are missing on the way to a path, and itself; what is there stays. */
export function makeFolders(
  draft: Draft,
  path: string,
  folders: { readonly mode: Mode; readonly owner: Owner },
): Place {
  const place = find(draft.root, path);
  if (place.node && kindOf(place.node) !== null) return place;
  if (place.path === '/') return place;
  if (place.node) {
    // It may be there already, then with another mode; the folder stands for both.
    put(draft, place.path, {
      kind: 'folder',
      mode: `${folders.mode.toString(8)}?`,
      owner: `${folders.owner}?`,
      children: new Map(),
      below: place.node.kind === 'hidden' ? place.node : null,
    });
  } else put(draft, place.path, emptyFolder(folders.mode, folders.owner), folders);
  return { path: place.path, node: at(draft.root, place.path) };
}

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
  const isDoubtful = copy.doubt?.dest || copy.doubt?.sources || copy.doubt?.files;
  if (isDoubtful) {
    const reason = 'What it copies, or to where, hangs on variables of a base image.';
    draft.root = hiddenBy(making.hash(`doubt ${reason}`), {
      ...certain,
      unknown: { reason, pending: false },
    });
    return;
  }
  if (copy.link) linked(draft, absolutePath(copy.dest));
  for (const remote of copy.remotes) addRemote(work, step, remote);
  if (copy.origin.kind === 'context' && copy.sources.length > 0) copyContext(work, step);
  else if (copy.origin.kind !== 'context') {
    for (const source of copy.sources) copyFrom(work, step, source);
  }
  for (const { name, content } of copy.files) {
    const digest = making.hash(content);
    const mode = chmod === null ? 0o644 : chmodOf(chmod, 0o644);
    placeEntry(work, name, {
      kind: 'file',
      mode,
      owner: owner ?? root,
      content: { digest, text: content.length > 65_536 ? null : content, marks: certain },
    });
  }
}

/**
 * A linked layer has folders of its own on the way, which some stores lay over those that are there;
 * it goes through no links. What that makes of other modes and owners is left open.
 */
function linked(draft: Draft, dest: string): void {
  if (find(draft.root, dest).path !== dest) throw new Unfollowed();
  for (let path = dest; path !== '/'; path = path.slice(0, path.lastIndexOf('/')) || '/') {
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

interface Work {
  readonly making: Making;
  readonly draft: Draft;
  readonly copy: ResolvedCopy;
  /** Null: as it is in the source. */
  readonly owner: Owner | null;
  readonly folders: { readonly mode: Mode; readonly owner: Owner };
}

function copyContext(work: Work, step: Step): void {
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

/** With the owner and mode that the flags give; those of folders inside too. */
function changed({ owner, copy: { chmod } }: Work, node: Node): Node {
  if (node.kind === 'given')
    return { ...node, owner: owner ?? node.owner, chmod: chmod ?? node.chmod };
  return node;
}

/** The content of a folder of the context goes into the destination. */
function mergeFolder(work: Work, node: ContentNode): void {
  const { draft, folders, copy } = work;
  const { path } = makeFolders(draft, absolutePath(copy.dest), folders);
  merge(work, path, changed(work, given(node)));
}

/** Entries of a folder are put beside what is there; folders in it take the mode of the copied ones. */
function merge(work: Work, path: string, from: Node): void {
  const { draft } = work;
  for (const name of namesIn(from).names) {
    const child = childOf(from, name);
    if (!child) continue;
    const to = `${path === '/' ? '' : path}/${name}`;
    const there = at(draft.root, to);
    const seen = there?.kind === 'veiled' ? unveiled(there) : there;
    if (child.kind === 'given' && kindOf(child) === 'folder' && seen?.kind === 'hidden') {
      put(draft, to, { ...child, over: seen });
      continue;
    }
    const merges = kindOf(child) === 'folder' && there && kindOf(there) !== 'file';
    if (!merges) {
      put(draft, to, child);
      continue;
    }
    if (targetOf(there) !== undefined) {
      spreadOver(work, path, child);
      return;
    }
    merge(work, to, child);
    const folder = at(draft.root, to);
    const { mode, owner } = folderMeta(child);
    if (folder?.kind === 'folder') put(draft, to, { ...folder, mode, owner });
    else if (folder)
      put(draft, to, {
        kind: 'folder',
        mode,
        owner,
        children: new Map(namesIn(folder).names.map((each) => [each, childOf(folder, each)])),
        below: folder.kind === 'hidden' ? folder : null,
      });
  }
}

function folderMeta(node: Node): { readonly mode: Mode | null; readonly owner: Owner | null } {
  if (node.kind === 'given') {
    const { chmod, owner } = node;
    return { mode: chmod === null ? node.node.mode : chmodOf(chmod, node.node.mode, true), owner };
  }
  if (node.kind === 'folder') return { mode: node.mode, owner: node.owner };
  return { mode: null, owner: null };
}

/** A file or link goes to the destination, or into it where that is a folder. */
function placeEntry(work: Work, name: string, node: Node): void {
  const { draft, copy, folders } = work;
  const dest = absolutePath(copy.dest);
  const slashed = copy.dest.endsWith('/') || copy.dest.endsWith('/.');
  const place = slashed ? makeFolders(draft, dest, folders) : find(draft.root, dest);
  const inside = slashed || isFolder(place) === true;
  put(
    draft,
    inside ? `${place.path === '/' ? '' : place.path}/${name}` : place.path,
    node,
    folders,
  );
}

/** Something that is not seen goes to the destination: all that is there may be of it now. */
function spread(work: Work, node: Node): void {
  spreadOver(work, find(work.draft.root, absolutePath(work.copy.dest)).path, node);
}

function spreadOver({ making, draft, copy }: Work, path: string, node: Node): void {
  const there = at(draft.root, path);
  const digestOf: DigestOf = making.digestOf;
  const new_ = digestOf(node);
  const old = there && digestOf(there);
  const { chown, chmod, exclude, parents } = copy;
  const id = making.hash(
    JSON.stringify(['copied', new_.digest, old?.digest ?? null, chown, chmod, exclude, parents]),
  );
  put(draft, path, hiddenBy(id, old ? joinMarks(new_.marks, old.marks) : new_.marks));
}

function addRemote(
  work: Work,
  step: Step,
  { kind, reference }: ResolvedCopy['remotes'][number],
): void {
  const { making, copy, owner } = work;
  const sum = /^sha256:([0-9a-f]{64})$/.exec(copy.checksum ?? '')?.[1];
  const name = baseName(reference.replace(/[?#].*$/, ''));
  if (kind === 'url' && sum && name && copy.unpack !== true) {
    placeEntry(work, name, {
      kind: 'file',
      mode: copy.chmod === null ? 0o600 : chmodOf(copy.chmod, 0o600),
      owner: owner ?? root,
      content: { digest: sum, text: null, marks: certain },
    });
    return;
  }
  const isPinned =
    sum !== undefined || (kind === 'git' && /[#@:][0-9a-f]{40}(:|$)/.test(reference));
  const marks = isPinned
    ? certain
    : {
        ...certain,
        unknown: {
          reason: `What ADD fetches from ${reference.replace(/\/\/[^/@]*@/, '//')} is only known by a build.`,
          pending: false,
        },
      };
  void step;
  const id = making.hash(JSON.stringify(['remote', kind, reference, copy.checksum, copy.unpack]));
  spread(work, hiddenBy(id, marks));
}

/** What stands at a source of another stage or image. */
function copyFrom(work: Work, step: Step, source: string): void {
  const { making, copy } = work;
  const tree = making.treeOf(copy.origin);
  const plain = copy.exclude.length === 0 && !copy.parents && !/[*?[\\]/.test(source);
  const place = plain ? find(tree, absolutePath(source)) : null;
  void step;
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
      const children = new Map(
        [...node.children].map(([name, child]) => [name, child && restyled(work, child)]),
      );
      const mode =
        chmod === null || node.mode === null ? node.mode : chmodOf(chmod, node.mode, true);
      const below = node.below && (restyled(work, node.below) as typeof node.below);
      return { ...node, mode, owner: owner ?? node.owner, children, below };
    }
    default: {
      const { digest, marks } = making.digestOf(node);
      return hiddenBy(making.hash(JSON.stringify(['restyled', digest, owner, chmod])), marks);
    }
  }
}

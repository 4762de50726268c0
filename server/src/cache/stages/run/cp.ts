/** `cp`. */

import { at, find, isFolder, opened, put } from '../draft.ts';
import { childOf, isMissing, kindOf, namesIn } from '../entries.ts';
import { hiddenBy } from '../making.ts';
import { joinMarks } from '../marks.ts';
import { metaOf } from '../modes.ts';
import { emptyFolder, folderOver, joined, type Mode, type Node, type Owner } from '../nodes.ts';
import { Unfollowed } from '../unfollowed.ts';
import { type Call, makerOwner, operandPath } from './call.ts';
import { contentOf } from './content.ts';
import { hiddenOf, newFile, writableParent } from './files.ts';
import { options } from './operands.ts';
import { targets } from './targets.ts';

const umask = 0o022;

interface Copying {
  readonly call: Call;
  readonly recursive: boolean;
  /** Modes, owners and links stay. */
  readonly keeps: boolean;
  readonly keepsOwner: boolean;
  readonly owner: Owner;
}

/** Copies files and folders. */
export function cp(call: Call): void {
  const { flags, operands, values } = options(call, 'rRapfvdPLTn', 't');
  if (/[LTn]/.test(flags) || values.size > 0) throw new Unfollowed();
  const keeps = /[ap]/.test(flags);
  const copying: Copying = {
    call,
    recursive: /[rRa]/.test(flags),
    keeps,
    keepsOwner: keeps,
    owner: makerOwner(call),
  };
  const followsLinks = !/[dPa]/.test(flags);
  if (operands.slice(0, -1).some((word) => /(^|\/)\.\.?\/?$/.test(word))) {
    copyContents(copying, operands);
    return;
  }
  const { sources, into } = targets(call, operands);
  for (const source of sources) {
    const whole = source.replace(/(.)\/$/, '$1');
    const named = find(call.draft.root, whole, false);
    if (named.node && kindOf(named.node) === 'link' && copying.recursive && followsLinks)
      throw new Unfollowed();
    const { node } = find(call.draft.root, whole, followsLinks);
    if (!node) throw new Unfollowed();
    copyTo(copying, node, into(whole));
  }
}

/** `cp -r from/. to`: what is in a folder goes into another. */
function copyContents(copying: Copying, operands: readonly string[]): void {
  const { call, recursive } = copying;
  const [from = '', to = ''] = operands;
  if (operands.length !== 2 || !recursive || !/(^|\/)\.\/?$/.test(from)) throw new Unfollowed();
  const { node } = find(call.draft.root, operandPath(call, from));
  const dest = find(call.draft.root, operandPath(call, to));
  if (!node || !namesIn(node).all) throw new Unfollowed();
  if (dest.node && isFolder(dest) !== true) throw new Unfollowed();
  if (!dest.node) writableParent(call.draft, dest);
  copyTo(copying, node, dest.path);
}

function copyTo(copying: Copying, node: Node, path: string): void {
  const { call, recursive, keeps, owner } = copying;
  const { draft, making } = call;
  const place = find(draft.root, path);
  writableParent(call.draft, place);
  const kind = kindOf(node);
  const there = place.node && kindOf(place.node);
  if (kind === 'other') throw new Unfollowed();
  if (kind === 'folder') {
    if (!recursive || there === 'file' || there === 'link') throw new Unfollowed();
    const { names, all } = namesIn(node);
    if (!all || place.path === '/' || isWithinNode(node, place.node)) throw new Unfollowed();
    if (isMissing(place.node) || !place.node)
      put(draft, place.path, emptyFolder(copiedMode(copying, node), ownerFor(copying, node)));
    else if (there === null) put(draft, place.path, perhapsFolder(copying, node, place.node));
    else if (keeps) setMeta(call, place.path, copiedMode(copying, node), ownerFor(copying, node));
    for (const name of names) {
      const child = childOf(node, name);
      if (child) copyTo(copying, child, joined(place.path, name));
    }
    return;
  }
  if (kind === null) {
    const from = making.digestOf(node);
    const old = place.node && !isMissing(place.node) ? making.digestOf(place.node) : null;
    const how = [recursive, keeps, keeps ? '' : owner];
    const id = making.hash(JSON.stringify(['cp', from.digest, old?.digest ?? null, how]));
    const marks = old ? joinMarks(from.marks, old.marks) : from.marks;
    put(draft, place.path, hiddenBy(id, marks));
    return;
  }
  if (kind === 'link') {
    if (place.node) throw new Unfollowed();
    put(draft, place.path, node);
    return;
  }
  const content = contentOf(making, node);
  if (place.node && !keeps) {
    newFile(call, place, content, copiedMode(copying, node));
    return;
  }
  put(draft, place.path, {
    kind: 'file',
    mode: copiedMode(copying, node),
    owner: ownerFor(copying, node),
    content,
  });
}

/** A folder that is copied into itself would be followed forever. */
function isWithinNode(node: Node, there: Node | null): boolean {
  return there === node;
}

function perhapsFolder(copying: Copying, node: Node, there: Node) {
  const mode = copiedMode(copying, node);
  const owner = copying.keeps ? ownerFor(copying, node) : `${copying.owner}?`;
  return folderOver(hiddenOf(there), copying.keeps ? mode : `${mode.toString(8)}?`, owner);
}

function copiedMode({ keeps }: Copying, node: Node): Mode {
  const { mode } = metaOf(node);
  if (keeps) return mode;
  return typeof mode === 'number' ? mode & 0o777 & ~umask : `${mode} copied`;
}

function ownerFor({ keepsOwner, owner }: Copying, node: Node): Owner {
  if (!keepsOwner) return owner;
  // Only root may give files away.
  if (owner !== '0:0') throw new Unfollowed();
  return metaOf(node).owner;
}

function setMeta(call: Call, path: string, mode: Mode, owner: Owner): void {
  const node = at(call.draft.root, path);
  if (!node) return;
  put(call.draft, path, { ...opened(node), mode, owner });
}

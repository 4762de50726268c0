/** `chmod` and `chown`. */

import { find, opened, put } from '../draft.ts';
import { kindOf } from '../entries.ts';
import { hiddenBy } from '../making.ts';
import { chmodOf, type Meta, metaOf } from '../modes.ts';
import { type HiddenNode, type Mode, type Node, type Owner, withChildren } from '../nodes.ts';
import { Unfollowed } from '../unfollowed.ts';
import type { Call } from './call.ts';
import { contentOf } from './content.ts';
import { options, pathsOf } from './operands.ts';

/** Changes modes. */
export function chmod(call: Call): void {
  const { flags, operands } = options(call, 'Rvfc');
  const [mode = '', ...words] = operands;
  if (words.length === 0) throw new Unfollowed();
  if (call.command.user === null || !/^(root|0)?(:.*)?$/.test(call.command.user))
    throw new Unfollowed();
  const change = (old: Mode, isDirectory: boolean): Mode => {
    // A folder keeps its special bits where the number does not name them.
    if (isDirectory && typeof old === 'number' && old & 0o6000 && /^[0-7]/.test(mode))
      return `${old},${mode}`;
    if (typeof old !== 'number' && /^[0-7]+$/.test(mode) && isDirectory) return `${old},${mode}`;
    return chmodOf(mode, old, isDirectory);
  };
  restyle(call, words, flags.includes('R'), `chmod ${mode}`, (meta, isDirectory) => ({
    ...meta,
    mode: change(meta.mode, isDirectory),
  }));
}

/** Changes owners. */
export function chown(call: Call): void {
  const { flags, operands } = options(call, 'Rvfch');
  const [given = '', ...words] = operands;
  if (words.length === 0 || flags.includes('h') || given.includes('.')) throw new Unfollowed();
  if (call.command.user === null || !/^(root|0)?(:.*)?$/.test(call.command.user))
    throw new Unfollowed();
  const [name = '', group] = given.split(':');
  const owner = name ? call.making.ownerOf(group === '' ? name : given, call.draft.root) : '';
  const change = (old: Owner): Owner => {
    const [uid = '', gid = ''] = old.split(':');
    const [newUid = '', newGid = ''] = owner.split(':');
    if (name === '') {
      const named = call.making.ownerOf(`0:${group}`, call.draft.root).split(':')[1];
      return `${uid}:${named}`;
    }
    return group === undefined ? `${newUid}:${gid}` : `${newUid}:${newGid}`;
  };
  restyle(call, words, flags.includes('R'), `chown ${owner} ${given}`, (meta, isDirectory) => ({
    mode: isDirectory ? meta.mode : chownedMode(meta.mode),
    owner: change(meta.owner),
  }));
}

/** A new owner takes setuid away from a file, and setgid where its group may run it (Linux, `chown_common`). */
function chownedMode(mode: Mode): Mode {
  if (typeof mode !== 'number' || !(mode & 0o6000)) return mode;
  if (mode & 0o2000 && !(mode & 0o010)) return `${mode} chown`;
  return mode & ~0o6000;
}

type Restyle = (meta: Meta, isDirectory: boolean) => Meta;

function restyle(
  call: Call,
  words: readonly string[],
  recursive: boolean,
  tag: string,
  change: Restyle,
): void {
  for (const path of pathsOf(call, words)) {
    const place = find(call.draft.root, path.replace(/(.)\/$/, '$1'));
    if (!place.node || place.path === '/') throw new Unfollowed();
    put(call.draft, place.path, restyled(call, place.node, recursive, tag, change, true));
  }
}

function restyled(
  call: Call,
  node: Node,
  recursive: boolean,
  tag: string,
  change: Restyle,
  isTop: boolean,
): Node {
  switch (node.kind) {
    case 'file':
      return { ...node, ...change({ mode: node.mode, owner: node.owner }, false) };
    case 'link':
      if (isTop || tag.startsWith('chmod')) return node;
      return { ...node, owner: change({ mode: 0, owner: node.owner }, false).owner };
    case 'hidden': {
      const { maker, path } = node;
      const id = call.making.hash(JSON.stringify(['restyled', tag, recursive, maker.id]));
      return { kind: 'hidden', path, maker: { id, marks: maker.marks } };
    }
    case 'veiled':
    case 'given':
    case 'folder': {
      if (kindOf(node) === 'file') {
        const meta = change(metaOf(node), false);
        return { kind: 'file', ...meta, content: contentOf(call.making, node) };
      }
      if (kindOf(node) === 'link') return node;
      if (kindOf(node) !== 'folder') throw new Unfollowed();
      const folder = opened(node);
      const meta = change({ mode: folder.mode ?? '?', owner: folder.owner ?? '?' }, true);
      if (!recursive) return { ...folder, ...meta };
      const all = withChildren(folder, (child) => restyled(call, child, true, tag, change, false));
      const below = folder.below && restyledBelow(call, folder.below, tag);
      return { ...all, ...meta, below };
    }
  }
}

/** All that is not seen in a folder, with its new owners or modes. */
function restyledBelow(call: Call, node: Node, tag: string): HiddenNode {
  const { digest, marks } = call.making.digestOf(node);
  return hiddenBy(call.making.hash(JSON.stringify(['restyled', tag, digest])), marks);
}

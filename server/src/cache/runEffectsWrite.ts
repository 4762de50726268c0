/** Files and folders as programs find and make them. */

import { absolute } from '../shell/commandWords.ts';
import { unknownPart } from '../shell/shellTree.ts';
import type { Call } from './runEffectsCommands.ts';
import { chmodOf } from './stageTreeDigest.ts';
import { type Draft, find, isFolder, type Place, put, Unfollowed } from './stageTreeDraft.ts';
import type { Making } from './stageTreeMaking.ts';
import {
  type Content,
  kindOf,
  type Mode,
  type Node,
  type Owner,
  unveiled,
} from './stageTreeNodes.ts';

/** The absolute path of an operand. Throws Unfollowed where it is not known. */
export function operandPath({ command: { cwd } }: Call, word: string): string {
  if (word.includes(unknownPart) || word === '') throw new Unfollowed();
  if (!word.startsWith('/') && cwd === null) throw new Unfollowed();
  const path = absolute(word, cwd ?? '/');
  if (/^\/(dev|proc|sys)(\/|$)/.test(path)) throw new Unfollowed();
  return path;
}

/** The owner of what the command makes. */
export function makerOwner({ making, command, draft }: Call): Owner {
  if (command.user === null) throw new Unfollowed();
  return making.ownerOf(command.user, draft.root);
}

/** Where a write to a path goes; its folder must not be surely missing. */
export function writable(draft: Draft, path: string): Place {
  const place = find(draft.root, path);
  const parent = find(draft.root, place.path.slice(0, place.path.lastIndexOf('/')) || '/');
  if (!parent.node || isFolder(parent) === false) throw new Unfollowed();
  if (
    parent.node.kind === 'folder' &&
    typeof parent.node.mode === 'number' &&
    parent.node.mode & 0o2000
  )
    throw new Unfollowed();
  if (place.node && kindOf(place.node) === 'folder') throw new Unfollowed();
  return place;
}

const systemFiles = /^\/(bin|etc|lib|lib64|sbin|usr|boot)\/(?!local\/)/;

/** Where all images have files of their own, whose mode and owner stay when they are written. */
export function isSystemFile(path: string): boolean {
  return systemFiles.test(path);
}

/** Writes a file: one that is there keeps its mode and owner, a new one gets `fresh`. */
export function newFile(call: Call, place: Place, content: Content, fresh: Mode = 0o644): void {
  const { draft, making } = call;
  const node = place.node?.kind === 'veiled' ? unveiled(place.node) : place.node;
  let mode = fresh;
  let owner = makerOwner(call);
  if (node?.kind === 'file') ({ mode, owner } = node);
  else if (node?.kind === 'given') {
    mode = node.chmod === null ? node.node.mode : chmodOf(node.chmod, node.node.mode);
    owner = node.owner;
  } else if (node?.kind === 'hidden' && isSystemFile(place.path)) {
    mode = `of ${making.digestOf(node).digest}`;
  }
  put(draft, place.path, { kind: 'file', mode, owner, content });
}

/** The bytes of a file. Throws Unfollowed for all that is none. */
export function contentOf(making: Making, node: Node): Content {
  switch (node.kind) {
    case 'file':
      return node.content;
    case 'given':
      if (node.node.kind !== 'file') throw new Unfollowed();
      return { digest: node.node.content, text: null, marks: making.digestOf(node).marks };
    case 'veiled': {
      const inner = contentOf(making, unveiled(node));
      const { marks } = making.digestOf(node);
      return { ...inner, marks };
    }
    case 'hidden': {
      const { digest, marks } = making.digestOf(node);
      return { digest: making.hash(`bytes ${digest}`), text: null, marks };
    }
    default:
      throw new Unfollowed();
  }
}

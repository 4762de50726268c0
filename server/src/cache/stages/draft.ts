/** The tree of a stage while its steps are applied: finding paths through links, and writing. */

import { childOf, isMissing, kindOf, targetOf } from './entries.ts';
import type { Line } from './line.ts';
import { givenMode } from './modes.ts';
import {
  emptyFolder,
  type FolderNode,
  folderOver,
  joined,
  type Mode,
  type Node,
  type Owner,
  root as rootOwner,
  withChild,
} from './nodes.ts';
import { Unfollowed } from './unfollowed.ts';

/** Linux follows as many links. */
const mostLinks = 40;

/** A tree that is being changed. */
export interface Draft {
  root: Node;
  /** The image below all steps, which has the programs. */
  readonly image: string;
  /** The line whose tree it becomes. */
  readonly line: Line;
}

/** Where a path leads. */
export interface Place {
  /** Absolute, without links on the way. */
  readonly path: string;
  /** Null: surely nothing is there. */
  readonly node: Node | null;
}

/** Follows a path; a link at its end too, with `follow`. Throws Unfollowed for loops. */
export function find(root: Node, path: string, follow = true): Place {
  return straight(root, path, follow) ?? found(root, path, follow);
}

/** Most paths are clean and pass no link; null: this one is or does otherwise. */
function straight(root: Node, path: string, follow: boolean): Place | null {
  if (!path.startsWith('/')) return null;
  let node: Node | null = root;
  for (let from = 1; from <= path.length; ) {
    const slash = path.indexOf('/', from);
    const part = slash < 0 ? path.slice(from) : path.slice(from, slash);
    if (part === '' || part === '.' || part === '..') return null;
    node = node && childOf(node, part);
    if (node && (follow || slash >= 0) && targetOf(node) !== undefined) return null;
    from += part.length + 1;
  }
  return { path, node };
}

function found(root: Node, path: string, follow: boolean): Place {
  const todo = path.split('/').reverse();
  let trail: Place[] = [{ path: '/', node: root }];
  let links = 0;
  for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (trail.length > 1) trail.pop();
      continue;
    }
    const here = trail.at(-1) as Place;
    const node = here.node && childOf(here.node, part);
    const target = node && (follow || todo.some(Boolean)) ? targetOf(node) : undefined;
    if (target === undefined) {
      trail.push({ path: joined(here.path, part), node });
      continue;
    }
    if (++links > mostLinks) throw new Unfollowed();
    if (target.startsWith('/')) trail = [{ path: '/', node: root }];
    todo.push(...target.split('/').reverse());
  }
  return trail.at(-1) as Place;
}

/** The node at a path without following links in it. */
export function at(root: Node, path: string): Node | null {
  let node: Node | null = root;
  for (const part of path.split('/')) if (part && node) node = childOf(node, part);
  return node;
}

/** What folders get that are made on the way. */
export interface NewFolders {
  readonly mode: Mode;
  readonly owner: Owner;
}

/**
 * Puts a node at a path that has no links on the way (`find` gives such); null removes what is
 * there. Folders that are missing are made.
 */
export function put(
  draft: Draft,
  path: string,
  node: Node | null,
  folders: NewFolders = { mode: 0o755, owner: rootOwner },
): void {
  const parts = path.split('/').filter(Boolean);
  const change = (here: Node | null, index: number): Node | null => {
    const name = parts[index];
    if (name === undefined) return node;
    if (node === null && isMissing(here)) return here;
    const isNew = !here || isMissing(here);
    const folder = isNew ? emptyFolder(folders.mode, folders.owner) : opened(here);
    const child = change(childOf(folder, name), index + 1);
    return withChild(folder, name, child);
  };
  draft.root = change(draft.root, 0) ?? emptyFolder();
}

/** The node as a folder whose entries stand by themselves. Throws Unfollowed where it is none. */
export function opened(node: Node): FolderNode {
  switch (node.kind) {
    case 'folder':
      return node;
    case 'hidden':
      return folderOver(node, null, null);
    case 'given': {
      if (node.node.kind !== 'directory') throw new Unfollowed();
      const { owner, over } = node;
      let folder = folderOver(over, givenMode(node), owner);
      for (const name of node.node.children.keys()) {
        const child = childOf(node, name);
        if (child) folder = withChild(folder, name, child);
      }
      return folder;
    }
    case 'veiled':
      // What was there is kept as a whole, so that each line costs what it changes.
      return folderOver(node, null, null);
    default:
      throw new Unfollowed();
  }
}

/** Folders that nearly every image has. */
const common =
  /^\/(bin|boot|dev|etc|home|lib|lib64|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)?$|^\/usr\/(local\/)?(bin|sbin|lib|share|src|include|libexec)?$|^\/etc\/(ssl|apt|profile\.d|cron\.d|init\.d)$|^\/var\/(lib|log|cache|run|tmp|spool|www|www\/html)$|^\/usr\/share\/nginx\/html$/;

/** Is there a folder? Null: not known. */
export function isFolder({ node, path }: Place): boolean | null {
  if (path === '/') return true;
  if (!node || isMissing(node)) return false;
  const kind = kindOf(node);
  if (kind === null) return common.test(path) ? true : null;
  return kind === 'folder';
}

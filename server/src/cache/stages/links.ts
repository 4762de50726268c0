/**
 * Folders that may be links to others, of which no text tells: of a base image that is not known, or
 * made by a RUN that is not followed. What a line writes there may lie elsewhere.
 */

import type { ContentNode } from '../../context/contentFacts.ts';
import { baseName } from '../../shell/commandWords.ts';
import { isWithin } from '../../syntax/slashPaths.ts';
import type { Digested } from './digests.ts';
import { childOf, kindOf } from './entries.ts';
import type { Making } from './making.ts';
import { certain, joinMarks } from './marks.ts';
import {
  childrenOf,
  type HiddenNode,
  joined,
  type Maker,
  type Node,
  type VeiledNode,
} from './nodes.ts';

/** Links in there are the distribution's own. */
const system = /^\/(bin|boot|dev|etc|lib|lib32|lib64|libx32|proc|run|sbin|sys|usr|var)(\/|$)/;

/** Folders of the system, in which others are not. */
const container = /^\/(opt|srv|home|mnt|media|root|tmp)?$/;

const reason =
  'A folder that it writes to may be a link to another one, as far as the text of the stage tells.';

/** Adds all that lines have written, where some of it may have gone to the path through a link. */
export function throughLinks(
  tree: Node,
  path: string,
  node: Node,
  found: Digested,
  making: Making,
): Digested {
  if (path === '/' || system.test(path) || isFresh(tree, path)) return found;
  if (!mayBeLinked(tree, path, node, making)) return found;
  const all = making.digestOf(tree);
  if (all.digest === found.digest) return found;
  return {
    digest: making.hash(JSON.stringify(['through', found.digest, all.digest])),
    marks: joinMarks(joinMarks(found.marks, all.marks), { ...certain, perhaps: reason }),
  };
}

/**
 * Is it in a folder that surely was not there before a line made it, on nothing but an image? A link of
 * the image would have led to nothing.
 */
function isFresh(tree: Node, path: string): boolean {
  let bottom: Node | null = tree;
  while (bottom?.kind === 'folder') bottom = bottom.below;
  if (bottom && !(bottom.kind === 'hidden' && bottom.maker.isImage)) return false;
  let at: Node | null = tree;
  for (const part of path.split('/')) {
    if (part && at) at = childOf(at, part);
    if (part && at?.kind === 'folder' && at.below === null) return true;
  }
  return false;
}

function mayBeLinked(tree: Node, path: string, node: Node, { digestOf }: Making): boolean {
  if (node.kind === 'hidden' && node.maker.isImage) return !node.maker.isTame && tree !== node;
  const until = node.kind === 'hidden' ? node.maker : null;
  const places = placesIn(tree, until).filter(
    (each) => !isWithin(path, each.path) && !isWithin(each.path, path),
  );
  if (places.length === 0) return false;
  const kind = kindOf(node);
  if (kind === null && until?.isTame) {
    const top = path.split('/')[1];
    return places.some((each) => each.path.split('/')[1] !== top);
  }
  if (kind === null || kind === 'folder') return true;
  const name = baseName(path);
  const { digest } = digestOf(node);
  const isOther = (child: Node) => digestOf(child).digest !== digest;
  return places.some((each) => holds(each.node, name, isOther));
}

interface Place {
  readonly path: string;
  readonly node: Node;
}

const known = new WeakMap<Node, Map<Maker | null, readonly Place[]>>();

/** As `searched`; trees do not change. */
function placesIn(tree: Node, until: Maker | null): readonly Place[] {
  const of = known.get(tree) ?? new Map<Maker | null, readonly Place[]>();
  known.set(tree, of);
  let places = of.get(until);
  if (!places) {
    places = searched(tree, until);
    of.set(until, places);
  }
  return places;
}

/** Folders with entries of lines that may be links; those from before `until` are part of what that made. */
function searched(tree: Node, until: Maker | null): readonly Place[] {
  const places: Place[] = [];
  const open: Place[] = [{ path: '/', node: tree }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { path, node } = next;
    if (node.kind === 'veiled') {
      if (node.maker !== until) open.push({ path, node: node.node });
      continue;
    }
    if (system.test(path)) continue;
    const isOpen = !container.test(path);
    if (node.kind === 'given') {
      if (isOpen && node.over && mayLink(node.over)) places.push(next);
    } else if (node.kind === 'folder') {
      const children = childrenOf(node);
      if (isOpen && node.below && mayLink(node.below) && children.length > 0) places.push(next);
      for (const [name, child] of children)
        if (child) open.push({ path: joined(path, name), node: child });
      if (node.below?.kind === 'veiled') open.push({ path, node: node.below });
    }
  }
  return places;
}

/** May what was there have been a link to a folder? */
function mayLink(below: HiddenNode | VeiledNode): boolean {
  if (below.kind === 'hidden') return !below.maker.isTame;
  const kind = kindOf(below);
  return kind === null ? true : !below.maker.isTame;
}

/** Is there a file of that name which is another one? */
function holds(node: Node, name: string, isOther: (child: Node) => boolean): boolean {
  if (node.kind === 'given') {
    if (!namesOf(node.node).has(name)) return false;
    const children = [...node.node.children.keys()];
    return children.some((child) => {
      const each = childOf(node, child);
      return each !== null && ((child === name && isOther(each)) || holds(each, name, isOther));
    });
  }
  if (node.kind !== 'folder') return false;
  return childrenOf(node).some(
    ([child, each]) =>
      (child === name && (each === null || isOther(each))) ||
      (each !== null && holds(each, name, isOther)),
  );
}

const names = new WeakMap<ContentNode, ReadonlySet<string>>();

function namesOf(top: ContentNode): ReadonlySet<string> {
  const known = names.get(top);
  if (known) return known;
  const found = new Set<string>();
  const open = [top];
  for (let next = open.pop(); next; next = open.pop()) {
    for (const [name, child] of next.children) {
      found.add(name);
      open.push(child);
    }
  }
  names.set(top, found);
  return found;
}

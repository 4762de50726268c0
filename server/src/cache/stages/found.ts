/** What COPY --from and mounts find at a path of a stage, wildcards and links of folders included. */

import { matches as fits } from '../../shell/patterns.ts';
import { absolutePath, isWithin } from '../../syntax/slashPaths.ts';
import type { Digested } from './digests.ts';
import { find } from './draft.ts';
import { belowOf, childOf, kindOf, namesIn } from './entries.ts';
import { throughLinks } from './links.ts';
import type { Making } from './making.ts';
import { certain, joinMarks } from './marks.ts';
import { emptyFolder, type Node } from './nodes.ts';

/** What was found, or why it is not known. */
export type Found = Digested | { readonly unknown: string; readonly pending: boolean };

/** What stands at a path, which may have wildcards. */
export function contentAt(tree: Node, source: string, making: Making): Found {
  const path = absolutePath(source);
  const wild = path.split('/').findIndex((part) => /[*?[\\]/.test(part));
  if (wild >= 0) return selectionAt(tree, path, wild, making);
  const { node, path: real } = find(tree, path);
  if (!node) {
    return { unknown: `The build fails: ${source} is not in the stage.`, pending: false };
  }
  return seenAt(tree, real, node, making);
}

/** The digest of what stands at a path, with all that lines may have put there by other names. */
export function seenAt(tree: Node, path: string, node: Node, making: Making): Digested {
  const found = withAliases(tree, path, making.digestOf(node), making);
  return throughLinks(tree, path, node, found, making);
}

/** What a wildcard finds; where not all names of the folder are known, the folder stands for it. */
function selectionAt(tree: Node, path: string, wild: number, making: Making): Found {
  const parts = path.split('/');
  const folder = find(tree, parts.slice(0, wild).join('/') || '/');
  const pattern = parts[wild] ?? '';
  const inside = folder.node ? namesIn(folder.node).names : [];
  const linked = (found: Digested) => {
    const also = withAliases(tree, folder.path, found, making);
    return throughLinks(tree, folder.path, folder.node ?? emptyFolder(), also, making);
  };
  const simple = wild === parts.length - 1 && !/[\\[]/.test(pattern);
  if (!folder.node || !simple) {
    const { digest, marks } = making.digestOf(folder.node ?? emptyFolder());
    const found = { digest: making.hash(JSON.stringify(['selected', path, digest])), marks };
    return linked(found);
  }
  let marks = certain;
  let hasFolders = false;
  const matches: (readonly [string, string])[] = [];
  for (const name of [...inside].sort()) {
    if (fits(name, pattern) !== true || !childOf(folder.node, name)) continue;
    const { node } = find(tree, `${folder.path}/${name}`);
    if (!node) continue;
    const found = making.digestOf(node);
    marks = joinMarks(marks, found.marks);
    matches.push([name, found.digest]);
    hasFolders ||= kindOf(node) === 'folder';
  }
  // The builder lists what is in folders one by one; here their own digests do.
  const below = belowOf(folder.node);
  if (below) {
    const others = making.digestOf(below);
    const digest = making.hash(JSON.stringify(['selected', pattern, matches, others.digest]));
    const found = { digest, marks: joinMarks(marks, others.marks) };
    return linked(found);
  }
  const digest = hasFolders
    ? making.hash(JSON.stringify(['selection', matches]))
    : making.digests.selection(matches);
  return linked({ digest, marks });
}

/** Folders that are one and the same in many base images, through links that no text tells of. */
const sameFolders: readonly (readonly string[])[] = [
  ['/bin', '/usr/bin', '/sbin', '/usr/sbin'],
  ['/lib', '/usr/lib'],
  ['/lib64', '/usr/lib64'],
  ['/run', '/var/run'],
  ['/run/lock', '/var/lock'],
];

/** Adds what stands at other names that may be the same place, where a step has changed it. */
function withAliases(tree: Node, path: string, found: Digested, making: Making): Digested {
  const bottom = bottomOf(tree);
  if (!bottom || path === '/') return found;
  let { digest, marks } = found;
  for (const group of sameFolders) {
    for (const member of group) {
      if (!isWithin(path, member) && !isWithin(member, path)) continue;
      const rest = isWithin(path, member) ? path.slice(member.length) : '';
      for (const other of group) {
        if (other === member || isWithin(other, path)) continue;
        const alias = other + rest;
        const { node } = find(tree, alias);
        if (!node || isUntouched(node, bottom, alias)) continue;
        const also = making.digestOf(node);
        digest = making.hash(JSON.stringify(['or', digest, also.digest]));
        marks = joinMarks(marks, also.marks);
      }
    }
  }
  return { digest, marks };
}

/** What has all that no step made; null where nothing has. */
function bottomOf(tree: Node): Node | null {
  if (tree.kind === 'hidden') return tree;
  if (tree.kind === 'folder') return tree.below && bottomOf(tree.below);
  if (tree.kind === 'veiled') return { kind: 'hidden', maker: tree.maker, path: '/' };
  return null;
}

function isUntouched(node: Node, bottom: Node, path: string): boolean {
  if (bottom.kind !== 'hidden') return true;
  if (node.kind === 'hidden') return node.maker === bottom.maker && node.path === path;
  if (node.kind === 'veiled') return kindOf(node) === null;
  return false;
}

/** Which files that were there before may a RUN have changed that is not followed. */

import type { ContentNode } from '../../../context/contentFacts.ts';
import type { ResolvedRun } from '../../../model/plan.ts';
import { isWithin } from '../../../syntax/slashPaths.ts';
import { kindOf } from '../entries.ts';
import { childrenOf, type Maker, type Node } from '../nodes.ts';

/** Folders that builds write their results to. */
const outputs =
  /^(dist|build|out|output|target|bin|obj|lib|release|publish|public|_site|site|\.next|\.nuxt|\.output|\.svelte-kit|coverage|pkg|tmp|cache|\.cache|generated|gen|assets|static|node_modules|vendor|venv|\.venv)$/;

const dependencies = /^(node_modules|vendor|venv|\.venv|site-packages)$/;

const installs =
  /\b(install|ci|add|update|upgrade|sync|restore|get|download|vendor|prune|i|mod|venv|virtualenv)\b|\byarn\s*($|[;&|\n-])|\bpoetry\b|\bbundle\b|node_modules|vendor|venv/;

const system =
  /^\/(bin|boot|dev|etc|home|lib|lib32|lib64|libx32|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)(\/|$)/;

/**
 * Files that the text does not name stay what they were, likely: the RUN stands in the marks of what
 * it is said not to touch. Folders stay where they are neither around nor above the current folder,
 * not named, and not such as builds write to.
 */
export function touchesOf(run: ResolvedRun, text: string): Pick<Maker, 'touches' | 'spares'> {
  const onlyPackages = installsSystemPackages(text);
  const spares = onlyPackages ? (path: string) => path !== '/' && !system.test(path) : undefined;
  const touches: Maker['touches'] = (path, node) => {
    if (path === '/') return true;
    if (spares?.(path)) return false;
    const name = path.slice(path.lastIndexOf('/') + 1);
    const kind = kindOf(node);
    if (kind === null) return !(dependencies.test(name) && !installs.test(text));
    if (isNamed(name, text)) return true;
    if (kind !== 'folder') return false;
    return isWithin(run.cwd, path) || outputs.test(name) || system.test(`${path}/`);
  };
  return spares ? { touches, spares } : { touches };
}

/** Is a file of the text or the build context there that the text does not name? Links count as files. */
export function holdsUnnamed(node: Node | null, text: string, name = ''): boolean {
  if (node?.kind === 'veiled') {
    let shown: Node = node;
    while (shown.kind === 'veiled') shown = shown.node;
    return holdsUnnamed(shown, text, name);
  }
  if (!node || node.kind === 'hidden') return false;
  if (node.kind === 'given') return givesUnnamed(node.node, text, name);
  if (node.kind !== 'folder') return !isNamed(name, text);
  return childrenOf(node).some(([child, each]) => holdsUnnamed(each, text, child));
}

function givesUnnamed(node: ContentNode, text: string, name: string): boolean {
  if (node.kind !== 'directory') return !isNamed(name, text);
  for (const [child, each] of node.children) if (givesUnnamed(each, text, child)) return true;
  return false;
}

function isNamed(name: string, text: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const around = `${text[at - 1] ?? ' '}${text[at + name.length] ?? ' '}`;
    if (!/[\w.-]/.test(around.replace(/\.$/, ' '))) return true;
  }
  return false;
}

/** Nothing but the package manager of the distribution, and removing its lists. */
function installsSystemPackages(text: string): boolean {
  const script = text.slice(text.indexOf('\n', text.indexOf('-c')) + 1).replaceAll('\\\n', ' ');
  const commands = script.split(/&&|;|\n/).map((each) => each.trim());
  return commands.every(
    (each) =>
      each === '' ||
      /^(apt-get|apt|apk|dnf|yum|microdnf|zypper)(\s+-[\w-]+(=\S+)?)*\s+(update|upgrade|install|add|clean|autoremove|remove|makecache|refresh)\b[^|>$`]*$/.test(
        each,
      ) ||
      /^rm -rf? (\/var\/(lib|cache)\/\S+\s*)+$/.test(each) ||
      /^set -[eux]+$/.test(each),
  );
}

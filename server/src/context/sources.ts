/**
 * Finds what COPY and ADD sources name in the filtered context: plain paths, wildcards, folders,
 * symlinks (followed like BuildKit does: the root of the context is the root of all links).
 *
 * Follows fsutil `copy.ResolveWildcards` and `rootPath`, continuity `fs.RootPath`.
 */

import { type Filter, filterEntry, rootFilter } from './dockerignore.ts';
import { type Entry, Unreadable } from './entries.ts';
import type { Folders } from './folders.ts';
import { hasWildcard, matchName, partsOf } from './goPath.ts';
import { compilePattern, type PatternMatcher } from './patternMatcher.ts';

/** A file or folder of the context that the ignore file lets through. */
export interface Found {
  /** Relative to the root; `''` is the root itself. */
  readonly path: string;
  /** Null for the root. */
  readonly entry: Entry | null;
  /** Decides on what is below. */
  readonly filter: Filter;
}

export interface Child extends Found {
  readonly entry: Entry;
  /** Itself not sent, but something below may be. */
  readonly perhaps: boolean;
}

export interface ContextTree {
  readonly root: Found;
  /** What is sent of a folder, in byte order. */
  children(folder: Found): Promise<readonly Child[]>;
  /** The entry at a path; a symlink at its end is followed. Undefined: not there, or not sent. */
  find(path: readonly string[]): Promise<Found | undefined>;
  /** Is anything below this folder sent? */
  holdsAny(folder: Found): Promise<boolean>;
}

/** continuity gives up after as many links. */
const mostLinks = 255;

/** What is sent of folders, by their entries as they were read; for one matcher. */
export type Verdicts = WeakMap<ReadonlyMap<string, Entry>, readonly Child[]>;

/** The tree of a context as the builder gets it; `verdicts` is kept from question to question. */
export function contextTree(
  folders: Folders,
  matcher: PatternMatcher,
  verdicts: Verdicts,
  signal: AbortSignal | undefined,
): ContextTree {
  const root: Found = { path: '', entry: null, filter: rootFilter(matcher) };
  const isFolder = (found: Found) => !found.entry || found.entry.kind === 'directory';
  let steps = 0;

  const childOf = (folder: Found, entry: Entry): Child | undefined => {
    const isDirectory = entry.kind === 'directory';
    const { verdict, below } = filterEntry(folder.filter, entry.name, isDirectory);
    if (verdict === 'dropped') return undefined;
    // Nothing is below a file, and there are many: what decides on that is not kept for each.
    const filter = isDirectory ? below : folder.filter;
    return { path: below.path, entry, filter, perhaps: verdict === 'perhaps' };
  };

  const tree: ContextTree = {
    root,
    async children(folder) {
      signal?.throwIfAborted();
      const entries = await folders.read(folder.path, signal);
      steps += entries.size + 1;
      if (steps > 2000) {
        // A walk over what is remembered would else never let a cancellation in.
        steps = 0;
        await new Promise((resolve) => setTimeout(resolve, 0));
        signal?.throwIfAborted();
      }
      const known = verdicts.get(entries);
      if (known) return known;
      const children = [...entries.values()].flatMap((entry) => childOf(folder, entry) ?? []);
      verdicts.set(entries, children);
      return children;
    },
    async find(path) {
      const todo = [...path].reverse();
      let trail: Found[] = [root];
      const passed = new Set<string>();
      let links = 0;
      for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
        const here = trail.at(-1) ?? root;
        if (part === '' || part === '.') continue;
        if (part === '..') {
          if (trail.length > 1) trail.pop();
          continue;
        }
        if (!isFolder(here)) return undefined;
        const entry = (await folders.read(here.path, signal)).get(part);
        const child = entry && childOf(here, entry);
        if (!child) return undefined;
        if (child.entry.kind !== 'symlink') {
          trail.push(child);
          continue;
        }
        if (++links > mostLinks) return undefined;
        passed.add(child.path);
        if (child.entry.target.startsWith('/')) trail = [root];
        todo.push(...child.entry.target.split('/').reverse());
      }
      // fsutil's client follows a link once, and sends nothing for the second time.
      if (passed.size < links) {
        throw new Unreadable(
          `${path.join('/')} passes the same link more than once; the builder may not have what it points to.`,
        );
      }
      const found = trail.at(-1) ?? root;
      const perhaps = 'perhaps' in found && found.perhaps === true;
      return perhaps && !(await tree.holdsAny(found)) ? undefined : found;
    },
    async holdsAny(folder) {
      for (const child of await tree.children(folder)) {
        if (!child.perhaps || (await tree.holdsAny(child))) return true;
      }
      return false;
    },
  };
  return tree;
}

/** One place that a source names. */
export interface Match {
  /** The name that the copy gets where the destination is a folder. */
  readonly name: string;
  readonly found: Found;
  /** Its path below the part of the source before the first wildcard; `''` without one. */
  readonly below: string;
  /** It is a symlink, and `found` is what that leads to. */
  readonly isLink: boolean;
}

export interface Resolved {
  readonly matches: readonly Match[];
  /** The source has a wildcard, so that finding nothing is no error. */
  readonly wildcard: boolean;
  /** What stands before the first wildcard is there; if not, the build fails (seen on an engine). */
  readonly hasBase: boolean;
  /** Wildcard matches that are links to nothing: the build fails on them. */
  readonly dangling: readonly string[];
}

/**
 * What one source names, symlinks followed; no matches: it is not there, or ignored. `isSent`: is a
 * path sent for another line?
 */
export async function resolveSource(
  tree: ContextTree,
  source: string,
  isSent: (path: string) => boolean = () => false,
): Promise<Resolved> {
  const parts = partsOf(source);
  const wild = parts.findIndex(hasWildcard);
  if (wild < 0) {
    const found = await tree.find(parts);
    const isLink = (await entryAt(tree, parts))?.kind === 'symlink';
    const matches = found ? [{ name: parts.at(-1) ?? '', found, below: '', isLink }] : [];
    return { matches, wildcard: false, hasBase: found !== undefined, dangling: [] };
  }
  const base = await tree.find(parts.slice(0, wild));
  const children: Child[] = [];
  if (base) await expand(tree, base, parts.slice(wild), children);
  const matches: Match[] = [];
  const dangling: string[] = [];
  const sent = sentBy([...(base?.path.split('/') ?? []), ...parts.slice(wild)]);
  for (const child of children) {
    const { path, entry } = child;
    if (!sent(path)) continue;
    const isLink = entry.kind === 'symlink';
    const found = isLink ? await tree.find(path.split('/')) : child;
    if (isLink && parts.length - wild > 1 && !(found && isSent(found.path))) throw unsentLink(path);
    const below = base?.path ? path.slice(base.path.length + 1) : path;
    if (found) matches.push({ name: entry.name, found, below, isLink });
    else dangling.push(path);
  }
  return { matches, wildcard: true, hasBase: base !== undefined, dangling };
}

/**
 * The client sends what the source matches as an ignore pattern, in which `[*]` and `\\d` mean
 * something else; what is not sent is not there to be copied (fsutil `FilterOpt.FollowPaths`).
 */
export function sentBy(pattern: readonly string[]): (path: string) => boolean {
  return compilePattern(pattern.filter(Boolean).join('/'), false)?.matches ?? (() => true);
}

/** Is a path sent for one of these sources, as what it names or below that? */
export function sentFor(sources: readonly string[]): (path: string) => boolean {
  let matchers: readonly ((path: string) => boolean)[] | null = null;
  return (path) => {
    // Hardly ever asked, and there may be many sources.
    matchers ??= sources.map((source) => {
      const parts = partsOf(source);
      return parts.length === 0 ? () => true : sentBy(parts);
    });
    const names = path.split('/');
    const ways = names.map((_, at) => names.slice(0, at + 1).join('/'));
    return matchers.some((matches) => ways.some(matches));
  };
}

/**
 * The client sends what a matched link points to only where the wildcard is in the last component
 * (fsutil `FollowLinks`). Else it hangs on other lines whether the builder has it.
 */
function unsentLink(path: string): Unreadable {
  return new Unreadable(
    `A wildcard in a folder name finds the link ${path}; the builder may not have what it points to.`,
  );
}

/** What is sent at a path itself: only links on the way are followed. Undefined: nothing, or the root. */
async function entryAt(tree: ContextTree, path: readonly string[]): Promise<Entry | undefined> {
  const folder = await tree.find(path.slice(0, -1));
  if (!folder || (folder.entry && folder.entry.kind !== 'directory')) return undefined;
  const children = await tree.children(folder);
  return children.find(({ entry }) => entry.name === path.at(-1))?.entry;
}

/** What below a folder fits the components, in the order of a walk; links are not walked into. */
async function expand(
  tree: ContextTree,
  folder: Found,
  patterns: readonly string[],
  fitting: Child[],
): Promise<void> {
  const [pattern = '', ...rest] = patterns;
  if (folder.entry && folder.entry.kind !== 'directory') return;
  for (const child of await tree.children(folder)) {
    if (matchName(pattern, child.entry.name) !== true) continue;
    if (rest.length > 0) {
      if (child.entry.kind === 'directory') await expand(tree, child, rest, fitting);
    } else if (!child.perhaps || (await tree.holdsAny(child))) fitting.push(child);
  }
}

/** Which files of the context differ from those that an earlier build took, in words. */

import type { ContentNode, KnownContent, SentEntry } from '../context/contentFacts.ts';
import { resolveSource } from '../model/paths.ts';
import type { BuildRecord } from './buildRecord.ts';
import { shown } from './unnoticed.ts';

type Entry = Omit<SentEntry, 'mtimeNs'>;

interface Change {
  readonly path: string;
  readonly what: string;
}

/**
 * `src/app.ts changed`; null where no file is found that differs. At most three are named. `beside`: what
 * other lines take, since a record does not say which of the files below a path a line left out.
 */
export function changedFiles(
  contents: readonly KnownContent[],
  took: readonly string[],
  record: BuildRecord,
  beside: () => readonly KnownContent[] = () => [],
): string | null {
  const [first] = contents;
  if (!record.files || !first) return null;
  const key = took.join('\0');
  let memory = remembered.get(first);
  if (memory?.record !== record || memory.key !== key) {
    const before = takenBefore(took, record);
    const now = takenNow(contents);
    const followed = newTargets(contents, before);
    // What a link led to is still there, or is told of by another line.
    const tops = new Set(followed.size > 0 ? took : []);
    const isLeft = (path: string) => tops.has(path) || isTaken(beside(), path);
    const changes = compare(before, now, followed, isLeft);
    memory = { record, key, reason: inWords(changes) };
    remembered.set(first, memory);
  }
  return memory.reason;
}

/** A folder of many files is not compared at each keystroke. */
const remembered = new WeakMap<
  KnownContent,
  { readonly record: BuildRecord; readonly key: string; readonly reason: string | null }
>();

function takenNow(contents: readonly KnownContent[]): ReadonlyMap<string, Entry> {
  const found = new Map<string, Entry>();
  const open: ContentNode[] = contents.flatMap(({ sources }) =>
    sources.flatMap(({ matches }) => matches.map(({ node }) => node)),
  );
  for (let node = open.pop(); node; node = open.pop()) {
    if (found.has(node.path)) continue;
    found.set(node.path, node);
    for (const child of node.children.values()) open.push(child);
  }
  return found;
}

/** Sources that are links to something else than before, by what they lead to now. */
function newTargets(
  contents: readonly KnownContent[],
  before: ReadonlyMap<string, Entry>,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { source, matches } of contents.flatMap(({ sources }) => sources)) {
    const path = resolveSource(source).slice(1);
    const [match] = matches;
    if (match && matches.length === 1 && !/[*?[]/.test(source)) {
      if (match.node.path !== path && !before.has(match.node.path))
        found.set(match.node.path, path);
    }
  }
  return found;
}

/** Is there something at a path that any of them takes? */
function isTaken(contents: readonly KnownContent[], path: string): boolean {
  for (const { matches } of contents.flatMap(({ sources }) => sources)) {
    for (const { node } of matches) {
      const isBelow = node.path === '' || `${path}/`.startsWith(`${node.path}/`);
      const rest = isBelow ? path.slice(node.path.length).split('/').filter(Boolean) : null;
      const found = rest?.reduce<ContentNode | undefined>(
        (at, name) => at?.children.get(name),
        node,
      );
      if (found) return true;
    }
  }
  return false;
}

const sortedPaths = new WeakMap<object, readonly string[]>();

function takenBefore(took: readonly string[], { files }: BuildRecord): ReadonlyMap<string, Entry> {
  const found = new Map<string, Entry>();
  if (!files) return found;
  let paths = sortedPaths.get(files);
  if (!paths) {
    paths = [...files.keys()].sort();
    sortedPaths.set(files, paths);
  }
  const add = (path: string) => {
    const entry = files.get(path);
    if (entry) found.set(path, entry);
  };
  for (const top of took) {
    add(top);
    const folder = top === '' ? '' : `${top}/`;
    for (let at = firstFrom(paths, folder); at < paths.length; at++) {
      const path = paths[at] as string;
      if (!path.startsWith(folder)) break;
      add(path);
    }
  }
  return found;
}

function firstFrom(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as string) < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

const kinds = {
  file: 'file',
  directory: 'folder',
  symlink: 'link',
  other: 'special file',
} as const;

function compare(
  before: ReadonlyMap<string, Entry>,
  now: ReadonlyMap<string, Entry>,
  followed: ReadonlyMap<string, string>,
  isLeft: (path: string) => boolean,
): readonly Change[] {
  const changed: Change[] = [];
  const added: string[] = [];
  const others = new Set<string>();
  for (const [path, entry] of now) {
    const old = before.get(path);
    const link = followed.get(path);
    if (link !== undefined) {
      changed.push({ path: link, what: `leads to ${shown(path)} now` });
      others.add(path);
    } else if (!old) added.push(path);
    else if (old.kind !== entry.kind) {
      changed.push({ path, what: `became a ${kinds[entry.kind]}` });
      others.add(path);
    } else if (old.content !== entry.content) {
      const isLink = entry.kind === 'symlink';
      changed.push({ path, what: isLink ? `points to ${shown(entry.content)} now` : 'changed' });
    } else if (old.mode !== entry.mode && entry.kind !== 'symlink') {
      changed.push({ path, what: 'has another mode' });
    }
  }
  const removed = [...before.keys()].filter(
    (path) => !now.has(path) && !isBelowAny(path, others) && !isLeft(path),
  );
  const gone = new Set(removed);
  const sources = new Map<string, string>();
  for (const path of removed) {
    const entry = before.get(path);
    if (entry && entry.content !== '' && entry.bytes > 0) sources.set(sameness(entry), path);
  }
  for (const path of leaves(added.filter((each) => !isBelowAny(each, others)))) {
    const entry = now.get(path);
    const from = entry && entry.content !== '' ? sources.get(sameness(entry)) : undefined;
    if (entry && from !== undefined && gone.delete(from)) {
      sources.delete(sameness(entry));
      changed.push({ path: from, what: `was renamed to ${shown(path)}` });
    } else changed.push({ path, what: 'was added' });
  }
  // Folders that only held what was renamed are no news.
  const folders = changed.map(({ path }) => path);
  for (const path of leaves([...gone])) {
    if (folders.some((other) => other.startsWith(`${path}/`))) continue;
    changed.push({ path, what: 'was removed' });
  }
  return changed.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function isBelowAny(path: string, folders: ReadonlySet<string>): boolean {
  if (folders.size === 0) return false;
  for (let at = path; at !== ''; ) {
    at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
    if (folders.has(at)) return true;
  }
  return false;
}

function sameness({ kind, content }: Entry): string {
  return `${kind} ${content}`;
}

/** Without the folders that have others of them inside. */
function leaves(paths: readonly string[]): readonly string[] {
  const above = new Set<string>();
  for (const path of paths) {
    for (let at = path; at !== ''; ) {
      at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
      if (above.has(at)) break;
      above.add(at);
    }
  }
  return paths.filter((path) => !above.has(path));
}

function inWords(changes: readonly Change[]): string | null {
  if (changes.length === 0) return null;
  const named = changes.slice(0, 3);
  const rest = changes.length - named.length;
  const [first] = named;
  const isUniform = named.every(({ what }) => what === first?.what && !/renamed|now$/.test(what));
  const more = rest === 1 ? '1 more file' : `${rest} more files`;
  if (isUniform && first) {
    const names = named.map(({ path }) => shown(path));
    const what =
      changes.length === 1
        ? first.what
        : first.what.replace(/^was/, 'were').replace(/^has/, 'have');
    const isAll = changes.every((change) => change.what === first.what);
    if (rest === 0) return `${listed(names)} ${what}`;
    if (isAll) return `${listed([...names, more])} ${what}`;
    return `${listed(names)} ${what}, and ${more} differ${rest === 1 ? 's' : ''}`;
  }
  const parts = named.map(({ path, what }) => `${shown(path)} ${what}`);
  return rest === 0
    ? listed(parts)
    : `${parts.join(', ')}, and ${more} differ${rest === 1 ? 's' : ''}`;
}

function listed(names: readonly string[]): string {
  if (names.length < 2) return names[0] ?? '';
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

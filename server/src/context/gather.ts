/**
 * What the sources of one COPY or ADD are: files and folders with all that is below them, after the
 * ignore file, `--exclude` and the pattern of `--parents` (fsutil `copy`, BuildKit `docopy`).
 */

import type { ResolvedCopy } from '../model/plan.ts';
import type { ArchiveContent } from './archive.ts';
import { type Entry, Unreadable } from './entries.ts';
import { storedBytes, unreadableNote } from './folderSums.ts';
import { hasWildcard, partsOf } from './goPath.ts';
import type { Content, Source, TreeEntry } from './layerTree.ts';
import { compilePatterns, type PatternMatcher } from './patternMatcher.ts';
import { noInfo, type Selection, type SelectionInfo, selectEntry } from './selection.ts';
import {
  type ContextTree,
  type Found,
  type Match,
  type Resolved,
  resolveSource,
} from './sources.ts';

/** Reads a file as an archive. */
export type ArchiveReader = (
  found: Found,
  entry: Entry,
  signal: AbortSignal | undefined,
) => Promise<ArchiveContent>;

/** What the sources of one copy are. */
export interface Gathered {
  readonly sources: readonly Source[];
  readonly missing: readonly string[];
  readonly ignored: readonly string[];
  readonly unmatched: readonly string[];
  readonly notes: readonly string[];
}

/** Reads what a copy names; rejects with Unreadable where that cannot be known. */
export async function gatherSources(
  copy: ResolvedCopy,
  tree: ContextTree,
  unfiltered: ContextTree,
  archiveContent: ArchiveReader,
  signal: AbortSignal | undefined,
): Promise<Gathered> {
  const sources: Source[] = [];
  const missing: string[] = [];
  const ignored: string[] = [];
  const unmatched: string[] = [];
  const notes: string[] = [];
  const unreadable: string[] = [];
  const unpack = copy.unpack ?? copy.add;
  const excluded = patternsOf(copy.exclude, '--exclude');
  for (const source of copy.sources) {
    const { base, include } = copy.parents ? pivot(source) : { base: source, include: null };
    const resolved = await resolveSource(tree, base);
    missing.push(...resolved.dangling);
    let any = false;
    for (const match of resolved.matches) {
      const made = await sourceOf(match, {
        tree,
        include,
        excluded,
        unpack,
        archiveContent,
        signal,
        unreadable,
      });
      any ||= include === null || (made.kind === 'directory' && made.entries.length > 0);
      sources.push(made);
      if (match.found.entry === null && (include ?? excluded))
        missing.push(...(await lost(tree, made)));
    }
    if (any || resolved.dangling.length > 0) continue;
    const absence = await absenceOf(source, include, resolved, unfiltered);
    if (absence !== 'unmatched') {
      (absence === 'ignored' ? ignored : missing).push(source);
      continue;
    }
    unmatched.push(source);
    // Only what matches is sent, so that the folder is not there to be searched (seen on an engine).
    const folder = folderOf(source);
    if (include === null && folder !== '')
      notes.push(`Unless another line copies ${folder}, the build fails.`);
  }
  // Heredocs are no part of the context, but they may replace what is.
  for (const { name } of copy.files) {
    const content: Content = { bytes: 0, path: `<<${name}` };
    sources.push({ kind: 'entry', name, node: { kind: 'file', content } });
  }
  notes.push(...unreadable.slice(0, 1).map(unreadableNote));
  return { sources, missing, ignored, unmatched, notes: [...notesOn(sources), ...notes] };
}

/**
 * Why a source selects nothing: it is not there, it is ignored, or it has wildcards that match
 * nothing, which is no error where the folder before the first one is there. `unfiltered` is the
 * context without its ignore file.
 */
export async function absenceOf(
  source: string,
  include: PatternMatcher | null,
  resolved: Resolved,
  unfiltered: ContextTree,
): Promise<'missing' | 'ignored' | 'unmatched'> {
  const wildcard = resolved.wildcard || (include !== null && /[*?[]/.test(source));
  if (wildcard && resolved.hasBase) return 'unmatched';
  const whole = await resolveSource(unfiltered, source.replace('/./', '/'));
  return whole.matches.length > 0 ? 'ignored' : 'missing';
}

/**
 * Links to nothing directly in the context's root: with `--exclude` or `--parents` the builder
 * follows these, and fails (contenthash `includedPaths`; seen on an engine).
 */
async function lost(tree: ContextTree, source: Source): Promise<readonly string[]> {
  const names: string[] = [];
  for (const { parts, node } of source.kind === 'directory' ? source.entries : []) {
    if (parts.length > 1 || node.kind !== 'symlink') continue;
    if (!(await tree.find(parts))) names.push(parts.join('/'));
  }
  return names;
}

/** The part of a source before the component with its first wildcard. */
function folderOf(source: string): string {
  const parts = partsOf(source);
  return parts.slice(0, parts.findIndex(hasWildcard)).join('/');
}

function notesOn(sources: readonly Source[]): readonly string[] {
  return sources.flatMap((source) =>
    source.kind === 'archive' ? [`${source.path} is an archive and is unpacked.`] : [],
  );
}

/** `--parents`: up to `/./` names a folder, the rest is a pattern below it (`convert_copy.go`). */
export function pivot(source: string): {
  readonly base: string;
  readonly include: PatternMatcher | null;
} {
  const at = source.indexOf('/./');
  const base = at < 0 ? '/' : source.slice(0, at);
  const pattern = partsOf(at < 0 ? source : source.slice(at + 3)).join('/');
  return { base, include: pattern === '' ? null : patternsOf([pattern], '--parents') };
}

/** Patterns of a flag; null: none. Throws Unreadable where the builder refuses one. */
export function patternsOf(texts: readonly string[], flag: string): PatternMatcher | null {
  if (texts.length === 0) return null;
  const { matcher, problems } = compilePatterns(texts);
  const [problem] = problems;
  if (problem) throw new Unreadable(`The build fails: ${problem.message} (${flag}).`);
  return matcher;
}

interface Taking extends Selection {
  readonly tree: ContextTree;
  readonly unpack: boolean;
  readonly archiveContent: ArchiveReader;
  readonly signal: AbortSignal | undefined;
  /** Files that this user may not read. */
  readonly unreadable: string[];
}

function noteUnreadable(entry: Entry, path: string, { unreadable }: Taking): void {
  if (entry.kind === 'file' && !entry.readable) unreadable.push(path);
}

async function sourceOf(match: Match, taking: Taking): Promise<Source> {
  const { found, name } = match;
  const { entry } = found;
  if (entry && entry.kind !== 'directory') {
    if (entry.kind === 'file' && taking.unpack && entry.readable) {
      const content = await taking.archiveContent(found, entry, taking.signal);
      if (content.kind === 'archive') return { kind: 'archive', path: found.path, content };
      if (content.kind === 'unreadable') {
        throw new Unreadable(`What ADD makes of ${found.path} is not known. ${content.reason}`);
      }
    }
    noteUnreadable(entry, found.path, taking);
    return { kind: 'entry', name, node: nodeOf(entry, found.path, new Map()) };
  }
  const entries: TreeEntry[] = [];
  await walk(found, [], noInfo, taking, new Map(), entries);
  return { kind: 'directory', entries };
}

/** Collects what is copied of a folder; true when there is any (fsutil `copier.copy`). */
async function walk(
  folder: Found,
  parts: readonly string[],
  above: SelectionInfo,
  taking: Taking,
  inodes: Map<string, Content>,
  entries: TreeEntry[],
): Promise<boolean> {
  let any = false;
  for (const child of await taking.tree.children(folder)) {
    const below = [...parts, child.entry.name];
    const { taken: isSelected, open, info } = selectEntry(taking, below.join('/'), above);
    const taken = isSelected && !child.perhaps;
    if (child.entry.kind !== 'directory') {
      if (!taken) continue;
      noteUnreadable(child.entry, child.path, taking);
      entries.push({ parts: below, node: nodeOf(child.entry, child.path, inodes) });
      any = true;
      continue;
    }
    if (!open) continue;
    const own = entries.push({ parts: below, node: { kind: 'directory' } }) - 1;
    const inside = await walk(child, below, info, taking, inodes, entries);
    if (taken || inside) any = true;
    else entries.splice(own, 1);
  }
  return any;
}

/** Hard links stay links within one copied folder, and only there (`copier.inodes`). */
function nodeOf(
  entry: Entry,
  path: string,
  inodes: Map<string, Content>,
): Exclude<TreeEntry['node'], { readonly kind: 'directory' }> {
  if (entry.kind === 'symlink') return { kind: 'symlink', target: entry.target };
  if (entry.kind !== 'file') return { kind: 'other' };
  const linked = entry.links > 1 && entry.inode !== '' ? inodes.get(entry.inode) : undefined;
  const content = linked ?? { bytes: storedBytes(entry), path };
  if (entry.links > 1 && entry.inode !== '') inodes.set(entry.inode, content);
  return { kind: 'file', content };
}

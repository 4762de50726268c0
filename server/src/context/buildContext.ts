/**
 * One build context: the folder whose files COPY, ADD and bind mounts take, behind its ignore file.
 *
 * Reads lazily and only below what is asked for, remembers what it read, and never leaves the folder:
 * symlinks are resolved as if the folder were the root of all. Figures are those of
 * `docker history` on the classic image store: each stored file of the layer once, in bytes.
 * Questions reject only with the reason of their AbortSignal; all else is an answer.
 */

import type { ResolvedCopy } from '../model/plan.ts';
import { type ArchiveContent, readArchive } from './archive.ts';
import { contentOf } from './content.ts';
import { contentBytes } from './contentBytes.ts';
import type { ContentFacts, Sending, SentContext } from './contentFacts.ts';
import type { Built } from './contentTree.ts';
import type { CopyFacts } from './copyFacts.ts';
import { factsOf, treeOf } from './copyFigures.ts';
import type { Decompressors } from './decompress.ts';
import { type IgnoreProblem, ignoreNothing } from './dockerignore.ts';
import { slashes, Unreadable } from './entries.ts';
import type { FileDigests } from './fileDigests.ts';
import type { FileSystem } from './fileSystem.ts';
import { bySize, sumFolder, unreadableNote } from './folderSums.ts';
import { createFolders } from './folders.ts';
import { type ArchiveReader, type Gathered, gatherSources } from './gather.ts';
import { ignoreCandidates, isSameIgnore, type LoadedIgnore, readIgnore } from './ignoreInForce.ts';
import { type KeptFolders, keptFolders } from './keptFolders.ts';
import { BuildFails, sumTree } from './layerTree.ts';
import { startPace } from './pace.ts';
import { contextTree, resolveSource } from './sources.ts';

export interface CopiedFile {
  readonly path: string;
  readonly bytes: number;
}

/** What is known of the image below a copy. */
export interface Below {
  /** Is the destination a folder there? Null: not known. Matters for several sources without a slash. */
  readonly isDirectory: boolean | null;
}

export interface IgnoreState {
  /** The file in force, absolute; null when there is none. */
  readonly path: string | null;
  readonly patterns: readonly string[];
  /** BuildKit refuses these lines, and with them the build. */
  readonly problems: readonly IgnoreProblem[];
  /** Why it cannot be read, as a full sentence; BuildKit then fails. */
  readonly unreadable: string | null;
}

export interface ContextOptions {
  /** Absolute path of the Dockerfile: `<it>.dockerignore` wins over the one of the context. */
  readonly dockerfile?: string | null;
  readonly decompressors?: Decompressors;
  /** Absent: content is unknown. */
  readonly digests?: FileDigests;
  /** Files and folders that are looked at in all; default 300,000. */
  readonly limit?: number;
  /** Bytes that an archive may unpack to; default 4 GiB. */
  readonly mostArchiveBytes?: number;
  /** Is told when answers that were given before turn out to be outdated, while another is sought. */
  readonly onOutdated?: () => void;
}

export interface BuildContext {
  /** As given. */
  readonly root: string;
  ignoreState(signal?: AbortSignal): Promise<IgnoreState>;
  /** What a COPY or ADD takes of the context, heredocs and downloads left aside. Looks at its sources only. */
  copy(copy: ResolvedCopy, signal?: AbortSignal, below?: Below): Promise<CopyFacts>;
  /** Every file of the layer, largest first, each stored file once; empty where unknown. */
  files(copy: ResolvedCopy, signal?: AbortSignal, below?: Below): Promise<readonly CopiedFile[]>;
  /**
   * What the builder hashes of what a COPY or ADD, or a bind mount of a path, selects; `sent` is what
   * it holds of this folder, null where that is not known. Reads the files that are selected.
   */
  content(
    selection: ResolvedCopy | string,
    sent: SentContext | null,
    signal?: AbortSignal,
    sending?: Sending,
  ): Promise<ContentFacts>;
  /** Marks a path (absolute), or all, as stale. True: something that was asked for is concerned. */
  invalidate(path?: string): boolean;
  /** Looks at all known folders again; true when something differs. */
  revalidate(signal?: AbortSignal): Promise<boolean>;
}

const alone: Sending = { sources: [], unsaved: null };
const noDecompressors: Decompressors = { open: () => null };
const mostMembers = 200_000;
/** Names of files that are found changed may lead to others, and these to no more. */
const mostRounds = 4;
const defaultArchiveBytes = 4 * 2 ** 30;

/** Opens a context; nothing is read before the first question. `root` is absolute. */
export function openContext(
  files: FileSystem,
  root: string,
  options: ContextOptions = {},
): BuildContext {
  /** Made for one ignore file and one state of the builder; the last few of them. */
  let built: Remembered[] = [];
  const folders = createFolders(files, root, options.limit ?? 300_000, (path) => {
    for (const { kept } of built) kept.forget(path);
    ignore?.sums.forget(path);
  });
  const bytes = options.digests && contentBytes(options.digests);
  const ignoreNames = ignoreCandidates(root, options.dockerfile ?? null);
  const archives = new Map<string, ArchiveContent>();
  let ignore: LoadedIgnore | null = null;
  let ignoreIsStale = true;
  /** The root by a path without symlinks; null: not known. */
  let real: string | null = null;

  async function loadIgnore(): Promise<LoadedIgnore> {
    if (ignore && !ignoreIsStale) return ignore;
    const loaded = await readIgnore(files, ignoreNames);
    // A watcher tells paths as they really are.
    real = (await files.realpath?.(root).catch(() => null)) ?? null;
    ignoreIsStale = false;
    if (!ignore || !isSameIgnore(ignore, loaded)) ignore = loaded;
    return ignore;
  }

  const archiveContent: ArchiveReader = async (found, entry, signal) => {
    const key = `${found.path}\0${entry.bytes}\0${entry.mtimeMs}\0${entry.inode}`;
    const known = archives.get(key);
    if (known) return known;
    const content = await readArchive(
      () => files.stream(folders.hostPath(found.path)),
      options.decompressors ?? noDecompressors,
      { entries: mostMembers, bytes: options.mostArchiveBytes ?? defaultArchiveBytes },
      signal ?? new AbortController().signal,
    );
    signal?.throwIfAborted();
    if (archives.size >= 64) archives.clear();
    archives.set(key, content);
    return content;
  };

  async function gather(copy: ResolvedCopy, signal: AbortSignal | undefined): Promise<Gathered> {
    signal?.throwIfAborted();
    const { file, verdicts } = await loadIgnore();
    const tree = contextTree(folders, file.matcher, verdicts, signal);
    const unfiltered = contextTree(folders, ignoreNothing.matcher, new WeakMap(), signal);
    const gathered = await gatherSources(copy, tree, unfiltered, archiveContent, signal);
    const [problem] = file.problems;
    if (!problem) return gathered;
    const note = `The build fails: ${problem.message} (line ${problem.line} of the ignore file).`;
    return { ...gathered, notes: [...gathered.notes, note] };
  }

  /** Asks again where what was read on the way shows that more changed than was said. */
  async function settled<T>(ask: () => Promise<T>): Promise<T> {
    for (let rounds = 1; ; rounds++) {
      const answer = await ask();
      if (!folders.settle()) return answer;
      options.onOutdated?.();
      if (rounds === mostRounds) return answer;
    }
  }

  /** The facts of a copy of nothing but one folder, which needs no walk over all files; else null. */
  async function onlyFolder(
    copy: ResolvedCopy,
    signal: AbortSignal | undefined,
  ): Promise<CopyFacts | null> {
    const { sources, files: heredocs, exclude, parents } = copy;
    const [source] = sources;
    if (source === undefined || sources.length > 1 || heredocs.length > 0) return null;
    if (exclude.length > 0 || parents) return null;
    signal?.throwIfAborted();
    const { file, verdicts, sums } = await loadIgnore();
    const tree = contextTree(folders, file.matcher, verdicts, signal);
    const { matches, dangling } = await resolveSource(tree, source);
    const [match] = matches;
    const isFolder = match && (match.found.entry?.kind ?? 'directory') === 'directory';
    if (!isFolder || matches.length > 1 || dangling.length > 0 || file.problems.length > 0)
      return null;
    const sum = await sumFolder(match.found, tree, sums, startPace(), signal);
    if (sum.hasLinks) return null;
    const largest = sum.largest.map(({ path, bytes }) => ({ path, bytes }));
    const notes = sum.unreadable === null ? [] : [unreadableNote(sum.unreadable)];
    const nothing = { missing: [], ignored: [], unmatched: [], notes };
    const { files: names, bytes: stored, directories } = sum;
    const figures = { bytes: stored, files: names, directories, largest, isSingleFile: false };
    return { kind: 'known', ...figures, ...nothing };
  }

  async function contentIn(
    selection: ResolvedCopy | string,
    sent: SentContext | null,
    signal: AbortSignal,
    sending: Sending,
  ): Promise<ContentFacts> {
    const { digests } = options;
    if (!digests || !bytes) return { kind: 'unknown', reason: 'Files cannot be compared here.' };
    signal.throwIfAborted();
    const ignored = await loadIgnore();
    const { file, verdicts } = ignored;
    let one = built.find((other) => other.ignored === ignored && other.sent === sent);
    one ??= { ignored, sent, kept: keptFolders() };
    built = [one, ...built.filter((other) => other !== one && other.ignored === ignored)].slice(
      0,
      3,
    );
    const facts = await contentOf(selection, {
      tree: contextTree(folders, file.matcher, verdicts, signal),
      unfiltered: contextTree(folders, ignoreNothing.matcher, new WeakMap(), signal),
      folders,
      kept: one.kept,
      bytes,
      digests,
      sent,
      sending,
      signal,
    });
    const [problem] = file.problems;
    if (!problem || facts.kind !== 'known') return facts;
    const fails = `The build fails: ${problem.message} (line ${problem.line} of the ignore file).`;
    return { ...facts, fails };
  }

  return {
    root,
    async ignoreState() {
      try {
        const { path, file } = await loadIgnore();
        return { path, patterns: file.patterns, problems: file.problems, unreadable: null };
      } catch (error) {
        return { path: null, patterns: [], problems: [], unreadable: reasonOf(error) };
      }
    },
    async copy(copy, signal, below = { isDirectory: null }) {
      try {
        return await settled(async () => {
          const sum = await onlyFolder(copy, signal);
          return sum ?? factsOf(copy, await gather(copy, signal), below);
        });
      } catch (error) {
        signal?.throwIfAborted();
        return { kind: 'unknown', reason: reasonOf(error), atLeastBytes: 0 };
      }
    },
    async files(copy, signal, below = { isDirectory: null }) {
      try {
        const gathered = await gather(copy, signal);
        return sumTree(treeOf(copy, gathered, below.isDirectory ?? true), []).contents.toSorted(
          bySize,
        );
      } catch {
        signal?.throwIfAborted();
        return [];
      }
    },
    async content(selection, sent, signal = new AbortController().signal, sending = alone) {
      try {
        return await settled(() => contentIn(selection, sent, signal, sending));
      } catch (error) {
        signal.throwIfAborted();
        return { kind: 'unknown', reason: reasonOf(error) };
      }
    },
    invalidate(path) {
      const here = path === undefined ? undefined : asBelow(root, real, slashes(path));
      // What an ignore file that is a link leads to may be anything.
      const isIgnore = here === undefined || ignore?.isLink || ignoreNames.some(isAtOrBelow(here));
      if (isIgnore) ignoreIsStale = true;
      const known = folders.invalidate(here);
      return known || (isIgnore === true && ignore !== null);
    },
    async revalidate(signal) {
      const before = ignore;
      ignoreIsStale = true;
      const ignoreChanged = before !== null && (await loadIgnore().catch(() => null)) !== before;
      return (await folders.revalidate(signal)) || ignoreChanged;
    },
  };
}

interface Remembered {
  readonly ignored: LoadedIgnore;
  readonly sent: SentContext | null;
  readonly kept: KeptFolders<Built>;
}

/** A path at or below `real` as one at or below the root; any other as it is. */
function asBelow(root: string, real: string | null, path: string): string {
  const from = real === null ? null : slashes(real).replace(/\/+$/, '');
  const isInside = from !== null && (path === from || path.startsWith(`${from}/`));
  return isInside ? slashes(root).replace(/\/+$/, '') + path.slice(from.length) : path;
}

const isAtOrBelow = (folder: string) => (path: string) =>
  path === folder || path.startsWith(`${folder}/`);

function reasonOf(error: unknown): string {
  if (error instanceof Unreadable || error instanceof BuildFails) return error.reason;
  return `The build context could not be read (${error instanceof Error ? error.message : String(error)}).`;
}

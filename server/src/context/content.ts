/**
 * What the builder hashes of what a COPY, an ADD or a bind mount selects (BuildKit
 * `cache/contenthash/checksum.go`: `Checksum`, `includedPaths`; `solver/llbsolver/ops` file.go).
 */

import type { ResolvedCopy } from '../model/plan.ts';
import type { ContentBytes } from './contentBytes.ts';
import { type EntryDigests, entryDigests } from './contentDigests.ts';
import type {
  ContentFacts,
  ContentNode,
  Sending,
  SentContext,
  SourceContent,
} from './contentFacts.ts';
import { type Built, type ContentTree, contentTree, folderNode } from './contentTree.ts';
import { type Entry, Unreadable } from './entries.ts';
import type { FileDigests } from './fileDigests.ts';
import type { Folders } from './folders.ts';
import { absenceOf, patternsOf, pivot } from './gather.ts';
import { partsOf } from './goPath.ts';
import { type HardLinks, hardLinks } from './hardLinks.ts';
import type { KeptFolders } from './keptFolders.ts';
import { startPace } from './pace.ts';
import { noInfo, type Selection, type SelectionInfo, selectEntry } from './selection.ts';
import { type Child, type ContextTree, type Match, resolveSource, sentFor } from './sources.ts';
import { unsavedFile } from './unsavedFile.ts';

/** All that is needed to answer for one context. */
export interface ContentInputs {
  readonly tree: ContextTree;
  /** The same without the ignore file. */
  readonly unfiltered: ContextTree;
  readonly folders: Folders;
  readonly kept: KeptFolders<Built>;
  readonly bytes: ContentBytes;
  readonly digests: FileDigests;
  readonly sent: SentContext | null;
  readonly sending: Sending;
  readonly signal: AbortSignal;
}

/** Files read at once for one question. */
const parallel = 4;
/** How often a file that changes while it is read is tried again, and how long to wait for calm. */
const mostRounds = 6;
const calmMs = 15;

/** Reads what is selected; rejects with Unreadable where that cannot be known. */
export async function contentOf(
  selection: ResolvedCopy | string,
  inputs: ContentInputs,
): Promise<ContentFacts> {
  const own = new Set<Entry>();
  const unsaved = unsavedFile(inputs.sending.unsaved, inputs.digests.text);
  let links: HardLinks | null = null;
  for (let changes = 0; ; ) {
    const tree = contentTree({
      tree: inputs.tree,
      kept: inputs.kept,
      sent: inputs.sent,
      bytes: (entry) => inputs.bytes.known(entry, own),
      links,
      unsaved,
      digests: entryDigests(inputs.digests.text),
      pace: startPace(),
      signal: inputs.signal,
    });
    const question = new Question(inputs, tree);
    const facts = await (typeof selection === 'string'
      ? question.mount(selection)
      : question.copy(selection));
    if (tree.linked.size > 0) {
      const sources = [...basesOf(selection), ...inputs.sending.sources];
      links = await hardLinks(inputs.tree, sources, tree.linked);
    } else if (tree.lacking.length === 0) return facts;
    const changed = await readAll(tree, inputs, own);
    if (changed === null) continue;
    if (++changes >= mostRounds) {
      throw new Unreadable(
        `The file ${changed} changes while it is read, so its content is not known.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, calmMs * changes));
    inputs.signal.throwIfAborted();
  }
}

/** The sources without what only chooses from them. */
function basesOf(selection: ResolvedCopy | string): readonly string[] {
  if (typeof selection === 'string') return [selection];
  const { sources, parents } = selection;
  return parents ? sources.map((source) => pivot(source).base) : sources;
}

/** Reads all files that are lacking; one that is not what it was taken for, or null. */
async function readAll(
  { lacking }: ContentTree,
  { bytes, folders, signal }: ContentInputs,
  own: Set<Entry>,
): Promise<string | null> {
  let changed: string | null = null;
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < lacking.length; at = next++) {
      const one = lacking[at];
      if (!one) return;
      if (await bytes.read(one.entry, folders.hostPath(one.path), signal)) own.add(one.entry);
      else {
        folders.lookAgain(one.path);
        changed ??= one.path;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, lacking.length) }, worker));
  return changed;
}

/** One round over all sources. Where bytes are lacking its answer is not whole, and is dropped. */
class Question {
  readonly #inputs: ContentInputs;
  readonly #tree: ContentTree;
  readonly #digests: EntryDigests;
  readonly #unnoticed = new Set<string>();
  #fails: string | null = null;

  constructor(inputs: ContentInputs, tree: ContentTree) {
    this.#inputs = inputs;
    this.#tree = tree;
    this.#digests = entryDigests(inputs.digests.text);
  }

  async mount(path: string): Promise<ContentFacts> {
    const parts = partsOf(path);
    const found = await this.#inputs.tree.find(parts);
    const node = found && this.#take(await this.#tree.build(found));
    if (!found) {
      const there = await this.#inputs.unfiltered.find(parts);
      this.#absent(path, there ? 'ignored' : 'missing');
    }
    const name = parts.at(-1) ?? '';
    return this.#facts([
      { source: path, digest: node?.digest ?? '', matches: node ? [{ name, node }] : [] },
    ]);
  }

  async copy(copy: ResolvedCopy): Promise<ContentFacts> {
    const excluded = patternsOf(copy.exclude, '--exclude');
    const sources: SourceContent[] = [];
    for (const source of copy.sources) {
      const { base, include } = copy.parents ? pivot(source) : { base: source, include: null };
      const resolved = await resolveSource(
        this.#inputs.tree,
        base,
        sentFor(this.#inputs.sending.sources),
      );
      const selection = { include, excluded };
      const [lost] = resolved.dangling;
      // What is left out as a whole is missed only by a copy that really runs (seen on an engine).
      const isTaken = selectEntry(selection, '', noInfo).taken;
      if (lost !== undefined && isTaken) this.#fail(`${lost} is a link to nothing`);
      const found =
        resolved.wildcard || include || excluded
          ? await this.#selected(source, base, resolved.matches, selection)
          : await this.#plain(source, resolved.matches);
      sources.push(found);
      const isAbsent = include ? found.matches.length === 0 : resolved.matches.length === 0;
      if (!isAbsent || lost !== undefined) continue;
      const absence = await absenceOf(source, include, resolved, this.#inputs.unfiltered);
      if (absence !== 'unmatched') this.#absent(source, absence);
    }
    return this.#facts(sources);
  }

  #facts(sources: readonly SourceContent[]): ContentFacts {
    return { kind: 'known', sources, unnoticed: [...this.#unnoticed], fails: this.#fails };
  }

  /** One entry with all that is below it, by no name. */
  async #plain(source: string, matches: readonly Match[]): Promise<SourceContent> {
    const [match] = matches;
    const node = match && this.#take(await this.#tree.build(match.found));
    if (!match || !node) return { source, digest: '', matches: [] };
    return { source, digest: node.digest, matches: [{ name: match.name, node }] };
  }

  /**
   * Names and digests of all that counts: files by their digest, folders by that of their header, as
   * patterns may leave out what is in them. Links that a source itself selects are followed, and what
   * they lead to counts as a whole. A single entry with the name of the source counts without its name.
   */
  async #selected(
    source: string,
    base: string,
    matches: readonly Match[],
    selection: Selection,
  ): Promise<SourceContent> {
    const items: (readonly [string, string])[] = [];
    const taken: { name: string; node: ContentNode }[] = [];
    for (const { name, found, below, isLink } of matches) {
      // The patterns see the entry itself as an empty path.
      const own = selectEntry(selection, '', noInfo);
      if (isLink || (found.entry && found.entry.kind !== 'directory')) {
        const node = own.taken ? this.#take(await this.#tree.build(found)) : null;
        if (node) {
          items.push([below, node.digest]);
          taken.push({ name, node });
        }
        continue;
      }
      const header: Header = { item: null, isListed: found.entry === null };
      if (found.entry) {
        const { mode, unnoticed } = this.#tree.modeOf(found.path, found.entry);
        header.item = [below, this.#digests.directory(mode, [])];
        if (own.taken) list(items, [header]);
        if (unnoticed) this.#unnoticed.add(`${found.path}/`);
      }
      const walk: Walk = { selection, below, items, isRoot: found.entry === null };
      const node = await this.#walk(found, [], noInfo, [header], walk);
      if (header.isListed && (found.entry !== null || node.children.size > 0))
        taken.push({ name, node });
    }
    const [only] = items;
    const isNamed = items.length === 1 && nameOf(base) === nameOf(only?.[0] || base);
    const digest = isNamed && only ? only[1] : this.#digests.selection(items);
    return { source, digest, matches: taken };
  }

  /** What is selected of a folder, as a node without the rest. */
  async #walk(
    folder: { readonly path: string; readonly entry: Entry | null } & Match['found'],
    parts: readonly string[],
    above: SelectionInfo,
    headers: readonly Header[],
    walk: Walk,
  ): Promise<ContentNode> {
    const children = new Map<string, ContentNode>();
    for (const child of await this.#inputs.tree.children(folder)) {
      const below = [...parts, child.entry.name];
      const path = below.join('/');
      const { taken, open, info } = selectEntry(walk.selection, path, above);
      const listed = walk.below === '' ? path : `${walk.below}/${path}`;
      if (child.entry.kind !== 'directory') {
        if (!taken) continue;
        const node = await this.#leaf(child, walk.isRoot && parts.length === 0);
        if (!node) continue;
        list(walk.items, headers);
        walk.items.push([listed, node.digest]);
        children.set(child.entry.name, node);
        continue;
      }
      if (!open || (child.perhaps && !(await this.#inputs.tree.holdsAny(child)))) continue;
      const { mode, unnoticed } = this.#tree.modeOf(child.path, child.entry);
      const header: Header = { item: [listed, this.#digests.directory(mode, [])], isListed: false };
      const all = [...headers, header];
      if (taken) list(walk.items, all);
      const node = await this.#walk(child, below, info, all, walk);
      if (!header.isListed) continue;
      if (unnoticed) this.#unnoticed.add(`${child.path}/`);
      children.set(child.entry.name, node);
    }
    const mode = folder.entry && this.#tree.modeOf(folder.path, folder.entry).mode;
    return folderNode(folder.path, folder.entry, mode, children, this.#digests);
  }

  /** A file or link; with patterns, links directly in the context's root are followed. */
  async #leaf(child: Child, follow: boolean): Promise<ContentNode | null> {
    if (!follow || child.entry.kind !== 'symlink') {
      return this.#take(this.#tree.leaf(child, child.entry));
    }
    const found = await this.#inputs.tree.find(partsOf(child.path));
    if (found) return this.#take(await this.#tree.build(found));
    this.#fail(`${child.path} is a link to nothing`);
    return null;
  }

  #take(built: Built | null): ContentNode | null {
    if (!built) return null;
    for (const path of built.unnoticed) this.#unnoticed.add(path);
    return built.node;
  }

  #absent(source: string, absence: 'missing' | 'ignored'): void {
    this.#fail(
      absence === 'ignored'
        ? `the ignore file drops ${source}`
        : `${source} is not in the build context`,
    );
  }

  #fail(why: string): void {
    this.#fails ??= `The build fails: ${why}.`;
  }
}

interface Walk {
  readonly selection: Selection;
  /** Where the walk begins, below the part of the source before its first wildcard. */
  readonly below: string;
  readonly items: (readonly [string, string])[];
  /** It begins at the context's root. */
  readonly isRoot: boolean;
}

/** A folder on the way, which counts once anything in it does. */
interface Header {
  /** Null: the root, which has none. */
  item: readonly [string, string] | null;
  isListed: boolean;
}

function list(items: (readonly [string, string])[], headers: readonly Header[]): void {
  for (const header of headers) {
    if (!header.isListed && header.item) items.push(header.item);
    header.isListed = true;
  }
}

const nameOf = (path: string) => partsOf(path).at(-1) ?? '/';

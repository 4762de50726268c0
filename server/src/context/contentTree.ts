/**
 * The tree of a build context with the digests of all that is in it, made folder by folder and kept:
 * after a change only the folders above it are made again (BuildKit `cache/contenthash`). What the
 * builder holds from its last build counts as it would in the transfer of the context (fsutil
 * `sameFile`): equal size, time and mode are taken as equal bytes, and folders keep their mode.
 */

import type { EntryDigests } from './contentDigests.ts';
import type { ContentNode, SentContext, SentEntry } from './contentFacts.ts';
import { type Entry, isUnspeakable, Unreadable } from './entries.ts';
import type { HardLinks } from './hardLinks.ts';
import type { KeptFolders } from './keptFolders.ts';
import type { Pace } from './pace.ts';
import type { ContextTree, Found } from './sources.ts';
import { holds, type Unsaved } from './unsavedFile.ts';

/** An entry with what was found on the way. */
export interface Built {
  readonly node: ContentNode;
  /** Of `node` and all below it. */
  readonly unnoticed: readonly string[];
}

/** What is known of the bytes of a file: a null digest says that this user may not read them. */
export type KnownBytes = (entry: Entry) => { readonly digest: string | null } | undefined;

export interface TreeInputs {
  readonly tree: ContextTree;
  /** For this ignore file and this state of the builder. */
  readonly kept: KeptFolders<Built>;
  readonly sent: SentContext | null;
  readonly bytes: KnownBytes;
  /** Null: not looked at yet. */
  readonly links: HardLinks | null;
  /** Counts as what it will be once it is saved. */
  readonly unsaved: Unsaved | null;
  readonly digests: EntryDigests;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

/** A file whose bytes have to be read first. */
export interface Lacking {
  readonly path: string;
  readonly entry: Entry;
}

export interface ContentTree {
  /** An entry with all that is below it; null: bytes are lacking for it. */
  build(found: Found): Promise<Built | null>;
  /** The same for anything but a folder. */
  leaf(found: Found, entry: Entry): Built | null;
  /** The mode of a folder as the builder has it, and whether it has another than it should. */
  modeOf(path: string, entry: Entry): { readonly mode: number; readonly unnoticed: boolean };
  /** What `build` and `leaf` lacked so far. */
  readonly lacking: readonly Lacking[];
  /** Names of files that have several, and those that they were links to: `links` are to decide on them. */
  readonly linked: ReadonlySet<string>;
}

const none: readonly string[] = [];
const unreadableFile = { digest: null };

/** The tree for one question. */
export function contentTree(inputs: TreeInputs): ContentTree {
  const { tree, kept, sent, bytes, links, unsaved, digests, pace, signal } = inputs;
  const lacking: Lacking[] = [];
  const linked = new Set<string>();

  function modeOf(path: string, entry: Entry) {
    const was = sent?.(path);
    // The builder sets it on its copy, but never hashes that again (fsutil `DiskWriter`).
    const mode = was?.kind === 'directory' && was.mtimeNs !== '' ? was.mode : entry.mode;
    return { mode, unnoticed: mode !== entry.mode };
  }

  /** The file of which the builder keeps the bytes: this one, or the name that this one is a link to. */
  function heldOf(path: string, entry: Entry): SentEntry | undefined {
    const first = (entry.links > 1 && links?.linkOf(path, entry)) || path;
    const was = sent?.(first);
    // It also compares which name a hard link goes with.
    return was && isSent(was, entry) && was.link === undefined ? was : undefined;
  }

  function leaf({ path }: Found, entry: Entry): Built | null {
    if (isUnspeakable(entry)) {
      throw new Unreadable(`The name ${path} is not UTF-8, so what it names cannot be read here.`);
    }
    if (entry.kind !== 'file') {
      return {
        node: leafNode(entry, path, entry.target, digests),
        unnoticed: none,
      };
    }
    if (path === unsaved?.path) {
      const saved = entry.readable ? bytes(entry) : unreadableFile;
      if (!saved) {
        lacking.push({ path, entry });
        return null;
      }
      if (saved.digest !== null && !unsaved.saved.includes(saved.digest)) {
        return { node: leafNode(entry, path, unsaved.digest, digests), unnoticed: none };
      }
    }
    const was = sent?.(path);
    const isAlike = was !== undefined && isSent(was, entry);
    if (isAlike && was.ctimeNs !== undefined && was.ctimeNs === entry.ctimeNs) {
      return {
        node: leafNode(entry, path, was.content, digests),
        unnoticed: none,
      };
    }
    if (entry.links > 1 && sent && !links) {
      linked.add(path);
      if (was?.link) linked.add(was.link);
      return null;
    }
    const held = heldOf(path, entry);
    const known = entry.readable ? bytes(entry) : unreadableFile;
    if (!known) {
      lacking.push({ path, entry });
      return null;
    }
    // The client then sends the header with the length, and no bytes (fsutil `sendFile`).
    const digest = known.digest ?? `unreadable ${entry.bytes}`;
    const content = held?.content ?? digest;
    return {
      node: leafNode(entry, path, content, digests),
      unnoticed: known.digest !== null && digest !== content ? [path] : none,
    };
  }

  async function build(found: Found): Promise<Built | null> {
    const { path, entry } = found;
    if (entry && entry.kind !== 'directory') return leaf(found, entry);
    const isKept = !holds(path, unsaved);
    const before = isKept ? kept.get(path, entry) : undefined;
    if (before) return before;
    const keep = kept.begin(path);
    const children = new Map<string, ContentNode>();
    const unnoticed: string[] = [];
    let isWhole = true;
    for (const child of await tree.children(found)) {
      if (child.perhaps && !(await tree.holdsAny(child))) continue;
      const { kind, name } = child.entry;
      const built = kind === 'directory' ? await build(child) : leaf(child, child.entry);
      if (pace.left() === 0) await pace.rest(signal);
      if (!built) {
        isWhole = false;
        continue;
      }
      children.set(name, built.node);
      for (const one of built.unnoticed) unnoticed.push(one);
    }
    if (!isWhole) return null;
    const own = entry && modeOf(path, entry);
    if (own?.unnoticed) unnoticed.push(`${path}/`);
    const node = folderNode(path, entry, own?.mode ?? null, children, digests);
    const built = { node, unnoticed };
    if (isKept) keep(entry, built);
    return built;
  }

  return { build, leaf, modeOf, lacking, linked };
}

/** Does the builder take the file as it has it, links aside (fsutil `sameFile`)? */
function isSent(was: SentEntry, entry: Entry): boolean {
  return (
    was.kind === 'file' &&
    was.content !== '' &&
    was.bytes === entry.bytes &&
    was.mtimeNs === entry.mtimeNs &&
    entry.mtimeNs !== '' &&
    was.mode === entry.mode
  );
}

/** A folder with what counts of it; a null mode is that of the root, whose header is not known. */
export function folderNode(
  path: string,
  entry: Entry | null,
  mode: number | null,
  children: ReadonlyMap<string, ContentNode>,
  digests: EntryDigests,
): ContentNode {
  return {
    kind: 'directory',
    path,
    mode: mode ?? 0,
    bytes: 0,
    mtimeNs: entry?.mtimeNs ?? '',
    ctimeNs: entry?.ctimeNs ?? '',
    content: '',
    digest: digests.directory(mode, digestsOf(children)),
    children,
  };
}

function* digestsOf(
  children: ReadonlyMap<string, ContentNode>,
): Generator<readonly [string, string]> {
  for (const [name, { digest }] of children) yield [name, digest];
}

const noChildren: ReadonlyMap<string, ContentNode> = new Map();

function leafNode(entry: Entry, path: string, content: string, digests: EntryDigests): ContentNode {
  return new Leaf(entry, path, content, digests);
}

/** Not a plain object: there may be 100,000 of them, and most of what they say is in the entry. */
class Leaf implements ContentNode {
  readonly path: string;
  readonly content: string;
  readonly #entry: Entry;
  readonly #digests: EntryDigests;

  constructor(entry: Entry, path: string, content: string, digests: EntryDigests) {
    this.#entry = entry;
    this.path = path;
    this.content = content;
    this.#digests = digests;
  }

  get kind() {
    return this.#entry.kind;
  }

  get mode() {
    // The builder gives links all permissions, whatever the host says.
    return this.#entry.kind === 'symlink' ? 0o777 : this.#entry.mode;
  }

  get bytes() {
    return this.#entry.bytes;
  }

  get mtimeNs() {
    return this.#entry.mtimeNs;
  }

  get ctimeNs() {
    return this.#entry.ctimeNs;
  }

  get inode() {
    const { kind, links, inode } = this.#entry;
    return kind === 'file' && links > 1 ? inode : '';
  }

  get digest() {
    switch (this.#entry.kind) {
      case 'symlink':
        return this.#digests.symlink(this.content);
      case 'file':
        return this.#digests.file(this.#entry.mode, this.content);
      default:
        return this.#digests.other(this.#entry.mode, this.content);
    }
  }

  get children() {
    return noChildren;
  }
}

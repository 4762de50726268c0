/**
 * What the builder hashes of the files that a COPY, an ADD or a bind mount selects from the build
 * context (BuildKit `cache/contenthash`, fsutil's `tarsum`; sizes are `copyFacts.ts`).
 */

export type ContentFacts = KnownContent | UnknownContent;

export interface KnownContent {
  readonly kind: 'known';
  /** In the order of the sources. */
  readonly sources: readonly SourceContent[];
  /**
   * Files whose bytes or folders whose mode changed, but that the builder takes as unchanged because
   * size, time and mode are those of its last copy (BuildKit's context transfer); relative paths, those
   * of folders with a slash at the end.
   */
  readonly unnoticed: readonly string[];
  /** The build fails here, for this reason (a full sentence); null: it does not. */
  readonly fails: string | null;
}

export interface UnknownContent {
  readonly kind: 'unknown';
  /** A full sentence. */
  readonly reason: string;
}

/** What one source selects. */
export interface SourceContent {
  /** The source as the instruction has it, after expansion. */
  readonly source: string;
  /**
   * Equal for equal content, as far as the builder tells: names below the source, modes, link
   * targets and bytes; no times, no owners, and not the name of the selected entry itself except
   * where a wildcard or a pattern selects.
   */
  readonly digest: string;
  readonly matches: readonly { readonly name: string; readonly node: ContentNode }[];
}

/** A file or folder of the context, without what is ignored or excluded. */
export interface ContentNode {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  /** Relative to the context's root; `''` is the root. */
  readonly path: string;
  /** Permission, setuid, setgid and sticky bits, as the builder has them. */
  readonly mode: number;
  readonly bytes: number;
  /** Nanoseconds since 1970, as a decimal number; `''` where the host has none. */
  readonly mtimeNs: string;
  /** When anything of it changed, in the same form: equal times spare reading it again. */
  readonly ctimeNs: string;
  /**
   * File: digest of its bytes, or a text of its own where this user may not read them, as the builder
   * then gets none. Symlink: its target. Device or socket: what `special` of `FileStat` says. Else `''`.
   */
  readonly content: string;
  /** Of a file that has several names: equal for all of them. Else `''`, or absent. */
  readonly inode?: string;
  /** Of this entry with all that is below it, its own name left out. */
  readonly digest: string;
  /** Entries of a folder in byte order of their names; empty for all else. */
  readonly children: ReadonlyMap<string, ContentNode>;
}

/** An entry of the context as the builder got it with an earlier build. */
export interface SentEntry {
  readonly kind: ContentNode['kind'];
  readonly mode: number;
  readonly bytes: number;
  /** As in `ContentNode`; `''` also where the builder does not have it any more. */
  readonly mtimeNs: string;
  /** As in `ContentNode`; absent: not kept, and files are read to tell whether their bytes changed. */
  readonly ctimeNs?: string;
  /** As in `ContentNode`. */
  readonly content: string;
  /** The name that was sent before and that this file is another one of (fsutil `mkstat`). Absent: none was. */
  readonly link?: string;
}

/** What else decides what is sent of a context. */
export interface Sending {
  /** Sources of all lines that take of it, as they are sent together. */
  readonly sources: readonly string[];
  /** A file (relative path) with a text that is not saved yet, but will be when it is built. */
  readonly unsaved: { readonly path: string; readonly text: string } | null;
}

/** What the builder holds of the context, by relative path; undefined: nothing there. */
export type SentContext = (path: string) => SentEntry | undefined;

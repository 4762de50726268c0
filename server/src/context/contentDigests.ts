/**
 * Digests of what is in a folder, as the builder compares it (BuildKit `cache/contenthash`: headers
 * of `tarsum.go`, lists of `checksum.go`). Not its values: only what is equal there is equal here.
 */

/**
 * Digests of entries that belong to root, as everything of a build context does. An entry has one
 * digest wherever it comes from, and its own name is no part of it.
 */
export interface EntryDigests {
  /** `content` is the digest of the bytes. */
  file(mode: number, content: string): string;
  /** The target as written; the builder gives all links the same mode. */
  symlink(target: string): string;
  /**
   * A pipe, or with `special` of `FileStat` a device or a socket. The client sends a socket as a file,
   * and no bytes of it (fsutil `mkstat`, `sendFile`).
   */
  other(mode: number, special: string): string;
  /** Children by name, in byte order. A null mode: the root, whose own header is not known. */
  directory(
    mode: number | null,
    children: Iterable<readonly [name: string, digest: string]>,
  ): string;
  /**
   * What a wildcard or patterns select, in the order of a walk: by the path below the part of the
   * source before its first wildcard, files by their digest, folders by that of their header alone.
   * Nothing selected has a digest, too.
   */
  selection(items: Iterable<readonly [name: string, digest: string]>): string;
}

/** Composes digests with a strong digest of texts. */
export function entryDigests(hash: (text: string) => string): EntryDigests {
  const list = (head: string, items: Iterable<readonly [string, string]>) => {
    // Names hold no zero byte, and digests none either.
    const parts = [head];
    for (const [name, digest] of items) parts.push(name, digest);
    return hash(parts.join('\0'));
  };
  return {
    // No hash: it is short as it is, and there are many files.
    file: (mode, content) => `f${mode.toString(8)}:${content}`,
    symlink: (target) => `l:${hash(target)}`,
    other: (mode, special) => {
      if (special === 'socket') return `f${mode.toString(8)}:${hash('')}`;
      return `o${mode.toString(8)}${special && `:${special}`}`;
    },
    directory: (mode, children) => `d:${list(mode === null ? '' : mode.toString(8), children)}`,
    selection: (items) => `s:${list('', items)}`,
  };
}

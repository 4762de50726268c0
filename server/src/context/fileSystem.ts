/**
 * The port to the file system. `server/src/host/nodeFileSystem.ts` is the real one;
 * `test/support/memoryFileSystem.ts` its twin in memory. Paths are absolute, in the host's form.
 * Every method rejects with an Error whose `code` is Node's (`ENOENT`, `EACCES`, …).
 */

export type FileKind = 'file' | 'directory' | 'symlink' | 'other';

export interface FileStat {
  readonly kind: FileKind;
  readonly bytes: number;
  /** Permission, setuid, setgid and sticky bits. */
  readonly mode: number;
  readonly mtimeMs: number;
  /** Nanoseconds since 1970 when its content changed, as a decimal number; `''` where the host has none. */
  readonly mtimeNs: string;
  /** The same for when anything of it changed, such as its mode or its time above. */
  readonly ctimeNs: string;
  /** Device and inode as one text: equal for hard links of one file; `''` where the host has none. */
  readonly inode: string;
  /** Number of names of the inode. */
  readonly links: number;
  /** A socket is `socket`; of a device its kind and number, as one text. Absent for all else. */
  readonly special?: string;
  /** False: a file whose content this process may not read, so that its build would fail. */
  readonly readable?: boolean;
}

export interface FileSystem {
  /** Does not follow symlinks. */
  lstat(path: string): Promise<FileStat>;
  /**
   * lstat of the entries of a folder from the one at `from` on, without leaving the thread: as many
   * as `ms` milliseconds allow, at least one. Where nothing of one differs from `before`, that very
   * object is given, which spares making another. Null: it could not be looked at, so ask `lstat`.
   * Absent where a call may take long.
   */
  lookAtOnce?(
    folder: string,
    names: readonly string[],
    from: number,
    ms: number,
    before: ReadonlyMap<string, FileStat>,
  ): readonly (FileStat | null)[];
  readlink(path: string): Promise<string>;
  /** The same place by a path without symlinks. Absent where none may be followed. */
  realpath?(path: string): Promise<string>;
  /** Names only, unordered. */
  list(path: string): Promise<readonly string[]>;
  /** The same without leaving the thread; null: ask `list`. Absent where a call may take long. */
  listAtOnce?(path: string): readonly string[] | null;
  /** Whole content; rejects with `code: 'EFBIG'` above `limit` bytes. */
  read(path: string, limit: number): Promise<Uint8Array>;
  /** Content in pieces, for archives and digests. */
  stream(path: string): AsyncIterable<Uint8Array>;
}

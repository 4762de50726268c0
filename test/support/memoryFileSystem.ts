/**
 * The file system port in memory, from the marked text of `files.ts`. Counts what is read, and can
 * be told to fail, so that tests see how much is looked at and what an unreadable file does.
 */

import type { FileStat, FileSystem } from '../../server/src/context/fileSystem.ts';
import { readTree } from './files.ts';

type Item =
  | { kind: 'directory' }
  | { kind: 'file'; content: Uint8Array; inode: string }
  | { kind: 'symlink'; target: string };

export interface MemoryFileSystem extends FileSystem {
  /** Paths that were listed or read, in order. */
  readonly seen: readonly string[];
  /** Adds or replaces a file; folders above it come along. */
  write(path: string, content: string | Uint8Array): void;
  symlink(path: string, target: string): void;
  /** Another name for a file. */
  link(path: string, existing: string): void;
  /** A file of its own in place of one of several names, alike in all. */
  unlink(path: string): void;
  folder(path: string): void;
  chmod(path: string, mode: number): void;
  /** Another time of change, and nothing else. */
  touch(path: string): void;
  /** Other bytes in the same file, whose time of change is set back to what it was. */
  sneak(path: string, content: string): void;
  remove(path: string): void;
  /** From now on any access to this path fails with the code. */
  fail(path: string, code: string): void;
}

/**
 * A file system with the tree of a marked text below `root`, the Dockerfile of the text included; or
 * with files by absolute path.
 */
export function memoryFileSystem(
  from: string | Readonly<Record<string, string>> = '',
  root = '/context',
): MemoryFileSystem {
  const items = new Map<string, Item>([['/', { kind: 'directory' }]]);
  const failing = new Map<string, string>();
  const times = new Map<string, number>();
  const modes = new Map<string, number>();
  /** When anything changed, where that is not when the content did. */
  const changes = new Map<string, number>();
  const seen: string[] = [];
  let clock = 1;

  const parent = (path: string) => path.slice(0, Math.max(1, path.lastIndexOf('/'))) || '/';
  const folder = (path: string): void => {
    if (items.has(path)) return;
    folder(parent(path));
    items.set(path, { kind: 'directory' });
  };
  const set = (path: string, item: Item) => {
    folder(parent(path));
    items.set(path, item);
    times.set(path, clock++);
    modes.delete(path);
    changes.delete(path);
  };
  const get = (path: string): Item => {
    const code = failing.get(path);
    const item = items.get(path);
    if (code || !item) throw Object.assign(new Error(path), { code: code ?? 'ENOENT' });
    return item;
  };
  const write = (path: string, content: string | Uint8Array) => {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    set(path, { kind: 'file', content: bytes, inode: String(clock) });
  };

  const tree = readTree(typeof from === 'string' ? from : '');
  if (typeof from === 'string') folder(root);
  else for (const [path, content] of Object.entries(from)) write(path, content);
  if (tree.dockerfile.trim() !== '') write(`${root}/Dockerfile`, tree.dockerfile);
  for (const file of tree.files) {
    const path = `${root}/${file.path.replace(/\/$/, '')}`;
    if (file.kind === 'directory') folder(path);
    else if (file.kind === 'symlink') set(path, { kind: 'symlink', target: file.target });
    else write(path, file.content);
  }

  return {
    seen,
    write,
    folder,
    chmod(path, mode) {
      modes.set(path, mode);
      changes.set(path, clock++);
    },
    touch(path) {
      times.set(path, clock++);
      changes.set(path, clock++);
    },
    sneak(path, content) {
      const item = get(path);
      if (item.kind === 'file') item.content = new TextEncoder().encode(content);
      const now = clock++;
      for (const [name, other] of items) if (other === item) changes.set(name, now);
    },
    symlink: (path, target) => set(path, { kind: 'symlink', target }),
    link(path, existing) {
      set(path, get(existing));
      times.set(path, times.get(existing) ?? 0);
    },
    unlink(path) {
      const item = get(path);
      if (item.kind === 'file') items.set(path, { ...item, inode: String(clock) });
      changes.set(path, clock++);
    },
    remove(path) {
      for (const name of [...items.keys()]) {
        if (name !== path && !name.startsWith(`${path}/`)) continue;
        items.delete(name);
        for (const kept of [times, modes, changes]) kept.delete(name);
      }
    },
    fail: (path, code) => void failing.set(path, code),
    async lstat(path): Promise<FileStat> {
      const item = get(path);
      const isFile = item.kind === 'file';
      const names = [...items.values()].filter(
        (other) => isFile && other.kind === 'file' && other.inode === item.inode,
      );
      return {
        kind: item.kind,
        bytes: isFile ? item.content.length : item.kind === 'symlink' ? item.target.length : 4096,
        mode: modes.get(path) ?? (item.kind === 'directory' ? 0o755 : 0o644),
        mtimeMs: times.get(path) ?? 0,
        mtimeNs: `${times.get(path) ?? 0}000000`,
        ctimeNs: `${changes.get(path) ?? times.get(path) ?? 0}000000`,
        inode: isFile ? item.inode : path,
        links: isFile ? names.length : 1,
      };
    },
    async readlink(path) {
      const item = get(path);
      if (item.kind !== 'symlink') throw Object.assign(new Error(path), { code: 'EINVAL' });
      return item.target;
    },
    async list(path) {
      seen.push(path);
      const item = get(path);
      if (item.kind !== 'directory') throw Object.assign(new Error(path), { code: 'ENOTDIR' });
      const start = path === '/' ? '/' : `${path}/`;
      return [...items.keys()]
        .filter((name) => name.startsWith(start) && name !== path)
        .map((name) => name.slice(start.length))
        .filter((name) => !name.includes('/'));
    },
    async read(path, limit) {
      seen.push(path);
      const item = get(path);
      if (item.kind !== 'file') throw Object.assign(new Error(path), { code: 'EISDIR' });
      if (item.content.length > limit) throw Object.assign(new Error(path), { code: 'EFBIG' });
      return item.content;
    },
    async *stream(path) {
      seen.push(path);
      const item = get(path);
      if (item.kind !== 'file') throw Object.assign(new Error(path), { code: 'EISDIR' });
      for (let at = 0; at < item.content.length; at += 1000) {
        yield item.content.subarray(at, at + 1000);
      }
    },
  };
}

/** A project as data, and the folder that holds it: an edit makes a new state out of one. */

import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** A file, folder or link of the build context. Equal objects are one and the same on disk. */
export type Entry =
  | {
      readonly kind: 'file';
      readonly content: string | Buffer;
      readonly mode: number;
      /** Seconds since 1970. */
      readonly time: number;
      /** Another number: another inode, though all else is equal. */
      readonly inode?: number;
    }
  | { readonly kind: 'directory'; readonly mode: number }
  | { readonly kind: 'symlink'; readonly target: string }
  | { readonly kind: 'hardlink'; readonly of: string };

export interface State {
  /** Instructions and comments, each with all its lines. */
  readonly blocks: readonly string[];
  /** By path; folders that are not listed have mode 755. */
  readonly files: ReadonlyMap<string, Entry>;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Name of the stage; null: the last. */
  readonly target: string | null;
}

/** The Dockerfile of a state. */
export function dockerfileOf({ blocks }: State): string {
  return `${blocks.join('\n')}\n`;
}

/** Brings the folder from one state to another, touching nothing that is equal in both. */
export function lay(folder: string, from: State | null, to: State): void {
  const before = from?.files ?? new Map<string, Entry>();
  for (const [path, entry] of before) {
    const next = to.files.get(path);
    if (entry.kind === 'directory') {
      if (!next) chmodSync(join(folder, path), 0o755);
      continue;
    }
    const stays = next && next.kind === entry.kind && !isReplaced(entry, next);
    if (!stays) rmSync(join(folder, path), { force: true });
  }
  const links = [...to.files].filter(([, { kind }]) => kind === 'hardlink');
  const rest = [...to.files].filter(([, { kind }]) => kind !== 'hardlink');
  for (const [path, entry] of [...rest, ...links]) layEntry(folder, path, before.get(path), entry);
  // A folder that only held what is gone is gone with it, as with version control.
  for (const path of before.keys()) removeEmpty(folder, path, to);
  const text = dockerfileOf(to);
  if (!from || dockerfileOf(from) !== text) writeFileSync(join(folder, 'Dockerfile'), text);
}

function isReplaced(before: Entry, after: Entry): boolean {
  if (before.kind === 'file' && after.kind === 'file') return before.inode !== after.inode;
  return JSON.stringify(before) !== JSON.stringify(after);
}

function layEntry(folder: string, path: string, before: Entry | undefined, entry: Entry): void {
  if (before === entry) return;
  const host = join(folder, path);
  mkdirSync(dirname(host), { recursive: true, mode: 0o755 });
  switch (entry.kind) {
    case 'directory':
      mkdirSync(host, { recursive: true });
      chmodSync(host, entry.mode);
      return;
    case 'symlink':
      if (!existsLink(before, entry)) symlinkSync(entry.target, host);
      return;
    case 'hardlink':
      if (!existsLink(before, entry)) linkSync(join(folder, entry.of), host);
      return;
    case 'file':
      writeFileSync(host, entry.content);
      chmodSync(host, entry.mode);
      utimesSync(host, entry.time, entry.time);
  }
}

function existsLink(before: Entry | undefined, entry: Entry): boolean {
  return JSON.stringify(before) === JSON.stringify(entry);
}

function removeEmpty(folder: string, path: string, state: State): void {
  if (path === '.') return;
  const isUsed = [...state.files.keys()].some(
    (other) => other === path || other.startsWith(`${path}/`),
  );
  if (isUsed || !existsSync(join(folder, path))) return;
  rmSync(join(folder, path), { recursive: true, force: true });
  removeEmpty(folder, dirname(path), state);
}

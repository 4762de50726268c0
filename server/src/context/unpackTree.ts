/**
 * The files that unpacking leaves behind, entry by entry, as moby/go-archive's `Unpack` does it in
 * a root of its own: names cannot leave the destination, later entries replace earlier ones, hard
 * links share one file, symbolic links inside the destination are followed.
 */

import type { TarEntry } from './tarHeaders.ts';

/** The build fails while it unpacks. The message is a full sentence. */
export class UnpackError extends Error {}

interface Directory {
  readonly kind: 'directory';
  readonly children: Map<string, Node>;
}

interface File {
  readonly kind: 'file';
  readonly bytes: number;
}

type Node =
  | Directory
  | File
  | { readonly kind: 'symlink'; readonly target: string }
  | { readonly kind: 'special' };

/** A file after unpacking. Names of one file (hard links) share `file`. */
export interface UnpackedFile {
  readonly path: string;
  readonly file: { readonly bytes: number };
}

export interface UnpackTree {
  /** Unpacks one entry. Throws an `UnpackError` where the build fails. */
  add(entry: TarEntry): void;
  /** All names of regular files in the order of a walk, and the number of directories. */
  content(): { readonly files: readonly UnpackedFile[]; readonly directories: number };
}

const longestPath = 4095;
const longestName = 255;
const mostLinks = 40;
const encoder = new TextEncoder();

export function unpackTree(): UnpackTree {
  const root: Directory = { kind: 'directory', children: new Map() };

  /** The directory at `parts`, symbolic links followed; undefined where there is none. */
  function directoryAt(parts: readonly string[]): Directory | undefined {
    const trail: Directory[] = [root];
    const todo = parts.toReversed();
    let links = 0;
    for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
      const here = trail.at(-1) ?? root;
      if (part === '' || part === '.') continue;
      if (part === '..') {
        if (trail.length > 1) trail.pop();
        continue;
      }
      const node = here.children.get(part);
      if (node?.kind === 'directory') {
        trail.push(node);
      } else if (node?.kind === 'symlink' && ++links <= mostLinks) {
        if (node.target.startsWith('/')) trail.length = 1;
        todo.push(...node.target.split('/').reverse());
      } else {
        return undefined;
      }
    }
    return trail.at(-1);
  }

  /** Makes the directories on the way, as far as they are missing (`createImpliedDirectories`). */
  function parentOf(name: string, parts: readonly string[]): Directory {
    let here: Directory = root;
    for (const [index, part] of parts.slice(0, -1).entries()) {
      const node = here.children.get(part);
      if (node?.kind === 'directory') {
        here = node;
      } else if (node) {
        const followed = directoryAt(parts.slice(0, index + 1));
        if (!followed)
          throw new UnpackError(`“${shown(name)}” lies in something that is no directory.`);
        here = followed;
      } else {
        const made: Directory = { kind: 'directory', children: new Map() };
        here.children.set(part, made);
        here = made;
      }
    }
    return here;
  }

  function linked(entry: TarEntry): Node {
    const parts = cleanParts(entry.link);
    const found = directoryAt(parts.slice(0, -1))?.children.get(parts.at(-1) ?? '');
    if (found && found.kind !== 'directory') return found;
    throw new UnpackError(
      `The hard link “${shown(entry.name)}” points to “${shown(entry.link)}”, which is no file of the archive at that place.`,
    );
  }

  function create(entry: TarEntry): Node {
    switch (entry.type) {
      case '0':
        return { kind: 'file', bytes: entry.bytes };
      case '1':
        return linked(entry);
      case '2':
        if (entry.link === '')
          throw new UnpackError(`“${shown(entry.name)}” is a link to nowhere.`);
        return { kind: 'symlink', target: entry.link };
      case '3':
      case '4':
      case '6':
        return { kind: 'special' };
      case '5':
        return { kind: 'directory', children: new Map() };
      default:
        throw new UnpackError(
          `“${shown(entry.name)}” is an entry of type “${shown(entry.type)}”, which Docker cannot unpack.`,
        );
    }
  }

  return {
    add(entry) {
      if (entry.type === 'g') return;
      const parts = cleanParts(entry.name);
      const name = parts.at(-1);
      if (name === undefined) {
        // Only an entry that is the destination itself, such as `./`, does nothing.
        if (entry.type === '5' || cleanRelative(entry.name)) return;
        throw new UnpackError('An entry of the archive would replace the destination itself.');
      }
      checkLengths(entry.name, parts);
      const parent = parentOf(entry.name, parts);
      const there = parent.children.get(name);
      if (there?.kind === 'directory' && entry.type === '5') return;
      // Removed before the new one is made: a hard link to its own name finds nothing.
      parent.children.delete(name);
      parent.children.set(name, create(entry));
    },
    content() {
      const files: UnpackedFile[] = [];
      let directories = 0;
      const todo: { readonly path: string; readonly node: Directory }[] = [
        { path: '', node: root },
      ];
      for (let next = todo.pop(); next; next = todo.pop()) {
        for (const [name, node] of next.node.children) {
          const path = next.path === '' ? name : `${next.path}/${name}`;
          if (node.kind === 'directory') {
            directories++;
            todo.push({ path, node });
          } else if (node.kind === 'file') {
            files.push({ path, file: node });
          }
        }
      }
      return { files, directories };
    },
  };
}

/** Components of a name in a root of its own: `..` stops at the root (`filepath.Join("/", name)`). */
function cleanParts(name: string): readonly string[] {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts;
}

/** The name means `.` by itself, without a root to stop at (`filepath.Clean(name) == "."`). */
function cleanRelative(name: string): boolean {
  if (name.startsWith('/')) return false;
  let depth = 0;
  for (const part of name.split('/')) {
    if (part === '..') depth--;
    else if (part !== '' && part !== '.') depth++;
    if (depth < 0) return false;
  }
  return depth === 0;
}

function checkLengths(name: string, parts: readonly string[]): void {
  const bytes = (text: string) => encoder.encode(text).length;
  if (
    bytes(parts.join('/')) + 1 > longestPath ||
    parts.some((part) => part.length * 3 > longestName && bytes(part) > longestName)
  ) {
    throw new UnpackError(`The name “${shown(name)}” is too long for a file.`);
  }
}

/** A name for a sentence: short, without control characters. */
function shown(text: string): string {
  const clean = text.replace(/\p{Cc}/gu, '\u{fffd}');
  return clean.length > 80 ? `${clean.slice(0, 79)}…` : clean;
}

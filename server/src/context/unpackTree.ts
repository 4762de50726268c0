/**
 * The files that unpacking leaves behind, entry by entry, as `Unpack` of moby/go-archive (archive.go)
 * does it: later entries replace earlier ones, hard links share one file, symbolic links inside the
 * destination are followed. What leads out of the destination or through links to nothing is not
 * the same in all versions of Docker (some refuse it, some keep it inside), so it has no answer.
 */

import type { TarEntry } from './tarHeaders.ts';

/** What an entry leaves behind is not certain. The message is full sentences. */
export class UnpackError extends Error {}

const fails = (sentence: string) =>
  new UnpackError(`${sentence} A build fails when it unpacks it.`);
const differs = (sentence: string) =>
  new UnpackError(`${sentence} Not all versions of Docker unpack such an archive.`);

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
  /** Unpacks one entry. Throws an `UnpackError` where the result is not certain. */
  add(entry: TarEntry): void;
  /**
   * All names of regular files in the order of a walk, and the number of directories. Throws an
   * `UnpackError` where the build fails at the end.
   */
  content(): { readonly files: readonly UnpackedFile[]; readonly directories: number };
}

/** Beyond it the engine may lose files, depending on the folder that its own data is in. */
const longestPath = 3800;
const longestName = 255;
/** Of Go's `os.Root`, which newer versions use; Linux itself follows 40. */
const mostLinks = 8;
const encoder = new TextEncoder();

/** An empty destination, to put entries into in the order of the archive. */
export function unpackTree(): UnpackTree {
  const root: Directory = { kind: 'directory', children: new Map() };
  const directories: (readonly string[])[] = [];

  /** The directory at `parts`, symbolic links followed; undefined where there is none. */
  function directoryAt(parts: readonly string[]): Directory | undefined {
    const trail: Directory[] = [root];
    const todo = parts.toReversed();
    let links = 0;
    for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
      const here = trail.at(-1) ?? root;
      if (part === '' || part === '.') continue;
      if (part === '..') {
        if (trail.length === 1) return undefined;
        trail.pop();
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

  /** Something stands at `parts`, a last symbolic link followed to a file or directory. */
  function exists(parts: readonly string[]): boolean {
    const parent = directoryAt(parts.slice(0, -1));
    const node = parent?.children.get(parts.at(-1) ?? '');
    return node?.kind === 'symlink' ? directoryAt(parts) !== undefined : node !== undefined;
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
        if (!followed) throw notInDirectory(name, node);
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
    if (!parts) throw outside(entry.link);
    const found = directoryAt(parts.slice(0, -1))?.children.get(parts.at(-1) ?? '');
    if (found && found.kind !== 'directory') return found;
    throw fails(
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
        if (entry.link === '' || encoder.encode(entry.link).length > 4095)
          throw fails(`“${shown(entry.name)}” is a link to nowhere.`);
        return { kind: 'symlink', target: entry.link };
      case '3':
      case '4':
      case '6':
        return { kind: 'special' };
      case '5':
        return { kind: 'directory', children: new Map() };
      default:
        throw fails(
          `“${shown(entry.name)}” is an entry of type “${shown(entry.type)}”, which Docker cannot unpack.`,
        );
    }
  }

  return {
    add(entry) {
      if (entry.type === 'g') return;
      const parts = cleanParts(entry.name);
      if (!parts) throw outside(entry.name);
      const name = parts.at(-1);
      // The destination itself, such as `./`.
      if (name === undefined) return;
      checkLengths(entry.name, parts);
      const parent = parentOf(entry.name, parts);
      const there = parent.children.get(name);
      if (entry.type === '5') directories.push(parts);
      if (there?.kind === 'directory' && entry.type === '5') return;
      // Removed before the new one is made: a hard link to its own name finds nothing.
      parent.children.delete(name);
      parent.children.set(name, create(entry));
    },
    content() {
      // Times of directories are set at the end, at names that may be something else by then.
      const gone = directories.find((parts) => !exists(parts));
      if (gone) throw notKept(gone.join('/'));
      const files: UnpackedFile[] = [];
      let count = 0;
      const todo: { readonly path: string; readonly node: Directory }[] = [
        { path: '', node: root },
      ];
      for (let next = todo.pop(); next; next = todo.pop()) {
        for (const [name, node] of next.node.children) {
          const path = next.path === '' ? name : `${next.path}/${name}`;
          if (node.kind === 'directory') {
            count++;
            todo.push({ path, node });
          } else if (node.kind === 'file') {
            files.push({ path, file: node });
          }
        }
      }
      return { files, directories: count };
    },
  };
}

/** Components of a name; undefined when it leads out of the destination (`filepath.IsLocal`). */
function cleanParts(name: string): readonly string[] | undefined {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== '' && part !== '.') {
      parts.push(part);
    }
  }
  return parts;
}

const notKept = (name: string) =>
  differs(`The directory “${shown(name)}” is replaced by a later entry of the archive.`);

const outside = (name: string) => differs(`“${shown(name)}” leads out of the destination.`);

/** `node` stands where a directory should be, and is none or leads to none. */
function notInDirectory(name: string, node: Node): UnpackError {
  return node.kind === 'symlink'
    ? differs(`“${shown(name)}” lies behind a symbolic link that leads to no directory here.`)
    : fails(`“${shown(name)}” lies in something that is no directory.`);
}

function checkLengths(name: string, parts: readonly string[]): void {
  const bytes = (text: string) => encoder.encode(text).length;
  if (parts.some((part) => part.length * 3 > longestName && bytes(part) > longestName)) {
    throw fails(`The name “${shown(name)}” is too long for a file.`);
  }
  if (bytes(parts.join('/')) > longestPath) {
    throw differs(`The path “${shown(name)}” is close to the longest that Linux knows.`);
  }
}

/** A name for a sentence: short, without control characters. */
function shown(text: string): string {
  const clean = text.replace(/\p{Cc}/gu, '\u{fffd}');
  return clean.length > 80 ? `${clean.slice(0, 79)}…` : clean;
}

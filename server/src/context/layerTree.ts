/**
 * The files that one COPY or ADD puts into its layer, by destination. Kept as a tree because it is
 * what is there in the end that counts: a later file replaces an earlier one, and hard links of one
 * file count once (fsutil `copy`, moby/go-archive `Unpack`).
 */

/** One stored file; hard links share it. */
export interface Content {
  readonly bytes: number;
  /** Where it comes from, for people: the path in the context. */
  readonly path: string;
}

export interface Folder {
  readonly kind: 'directory';
  readonly children: Map<string, Node>;
}

export type Node =
  | Folder
  | { readonly kind: 'file'; readonly content: Content }
  | { readonly kind: 'symlink'; readonly target: string }
  | { readonly kind: 'other' };

/** The builder would fail here, for this reason (a full sentence). */
export class BuildFails extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** An entry below a copied folder: its path in it and what it is. */
export interface TreeEntry {
  readonly parts: readonly string[];
  readonly node: Exclude<Node, Folder> | { readonly kind: 'directory' };
}

export type Source =
  | { readonly kind: 'directory'; readonly entries: readonly TreeEntry[] }
  | { readonly kind: 'entry'; readonly name: string; readonly node: Exclude<Node, Folder> }
  | { readonly kind: 'archive'; readonly path: string; readonly members: readonly Member[] };

/** An entry of an archive, in order. */
export interface Member {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'link' | 'other';
  readonly bytes: number;
  /** Of links: where to. */
  readonly target: string;
}

export interface Destination {
  /** Below the image's root. */
  readonly parts: readonly string[];
  /** A folder is there before the copy, or the path ends in a slash. */
  readonly isDirectory: boolean;
  /** The image below is empty: what is not in the tree does not exist. */
  readonly onScratch: boolean;
}

export function newFolder(): Folder {
  return { kind: 'directory', children: new Map() };
}

/** What copying the sources in order leaves; throws BuildFails where the builder would. */
export function place(sources: readonly Source[], destination: Destination): Folder {
  const root = newFolder();
  const { parts } = destination;
  let isDirectory = destination.isDirectory || parts.length === 0;
  for (const source of sources) {
    if (source.kind === 'archive') {
      unpack(makeFolders(root, parts), source, destination.onScratch);
      isDirectory = true;
    } else if (source.kind === 'directory') {
      const folder = makeFolders(root, parts);
      for (const entry of source.entries) put(folder, entry.parts, entry.node);
      isDirectory = true;
    } else put(root, isDirectory ? [...parts, source.name] : parts, source.node);
  }
  return root;
}

function put(root: Folder, parts: readonly string[], node: TreeEntry['node']): void {
  const name = parts.at(-1);
  if (name === undefined) return;
  if (node.kind === 'directory') {
    makeFolders(root, parts);
    return;
  }
  const parent = makeFolders(root, parts.slice(0, -1));
  if (parent.children.get(name)?.kind === 'directory') {
    throw new BuildFails(`The build fails: a file cannot replace the folder ${parts.join('/')}.`);
  }
  parent.children.set(name, node);
}

function makeFolders(root: Folder, parts: readonly string[]): Folder {
  let folder = root;
  for (const part of parts) {
    const child = folder.children.get(part);
    if (child && child.kind !== 'directory') {
      throw new BuildFails(
        `The build fails: ${parts.join('/')} cannot be a folder, as ${part} is none.`,
      );
    }
    const next = child ?? newFolder();
    if (!child) folder.children.set(part, next);
    folder = next;
  }
  return folder;
}

/** Links followed on one path before it counts as a loop, as Linux does. */
const mostLinks = 40;

function unpack(root: Folder, archive: Source & { kind: 'archive' }, onScratch: boolean): void {
  const fails = (what: string) =>
    new BuildFails(`The build fails to unpack ${archive.path}: ${what}.`);
  for (const member of archive.members) {
    const parts = memberParts(member.name);
    if (!parts) throw fails(`${member.name} is outside of the destination`);
    const name = parts.at(-1);
    if (name === undefined) continue;
    const parent = follow(root, parts.slice(0, -1), true);
    if (!parent) throw fails(`${member.name} lies below something that is no folder`);
    const present = parent.children.get(name);
    if (member.kind === 'directory') {
      if (present?.kind !== 'directory') parent.children.set(name, newFolder());
      continue;
    }
    parent.children.delete(name);
    if (member.kind === 'link') {
      const found = linkTarget(root, member.target);
      if (found && found.kind !== 'directory') parent.children.set(name, found);
      else if (found || onScratch)
        throw fails(`${member.name} links to ${member.target}, which is no file`);
      else {
        throw new BuildFails(
          `${archive.path} has a hard link to ${member.target}, a file of the image below whose size is not known.`,
        );
      }
    } else if (member.kind === 'symlink') {
      parent.children.set(name, { kind: 'symlink', target: member.target });
    } else if (member.kind === 'file') {
      const path = `${archive.path}/${parts.join('/')}`;
      parent.children.set(name, { kind: 'file', content: { bytes: member.bytes, path } });
    } else parent.children.set(name, { kind: 'other' });
  }
}

/** Undefined when the name leaves the destination. */
function memberParts(name: string): string[] | undefined {
  const parts: string[] = [];
  const rooted = name.startsWith('/');
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0) parts.pop();
    else if (!rooted) return undefined;
  }
  return parts;
}

function linkTarget(root: Folder, target: string): Node | undefined {
  const parts = memberParts(`/${target}`) ?? [];
  const name = parts.at(-1);
  if (name === undefined) return root;
  return follow(root, parts.slice(0, -1), false)?.children.get(name);
}

/** The folder at a path, through symlinks that stay below the root; makes what is missing if told to. */
function follow(root: Folder, path: readonly string[], make: boolean): Folder | undefined {
  const todo = [...path].reverse();
  let trail: Folder[] = [root];
  let links = 0;
  for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
    const here = trail.at(-1) ?? root;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (trail.length > 1) trail.pop();
      continue;
    }
    let child = here.children.get(part);
    if (!child && make) {
      child = newFolder();
      here.children.set(part, child);
    }
    if (child?.kind === 'symlink') {
      if (++links > mostLinks) return undefined;
      if (child.target.startsWith('/')) trail = [root];
      todo.push(...child.target.split('/').reverse());
    } else if (child?.kind === 'directory') trail.push(child);
    else return undefined;
  }
  return trail.at(-1);
}

export interface TreeSum {
  readonly bytes: number;
  /** Names that are no folders. */
  readonly files: number;
  readonly directories: number;
  /** Each stored file once, largest first. */
  readonly contents: readonly Content[];
}

/** Adds up a tree: each stored file once, whatever its number of names. */
export function sumTree(root: Folder): TreeSum {
  const contents = new Set<Content>();
  let files = 0;
  let directories = 0;
  const todo: Folder[] = [root];
  for (let folder = todo.pop(); folder; folder = todo.pop()) {
    for (const child of folder.children.values()) {
      if (child.kind === 'directory') {
        directories++;
        todo.push(child);
        continue;
      }
      files++;
      if (child.kind === 'file') contents.add(child.content);
    }
  }
  const sorted = [...contents].sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1));
  const bytes = sorted.reduce((all, content) => all + content.bytes, 0);
  return { bytes, files, directories, contents: sorted };
}

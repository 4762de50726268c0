/** Edits of the files of a build context, as people and tools make them. */

import type { Edit, EditKind, Scene } from './predictionEdits.ts';
import type { Entry, State } from './projectState.ts';

type File = Extract<Entry, { kind: 'file' }>;

/** The state with these entries; `null` removes one. */
export function withFiles(state: State, changes: Readonly<Record<string, Entry | null>>): State {
  const files = new Map(state.files);
  for (const [path, entry] of Object.entries(changes)) {
    if (entry) files.set(path, entry);
    else files.delete(path);
  }
  return { ...state, files };
}

const textOf = ({ content }: File) =>
  typeof content === 'string' ? content : content.toString('latin1');

/** Archives are left alone: their edits are kinds of their own. */
function filesOf({ state }: Scene, fits: (path: string, file: File) => boolean = () => true) {
  return [...state.files].flatMap(([path, entry]): [string, File][] =>
    entry.kind === 'file' && path !== '.dockerignore' && !path.endsWith('.tar') && fits(path, entry)
      ? [[path, entry]]
      : [],
  );
}

/** An edit of one file, whichever: `change` makes the new one. */
function onFile(
  change: (file: File, scene: Scene) => Entry | null,
  fits: (path: string, file: File, scene: Scene) => boolean = () => true,
): EditKind {
  return (scene) => {
    const found = filesOf(scene, (path, file) => fits(path, file, scene));
    if (found.length === 0) return null;
    const [path, file] = scene.random.pick(found);
    const changed = change(file, scene);
    return changed
      ? { about: path, names: path, state: withFiles(scene.state, { [path]: changed }) }
      : null;
  };
}

const isFree = (path: string, _: File, { free }: Scene) => free.includes(path);
const isLinked = ({ state }: Scene, path: string) =>
  [...state.files.values()].some((entry) => entry.kind === 'hardlink' && entry.of === path);
const alone = (path: string, _: File, scene: Scene) => !isLinked(scene, path);

/** Comments are what scripts and all other files of the projects can have more of. */
const longer = (file: File, { now }: Scene): File => ({
  ...file,
  content:
    typeof file.content === 'string'
      ? `${file.content}# ${now}\n`
      : Buffer.concat([file.content, Buffer.from(`# ${now}\n`)]),
  time: now,
});

/** One letter becomes another one in a place where no script breaks: a letter of a comment or word. */
function sameSize(file: File, scene: Scene): File | null {
  const text = textOf(file);
  if (/^(set |#!|true|echo tool|sed |mkdir|cd )/m.test(text)) return null;
  const found = [...text.matchAll(/[b-y]/g)];
  if (found.length === 0) return null;
  const at = scene.random.pick(found).index;
  const letter = text[at] === 'q' ? 'r' : String.fromCharCode(text.charCodeAt(at) + 1);
  const changed = `${text.slice(0, at)}${letter}${text.slice(at + 1)}`;
  const content = typeof file.content === 'string' ? changed : Buffer.from(changed, 'latin1');
  return { ...file, content, time: scene.now };
}

function inFolder(make: (scene: Scene, folder: string) => Edit | null): EditKind {
  return (scene) =>
    scene.folders.length > 0 ? make(scene, scene.random.pick(scene.folders)) : null;
}

const at = (folder: string, name: string) => (folder === '' ? name : `${folder}/${name}`);

const links = ({ state }: Scene) =>
  [...state.files].flatMap(([path, entry]) => (entry.kind === 'symlink' ? [{ path, entry }] : []));

/** A link that commands and COPY lines do not need where it is. */
const looseLinks = (scene: Scene) =>
  links(scene).filter(({ path }) => /^tree\/(link|dangling|folder)$/.test(path));

const ignoreFile = (content: string, now: number): Entry => ({
  kind: 'file',
  content,
  mode: 0o644,
  time: now,
});

function ignoreLine(line: (scene: Scene) => string | null): EditKind {
  return (scene) => {
    const { state, now } = scene;
    const text = line(scene);
    if (text === null) return null;
    const old = state.files.get('.dockerignore');
    const before = old?.kind === 'file' ? textOf(old) : '';
    return {
      about: `${text} is added to .dockerignore`,
      state: withFiles(state, { '.dockerignore': ignoreFile(`${before}${text}\n`, now) }),
    };
  };
}

/** By what the user does. */
export const fileEdits: Readonly<Record<string, EditKind>> = {
  'file gets longer': onFile(longer),
  'one of the free files gets longer': onFile(longer, isFree),
  'file changes, same size': onFile(sameSize),
  'file changes, same size and time': onFile((file, scene) => {
    const changed = sameSize(file, scene);
    return changed && { ...changed, time: file.time };
  }),
  'file is touched': onFile((file, { now }) => ({ ...file, time: now })),
  'file gets an older time': onFile((file, { now }) => ({
    ...file,
    time: file.time - (now % 1000),
  })),
  'file is replaced by an equal one': onFile(
    (file, { now }) => ({ ...file, time: now, inode: now }),
    alone,
  ),
  'file is replaced by an equal one of equal time': onFile(
    (file, { now }) => ({ ...file, inode: now }),
    alone,
  ),
  'file mode changes': onFile((file) => ({ ...file, mode: file.mode === 0o755 ? 0o744 : 0o755 })),
  'file mode loses bits of others': onFile(
    (file) => (file.mode === 0o644 ? { ...file, mode: 0o664 } : null),
    isFree,
  ),
  'file mode gets setuid': onFile((file) => ({ ...file, mode: file.mode | 0o4000 }), isFree),
  'file mode and time change': onFile((file, { now }) => ({
    ...file,
    mode: file.mode ^ 0o020,
    time: now,
  })),
  'file is removed': (scene) => {
    const found = filesOf(scene, (path) => scene.free.includes(path) && !isLinked(scene, path));
    if (found.length === 0) return null;
    const [path] = scene.random.pick(found);
    return { about: path, names: path, state: withFiles(scene.state, { [path]: null }) };
  },
  'file is renamed': (scene) => {
    const found = filesOf(
      scene,
      (path) => scene.free.includes(path) && !isLinked(scene, path) && /\.\w+$/.test(path),
    );
    if (found.length === 0) return null;
    const [path, file] = scene.random.pick(found);
    const to = path.replace(/(\.\w+)$/, `-${scene.now % 1000}$1`);
    return {
      about: `${path} becomes ${to}`,
      state: withFiles(scene.state, { [path]: null, [to]: file }),
    };
  },
  'file is added': inFolder(({ state, now, random }, folder) => {
    const path = at(
      folder,
      `new-${now % 1000}${random.pick(['.txt', '.c', '.conf', '.md', '.tmp'])}`,
    );
    const entry: Entry = { kind: 'file', content: `int new; # ${now}\n`, mode: 0o644, time: now };
    return { about: path, names: path, state: withFiles(state, { [path]: entry }) };
  }),
  'file is added outside of all copied folders': ({ state, now }) => {
    const entry: Entry = { kind: 'file', content: 'aside\n', mode: 0o644, time: now };
    return { about: 'aside', state: withFiles(state, { [`aside-${now}/file`]: entry }) };
  },
  'empty file is added': inFolder(({ state, now }, folder) => {
    const entry: Entry = { kind: 'file', content: '', mode: 0o644, time: now };
    const path = at(folder, `empty-${now % 1000}`);
    return { about: path, names: path, state: withFiles(state, { [path]: entry }) };
  }),
  'empty folder is added': inFolder(({ state, now }, folder) => {
    const path = at(folder, `hollow-${now % 1000}`);
    return { about: path, state: withFiles(state, { [path]: { kind: 'directory', mode: 0o755 } }) };
  }),
  'empty folder is removed': ({ state, random }) => {
    const found = [...state.files].filter(([path]) => /hollow-/.test(path));
    if (found.length === 0) return null;
    const [path] = random.pick(found);
    return { about: path, state: withFiles(state, { [path]: null }) };
  },
  'folder mode changes': inFolder(({ state, random }, folder) => {
    if (folder === '') return null;
    const mode = random.pick([0o700, 0o775, 0o777]);
    return {
      about: `${folder} becomes ${mode.toString(8)}`,
      state: withFiles(state, { [folder]: { kind: 'directory', mode } }),
    };
  }),
  'link is retargeted': (scene) => {
    const found = looseLinks(scene);
    if (found.length === 0) return null;
    const { path } = scene.random.pick(found);
    const target = scene.random.pick(['real/g', 'real', 'nowhere-else', '../versions/v2.txt']);
    return {
      about: `${path} to ${target}`,
      state: withFiles(scene.state, { [path]: { kind: 'symlink', target } }),
    };
  },
  'link that COPY follows is retargeted': ({ state }) => {
    const entry = state.files.get('current.txt');
    if (entry?.kind !== 'symlink') return null;
    const target = entry.target.endsWith('v1.txt') ? 'versions/v2.txt' : 'versions/v1.txt';
    return {
      about: `current.txt to ${target}`,
      state: withFiles(state, { 'current.txt': { kind: 'symlink', target } }),
    };
  },
  'link that COPY follows becomes an equal file': ({ state, now }) => {
    const entry = state.files.get('current.txt');
    if (entry?.kind !== 'symlink') return null;
    const target = state.files.get(entry.target);
    if (target?.kind !== 'file') return null;
    return {
      about: 'current.txt',
      state: withFiles(state, { 'current.txt': { ...target, time: now } }),
    };
  },
  'link becomes a file': (scene) => {
    const found = looseLinks(scene);
    if (found.length === 0) return null;
    const { path } = scene.random.pick(found);
    const file: Entry = { kind: 'file', content: 'was a link\n', mode: 0o644, time: scene.now };
    return { about: path, state: withFiles(scene.state, { [path]: file }) };
  },
  'link is added': inFolder(({ state, now }, folder) => {
    const path = at(folder, `link-${now % 1000}`);
    return {
      about: path,
      state: withFiles(state, { [path]: { kind: 'symlink', target: 'nowhere' } }),
    };
  }),
  'hard link becomes an equal copy': ({ state, now, random }) => {
    const found = [...state.files].filter(([, { kind }]) => kind === 'hardlink');
    if (found.length === 0) return null;
    const [path, link] = random.pick(found);
    const of = link.kind === 'hardlink' ? state.files.get(link.of) : undefined;
    if (of?.kind !== 'file') return null;
    return { about: path, state: withFiles(state, { [path]: { ...of, time: now } }) };
  },
  'file becomes a hard link of an equal one': ({ state }) => {
    const a = state.files.get('hard/a');
    const b = state.files.get('hard/b');
    if (a?.kind !== 'file' || b?.kind !== 'file' || textOf(a) !== textOf(b)) return null;
    return {
      about: 'hard/b',
      state: withFiles(state, { 'hard/b': { kind: 'hardlink', of: 'hard/a' } }),
    };
  },
  'file becomes a hard link of another': ({ state }) => {
    if (!state.files.has('hard/c') || state.files.get('hard/c')?.kind !== 'file') return null;
    return {
      about: 'hard/c',
      state: withFiles(state, { 'hard/c': { kind: 'hardlink', of: 'hard/a' } }),
    };
  },
  'comment is added to the ignore file': ignoreLine(({ now }) => `# ${now}`),
  'pattern without a match is added to the ignore file': ignoreLine(({ now }) => `nothing-${now}`),
  'file is ignored from now on': ignoreLine(({ state, free, random }) => {
    const found = free.filter((path) => state.files.has(path));
    return found.length > 0 ? random.pick(found) : null;
  }),
  'pattern is removed from the ignore file': ({ state, now, random }) => {
    const old = state.files.get('.dockerignore');
    const patterns = old?.kind === 'file' ? textOf(old).trimEnd().split('\n') : [];
    if (patterns.length < 2) return null;
    const gone = random.below(patterns.length);
    const rest = patterns.filter((_, index) => index !== gone);
    return {
      about: patterns[gone] ?? '',
      state: withFiles(state, { '.dockerignore': ignoreFile(`${rest.join('\n')}\n`, now) }),
    };
  },
  'ignore file of the Dockerfile itself is added': ({ state, now }) => {
    if (state.files.has('Dockerfile.dockerignore')) return null;
    const old = state.files.get('.dockerignore');
    const text = old?.kind === 'file' ? textOf(old) : '# none\n';
    return {
      about: 'with the same patterns',
      state: withFiles(state, { 'Dockerfile.dockerignore': ignoreFile(text, now) }),
    };
  },
  'archive is packed again with another member': ({ state, now }) => {
    const old = state.files.get('rootfs.tar');
    if (old?.kind !== 'file' || typeof old.content === 'string') return null;
    const content = Buffer.from(old.content);
    // A letter in the content of the first member.
    content[512] = 97 + (now % 26);
    return {
      about: 'rootfs.tar',
      state: withFiles(state, { 'rootfs.tar': { ...old, content, time: now } }),
    };
  },
  'archive is touched': ({ state, now }) => {
    const old = state.files.get('rootfs.tar');
    if (old?.kind !== 'file') return null;
    return {
      about: 'rootfs.tar',
      state: withFiles(state, { 'rootfs.tar': { ...old, time: now } }),
    };
  },
};

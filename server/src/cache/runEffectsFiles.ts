/** Programs that make, move and remove files, as GNU and BusyBox have them in common. */

import { baseName } from '../shell/commandWords.ts';
import { unknownPart } from '../shell/shellTree.ts';
import type { Call } from './runEffectsCommands.ts';
import { mayBePattern } from './runEffectsText.ts';
import {
  contentOf,
  isSystemFile,
  makerOwner,
  newFile,
  operandPath,
  writable,
} from './runEffectsWrite.ts';
import { chmodOf } from './stageTreeDigest.ts';
import {
  at,
  find,
  freeze,
  isFolder,
  opened,
  type Place,
  put,
  Unfollowed,
} from './stageTreeDraft.ts';
import { hiddenBy } from './stageTreeMaking.ts';
import {
  certain,
  childOf,
  emptyFolder,
  type HiddenNode,
  joined,
  joinMarks,
  kindOf,
  type Mode,
  type Node,
  namesIn,
  type Owner,
  unveiled,
} from './stageTreeNodes.ts';

/** Follows a command; throws Unfollowed for a form that is not known here. */
export type FileCommand = (call: Call) => void;

export const fileCommands: ReadonlyMap<string, FileCommand> = new Map<string, FileCommand>([
  ['mkdir', mkdir],
  ['touch', touch],
  ['cp', cp],
  ['mv', mv],
  ['rm', rm],
  ['rmdir', rmdir],
  ['ln', ln],
  ['chmod', chmod],
  ['chown', chown],
  ['install', install],
]);

interface Options {
  readonly flags: string;
  readonly values: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

const longNames: Readonly<Record<string, string>> = {
  '--parents': 'p',
  '--recursive': 'R',
  '--force': 'f',
  '--verbose': 'v',
  '--archive': 'a',
  '--symbolic': 's',
  '--no-dereference': 'd',
  '--no-target-directory': 'T',
  '--directory': 'd',
};

/** Letters that are known, and those that take a value; throws Unfollowed for others. */
function options(call: Call, flags: string, valued = ''): Options {
  const values = new Map<string, string>();
  const operands: string[] = [];
  let found = '';
  const { args } = call;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    if (arg.includes(unknownPart)) throw new Unfollowed();
    if (arg === '--') {
      operands.push(...args.slice(index + 1));
      break;
    }
    if (!arg.startsWith('-') || arg === '-' || (call.name === 'chmod' && /^-[rwxXst]+/.test(arg))) {
      operands.push(arg);
      continue;
    }
    const letters = arg.startsWith('--') ? (longNames[arg] ?? '\0') : arg.slice(1);
    for (let position = 0; position < letters.length; position++) {
      const letter = letters[position] ?? '';
      if (valued.includes(letter)) {
        const rest = letters.slice(position + 1);
        values.set(letter, rest || (args[++index] ?? ''));
        break;
      }
      if (!flags.includes(letter)) throw new Unfollowed();
      found += letter;
    }
  }
  return { flags: found, values, operands };
}

/** Paths of operands; a pattern is looked up where all names of its folder are known. */
function pathsOf(call: Call, words: readonly string[]): readonly string[] {
  return words.flatMap((word) => {
    const path = operandPath(call, word);
    if (!mayBePattern(call, word)) return [word.endsWith('/') ? `${path}/` : path];
    const name = baseName(path);
    const parent = find(call.draft.root, path.slice(0, -name.length) || '/');
    if (!/^[^[\\?]*$/.test(name) || /[*?[]/.test(path.slice(0, -name.length)) || !parent.node)
      throw new Unfollowed();
    const { names, all } = namesIn(parent.node);
    if (!all) throw new Unfollowed();
    const parts = name.split('*');
    const fits = (each: string) => {
      let from = parts[0]?.length ?? 0;
      if (!each.startsWith(parts[0] ?? '') || (each.startsWith('.') && !name.startsWith('.')))
        return false;
      for (const part of parts.slice(1, -1)) {
        const found = each.indexOf(part, from);
        if (found < 0) return false;
        from = found + part.length;
      }
      const last = parts.at(-1) ?? '';
      return each.length - last.length >= from && each.endsWith(last);
    };
    const matching = [...names].sort().filter(fits);
    if (matching.length === 0) throw new Unfollowed();
    return matching.map((each) => joined(parent.path, each));
  });
}

const umask = 0o022;

function mkdir(call: Call): void {
  const { flags, values, operands } = options(call, 'pv', 'm');
  const owner = makerOwner(call);
  const given = values.get('m');
  const mode = given === undefined ? 0o755 : chmodOf(given, 0o777);
  if (typeof mode !== 'number') throw new Unfollowed();
  for (const path of pathsOf(call, operands)) {
    const place = find(call.draft.root, path);
    if (!flags.includes('p')) {
      writableParent(call, place);
      // It is not there yet, or the command fails.
      if (place.node && kindOf(place.node) !== null) throw new Unfollowed();
      put(call.draft, place.path, emptyFolder(mode, owner));
      continue;
    }
    if (place.node && kindOf(place.node) === 'file') throw new Unfollowed();
    if (place.node && (kindOf(place.node) !== null || isFolder(place) === true)) continue;
    const folder = place.node
      ? ({
          kind: 'folder',
          mode: `${mode.toString(8)}?`,
          owner: `${owner}?`,
          children: new Map(),
          below: hiddenOf(place.node),
        } as const)
      : emptyFolder(mode, owner);
    put(call.draft, place.path, folder, { mode: 0o755, owner });
  }
}

function hiddenOf(node: Node): HiddenNode | null {
  const shown = node.kind === 'veiled' ? unveiled(node) : node;
  return shown.kind === 'hidden' ? shown : null;
}

function writableParent(call: Call, { path }: Place): void {
  const parent = find(call.draft.root, path.slice(0, path.lastIndexOf('/')) || '/');
  if (!parent.node || isFolder(parent) === false) throw new Unfollowed();
  if (
    parent.node.kind === 'folder' &&
    typeof parent.node.mode === 'number' &&
    parent.node.mode & 0o2000
  )
    throw new Unfollowed();
}

function touch(call: Call): void {
  const { operands, flags } = options(call, 'acmh', 'drt');
  for (const path of pathsOf(call, operands)) {
    const found = find(call.draft.root, path);
    if (found.node && kindOf(found.node) !== null) continue;
    if (flags.includes('c') && !found.node) continue;
    const hidden = found.node && hiddenOf(found.node);
    if (found.node && !(hidden?.maker.isImage && !isSystemFile(found.path))) {
      // It stays what it is, or is made.
      const { digest, marks } = call.making.digestOf(found.node);
      const id = call.making.hash(JSON.stringify(['touched', digest]));
      put(call.draft, found.path, hiddenBy(id, marks));
      continue;
    }
    const place = writable(call.draft, path);
    newFile(call, place, { digest: call.making.hash(''), text: '', marks: certain });
  }
}

interface Copying {
  readonly call: Call;
  readonly recursive: boolean;
  /** Modes, owners and links stay. */
  readonly keeps: boolean;
  readonly keepsOwner: boolean;
  readonly owner: Owner;
}

function cp(call: Call): void {
  const { flags, operands, values } = options(call, 'rRapfvdPLTn', 't');
  if (/[LTn]/.test(flags) || values.size > 0) throw new Unfollowed();
  const keeps = /[ap]/.test(flags);
  const copying: Copying = {
    call,
    recursive: /[rRa]/.test(flags),
    keeps,
    keepsOwner: keeps,
    owner: makerOwner(call),
  };
  const followsLinks = !/[dPa]/.test(flags);
  if (operands.slice(0, -1).some((word) => /(^|\/)\.\.?\/?$/.test(word))) {
    copyContents(copying, operands);
    return;
  }
  const { sources, into } = targets(call, operands);
  for (const source of sources) {
    const whole = source.replace(/(.)\/$/, '$1');
    const named = find(call.draft.root, whole, false);
    if (named.node && kindOf(named.node) === 'link' && copying.recursive && followsLinks)
      throw new Unfollowed();
    const { node } = find(call.draft.root, whole, followsLinks);
    if (!node) throw new Unfollowed();
    freeze(call.draft);
    copyTo(copying, node, into(whole));
  }
}

/** `cp -r from/. to`: what is in a folder goes into another. */
function copyContents(copying: Copying, operands: readonly string[]): void {
  const { call, recursive } = copying;
  const [from = '', to = ''] = operands;
  if (operands.length !== 2 || !recursive || !/(^|\/)\.\/?$/.test(from)) throw new Unfollowed();
  const { node } = find(call.draft.root, operandPath(call, from));
  const dest = find(call.draft.root, operandPath(call, to));
  if (!node || !namesIn(node).all) throw new Unfollowed();
  if (dest.node && isFolder(dest) !== true) throw new Unfollowed();
  if (!dest.node) writableParent(call, dest);
  freeze(call.draft);
  copyTo(copying, node, dest.path);
}

/** Where sources go: into the last operand where that is a folder, else to it. */
function targets(call: Call, operands: readonly string[]) {
  const words = operands.slice(0, -1);
  const last = operands.at(-1) ?? '';
  if (words.length === 0 || mayBePattern(call, last)) throw new Unfollowed();
  const sources = pathsOf(call, words);
  const dest = find(call.draft.root, operandPath(call, last));
  const slashed = last.endsWith('/') || /(^|\/)\.\.?$/.test(last);
  const isThere = isFolder(dest);
  if (isThere === false && sources.length > 1) throw new Unfollowed();
  const inside = isThere === true || (isThere === null && (slashed || sources.length > 1));
  if (
    !inside &&
    slashed &&
    isThere === false &&
    kindOf(sourceNode(call, sources[0] ?? '')) !== 'folder'
  )
    throw new Unfollowed();
  const into = (source: string) => (inside ? joined(dest.path, baseName(source)) : dest.path);
  return { sources, into };
}

function sourceNode(call: Call, path: string): Node {
  const { node } = find(call.draft.root, path);
  if (!node) throw new Unfollowed();
  return node;
}

function copyTo(copying: Copying, node: Node, path: string): void {
  const { call, recursive, keeps, owner } = copying;
  const { draft, making } = call;
  const place = find(draft.root, path);
  writableParent(call, place);
  const kind = kindOf(node);
  const there = place.node && kindOf(place.node);
  if (kind === 'other') throw new Unfollowed();
  if (kind === 'folder') {
    if (!recursive || there === 'file' || there === 'link') throw new Unfollowed();
    const { names, all } = namesIn(node);
    if (!all || place.path === '/' || isWithinNode(node, place.node)) throw new Unfollowed();
    if (!place.node)
      put(draft, place.path, emptyFolder(copiedMode(copying, node), ownerFor(copying, node)));
    else if (there === null) put(draft, place.path, perhapsFolder(copying, node, place.node));
    else if (keeps) setMeta(call, place.path, copiedMode(copying, node), ownerFor(copying, node));
    for (const name of names) {
      const child = childOf(node, name);
      if (child) copyTo(copying, child, joined(place.path, name));
    }
    return;
  }
  if (kind === null) {
    const from = making.digestOf(node);
    const old = place.node ? making.digestOf(place.node) : null;
    const how = [recursive, keeps, keeps ? '' : owner];
    const id = making.hash(JSON.stringify(['cp', from.digest, old?.digest ?? null, how]));
    const marks = old ? joinMarks(from.marks, old.marks) : from.marks;
    put(draft, place.path, hiddenBy(id, marks));
    return;
  }
  if (kind === 'link') {
    if (place.node) throw new Unfollowed();
    put(draft, place.path, node);
    return;
  }
  const content = contentOf(making, node);
  if (place.node && !keeps) {
    newFile(call, place, content, copiedMode(copying, node));
    return;
  }
  put(draft, place.path, {
    kind: 'file',
    mode: copiedMode(copying, node),
    owner: ownerFor(copying, node),
    content,
  });
}

/** A folder that is copied into itself would be followed forever. */
function isWithinNode(node: Node, there: Node | null): boolean {
  return there === node;
}

function perhapsFolder(copying: Copying, node: Node, there: Node) {
  const mode = copiedMode(copying, node);
  return {
    kind: 'folder',
    mode: copying.keeps ? mode : `${mode.toString(8)}?`,
    owner: copying.keeps ? ownerFor(copying, node) : `${copying.owner}?`,
    children: new Map(),
    below: hiddenOf(there),
  } as const;
}

function metaOf(node: Node): { readonly mode: Mode; readonly owner: Owner } {
  const shown = node.kind === 'veiled' ? unveiled(node) : node;
  switch (shown.kind) {
    case 'file':
      return shown;
    case 'folder':
      return { mode: shown.mode ?? '?', owner: shown.owner ?? '?' };
    case 'given': {
      const { mode, kind } = shown.node;
      const own = shown.chmod === null ? mode : chmodOf(shown.chmod, mode, kind === 'directory');
      return { mode: own, owner: shown.owner };
    }
    default:
      throw new Unfollowed();
  }
}

function copiedMode({ keeps }: Copying, node: Node): Mode {
  const { mode } = metaOf(node);
  if (keeps) return mode;
  return typeof mode === 'number' ? mode & 0o777 & ~umask : `${mode} copied`;
}

function ownerFor({ keepsOwner, owner }: Copying, node: Node): Owner {
  if (!keepsOwner) return owner;
  // Only root may give files away.
  if (owner !== '0:0') throw new Unfollowed();
  return metaOf(node).owner;
}

function setMeta(call: Call, path: string, mode: Mode, owner: Owner): void {
  const node = at(call.draft.root, path);
  if (!node) return;
  put(call.draft, path, { ...opened(node), mode, owner });
}

function mv(call: Call): void {
  const { operands } = options(call, 'fv');
  const { sources, into } = targets(call, operands);
  for (const source of sources) {
    const from = find(call.draft.root, source.replace(/(.)\/$/, '$1'), false);
    if (!from.node || from.path === '/') throw new Unfollowed();
    const to = find(call.draft.root, into(source), false);
    writableParent(call, to);
    if (to.path === from.path || `${to.path}/`.startsWith(`${from.path}/`)) throw new Unfollowed();
    const there = to.node && kindOf(to.node);
    if (there === 'folder' || (there === null && to.node && kindOf(from.node) === 'folder'))
      throw new Unfollowed();
    const { node } = from;
    // What is not seen may be nothing; then the command fails, and with it mostly the build.
    put(call.draft, from.path, null);
    put(call.draft, to.path, node);
  }
}

function rm(call: Call): void {
  const { flags, operands } = options(call, 'rRfvd');
  const recursive = /[rR]/.test(flags);
  for (const path of pathsOf(call, operands)) {
    const place = find(call.draft.root, path.replace(/(.)\/$/, '$1'), false);
    if (place.path === '/') throw new Unfollowed();
    if (!place.node) {
      if (flags.includes('f')) continue;
      throw new Unfollowed();
    }
    if (!recursive && kindOf(place.node) === 'folder') throw new Unfollowed();
    put(call.draft, place.path, null);
  }
}

function rmdir(call: Call): void {
  const { operands } = options(call, 'v');
  for (const path of pathsOf(call, operands)) {
    const place = find(call.draft.root, path.replace(/(.)\/$/, '$1'), false);
    if (!place.node || place.path === '/') throw new Unfollowed();
    const { names } = namesIn(place.node);
    if (names.length > 0) throw new Unfollowed();
    put(call.draft, place.path, null);
  }
}

function ln(call: Call): void {
  const { flags, operands } = options(call, 'sfnvT');
  // What is written to one name of a file is under its other names too; they are not kept together.
  if (!flags.includes('s')) throw new Unfollowed();
  const [target = '', link = '', ...more] = operands;
  if (more.length > 0 || link === '' || mayBePattern(call, target)) throw new Unfollowed();
  const named = find(call.draft.root, operandPath(call, link), false);
  const place = /[nT]/.test(flags) ? named : find(call.draft.root, operandPath(call, link));
  const inside = isFolder(place) === true && !flags.includes('T');
  const path = inside ? joined(place.path, baseName(target.replace(/\/$/, ''))) : named.path;
  const old = at(call.draft.root, path);
  if (old && kindOf(old) !== null && !flags.includes('f')) throw new Unfollowed();
  if (old && kindOf(old) === 'folder') throw new Unfollowed();
  writableParent(call, { path, node: old });
  put(call.draft, path, { kind: 'link', owner: makerOwner(call), target });
}

function chmod(call: Call): void {
  const { flags, operands } = options(call, 'Rvfc');
  const [mode = '', ...words] = operands;
  if (words.length === 0) throw new Unfollowed();
  if (call.command.user === null || !/^(root|0)?(:.*)?$/.test(call.command.user))
    throw new Unfollowed();
  const change = (old: Mode, isDirectory: boolean): Mode => {
    // A folder keeps its special bits where the number does not name them.
    if (isDirectory && typeof old === 'number' && old & 0o6000) return `${old},${mode}`;
    if (typeof old !== 'number' && /^[0-7]+$/.test(mode) && isDirectory) return `${old},${mode}`;
    return chmodOf(mode, old, isDirectory);
  };
  restyle(call, words, flags.includes('R'), `chmod ${mode}`, (meta, isDirectory) => ({
    ...meta,
    mode: change(meta.mode, isDirectory),
  }));
}

function chown(call: Call): void {
  const { flags, operands } = options(call, 'Rvfch');
  const [given = '', ...words] = operands;
  if (words.length === 0 || flags.includes('h') || given.includes('.')) throw new Unfollowed();
  if (call.command.user === null || !/^(root|0)?(:.*)?$/.test(call.command.user))
    throw new Unfollowed();
  const [name = '', group] = given.split(':');
  const owner = name ? call.making.ownerOf(group === '' ? name : given, call.draft.root) : '';
  const change = (old: Owner): Owner => {
    const [uid = '', gid = ''] = old.split(':');
    const [newUid = '', newGid = ''] = owner.split(':');
    if (name === '') {
      const named = call.making.ownerOf(`0:${group}`, call.draft.root).split(':')[1];
      return `${uid}:${named}`;
    }
    return group === undefined ? `${newUid}:${gid}` : `${newUid}:${newGid}`;
  };
  restyle(call, words, flags.includes('R'), `chown ${owner} ${given}`, (meta) => {
    // A new owner takes setuid and setgid away.
    const mode =
      typeof meta.mode === 'number' && meta.mode & 0o6000 ? `${meta.mode} chown` : meta.mode;
    return { mode, owner: change(meta.owner) };
  });
}

interface Meta {
  readonly mode: Mode;
  readonly owner: Owner;
}

type Restyle = (meta: Meta, isDirectory: boolean) => Meta;

function restyle(
  call: Call,
  words: readonly string[],
  recursive: boolean,
  tag: string,
  change: Restyle,
): void {
  for (const path of pathsOf(call, words)) {
    const place = find(call.draft.root, path.replace(/(.)\/$/, '$1'));
    if (!place.node || place.path === '/') throw new Unfollowed();
    put(call.draft, place.path, restyled(call, place.node, recursive, tag, change, true));
  }
}

function restyled(
  call: Call,
  node: Node,
  recursive: boolean,
  tag: string,
  change: Restyle,
  isTop: boolean,
): Node {
  switch (node.kind) {
    case 'file':
      return { ...node, ...change({ mode: node.mode, owner: node.owner }, false) };
    case 'link':
      if (isTop || tag.startsWith('chmod')) return node;
      return { ...node, owner: change({ mode: 0, owner: node.owner }, false).owner };
    case 'hidden': {
      const { maker, path } = node;
      const id = call.making.hash(JSON.stringify(['restyled', tag, recursive, maker.id]));
      return { kind: 'hidden', path, maker: { id, marks: maker.marks } };
    }
    case 'veiled':
    case 'given':
    case 'folder': {
      if (kindOf(node) === 'file') {
        const meta = change(metaOf(node), false);
        return { kind: 'file', ...meta, content: contentOf(call.making, node) };
      }
      if (kindOf(node) === 'link') return node;
      if (kindOf(node) !== 'folder') throw new Unfollowed();
      const folder = opened(node);
      const meta = change({ mode: folder.mode ?? '?', owner: folder.owner ?? '?' }, true);
      if (!recursive) return { ...folder, ...meta };
      const children = new Map<string, Node | null>();
      for (const [name, child] of folder.children)
        children.set(name, child && restyled(call, child, true, tag, change, false));
      const below = folder.below && restyledBelow(call, folder.below, tag);
      return { ...folder, ...meta, children, below };
    }
  }
}

/** All that is not seen in a folder, with its new owners or modes. */
function restyledBelow(call: Call, node: Node, tag: string): HiddenNode {
  const { digest, marks } = call.making.digestOf(node);
  return hiddenBy(call.making.hash(JSON.stringify(['restyled', tag, digest])), marks);
}

function install(call: Call): void {
  const { flags, values, operands } = options(call, 'dDvCcp', 'm');
  const owner = makerOwner(call);
  const mode = chmodOf(values.get('m') ?? '755', 0);
  if (typeof mode !== 'number' || /[Cp]/.test(flags)) throw new Unfollowed();
  if (flags.includes('d')) {
    for (const path of pathsOf(call, operands)) {
      const place = find(call.draft.root, path);
      if (place.node) throw new Unfollowed();
      put(call.draft, place.path, emptyFolder(mode, owner), { mode: 0o755, owner });
    }
    return;
  }
  const last = operands.at(-1) ?? '';
  if (flags.includes('D')) {
    const path = operandPath(call, last);
    const parent = path.slice(0, path.lastIndexOf('/')) || '/';
    if (!find(call.draft.root, parent).node) put(call.draft, parent, emptyFolder(0o755, owner));
  }
  const { sources, into } = targets(call, operands);
  for (const source of sources) {
    const node = sourceNode(call, source);
    if (kindOf(node) === 'folder') throw new Unfollowed();
    const place = writable(call.draft, into(source));
    put(call.draft, place.path, {
      kind: 'file',
      mode,
      owner,
      content: contentOf(call.making, node),
    });
  }
}

/**
 * RUNs of which not each command can be followed, but all name what they read and write: conditions,
 * loops over names of files, `find`, `sed -i`, archives. What they leave there hangs on their words and
 * on what was there; all else stays what it is.
 */

import type { ContentNode } from '../../../context/contentFacts.ts';
import type { ResolvedRun } from '../../../model/plan.ts';
import type { ShellCommand } from '../../../shell/commands.ts';
import { absolute } from '../../../shell/commandWords.ts';
import { isWithin } from '../../../syntax/slashPaths.ts';
import { find, isFolder, put } from '../draft.ts';
import { childOf, isMissing, kindOf, namesIn } from '../entries.ts';
import { hiddenBy } from '../making.ts';
import { joinMarks, type Marks } from '../marks.ts';
import { emptyFolder, type Node, parentOf } from '../nodes.ts';
import { Unfollowed } from '../unfollowed.ts';
import type { Following } from './call.ts';
import { forgivesFailure, refuseLostFolders } from './forgives.ts';
import { isRepeatable, type Reach, reachOf } from './reach.ts';

/** Parts of the shell with which the words do not tell what is done. */
const untold =
  /\b(eval|alias|chroot|unshare|coproc|(?<!-)exec|trap|source|xargs|awk|ln|shopt)\b|(^|[;&|({\n]|\b(then|do|else))\s*\.\s|<\(|>\(|\d>&-|<&/;

/** What programs are and load. */
const system =
  /^\/(bin|sbin|boot|lib\w*|usr(\/local)?(\/(s?bin|lib\w*|libexec))?|etc(\/ld\.so.*)?)(\/|$)/;

/** Applies what such commands may do; throws Unfollowed where they do not name it. */
export function confine(following: Following, commands: readonly ShellCommand[]): void {
  const { making, draft, run, variables } = following;
  const script = plainText(following.script, run);
  if (untold.test(script)) throw new Unfollowed();
  if (forgivesFailure(following.script, run)) refuseLostFolders(following);
  const reach = reachOf(commands, run, script, loopedFolders(script, run.cwd));
  const writes = outermost([...reach.writes].map((path) => madeAt(draft.root, path)));
  for (const path of writes) if (system.test(path) || path === '/') throw new Unfollowed();
  const { digest, marks } = inputsOf(following, reach, writes);
  const words = [run.argv, run.program ?? null, variables, run.cwd, run.user, draft.image];
  const id = making.hash(JSON.stringify(['confined', words, digest]));
  const isSame = reach.repeats && isRepeatable(following.script);
  const reruns = isSame ? marks.reruns : new Set([...marks.reruns, draft.line]);
  const own: Marks = { ...marks, reruns, lossy: new Set([...marks.lossy, draft.line]) };
  for (const path of writes)
    put(draft, path, hiddenBy(making.hash(JSON.stringify(['confined', id, path])), own));
}

/** The script without what is only printed, and with the values of variables that it does not set. */
function plainText(script: string, { variables }: ResolvedRun): string {
  return script
    .replace(/\b(echo|printf)\s[^;&|\n<>`()]*/g, '$1 ')
    .replace(/\$(?:(\w+)|\{(\w+)\})/g, (word, bare?: string, braced?: string) => {
      const name = bare ?? braced ?? '';
      const value = variables.get(name);
      const isOwn = new RegExp(
        `\\b${name}(=|\\+=)|\\b(for|read|local)\\b[^;\\n]*\\b${name}\\b`,
      ).test(script);
      return value !== undefined && /^[\w./-]+$/.test(value) && !isOwn ? value : word;
    });
}

/** All that it reads, what is overwritten too. */
function inputsOf({ making, draft }: Following, reach: Reach, writes: readonly string[]) {
  const paths = [...new Set([...reach.reads, ...writes])].sort();
  let marks: Marks | null = null;
  const digests = paths.map((path) => {
    const place = find(draft.root, path);
    if (place.path === '/') throw new Unfollowed();
    const node = place.node ?? emptyFolder();
    refuseLinks(node);
    const found = making.digestOf(node);
    marks = marks ? joinMarks(marks, found.marks) : found.marks;
    return [place.path, place.node ? found.digest : ''];
  });
  const none = making.digestOf(emptyFolder()).marks;
  return { digest: digests, marks: marks ?? none };
}

/** What is done through a link is done elsewhere. */
function refuseLinks(node: Node): void {
  const open: Node[] = [node];
  for (let next = open.pop(); next; next = open.pop()) {
    const given = next.kind === 'given' ? next.node : null;
    if (given) {
      if (hasLinks(given)) throw new Unfollowed();
      if (next.kind === 'given' && next.over) open.push(next.over);
      continue;
    }
    const kind = kindOf(next);
    if (kind === 'link' || kind === 'other') throw new Unfollowed();
    if (kind !== 'folder') continue;
    for (const name of namesIn(next).names) {
      const child = childOf(next, name);
      if (child) open.push(child);
    }
  }
}

const linked = new WeakMap<ContentNode, boolean>();

function hasLinks(top: ContentNode): boolean {
  let known = linked.get(top);
  if (known === undefined) {
    known =
      (top.kind !== 'directory' && top.kind !== 'file') ||
      [...top.children.values()].some(hasLinks);
    linked.set(top, known);
  }
  return known;
}

/** Where something is new that is made at a path: with the first folder on the way that is missing. */
function madeAt(root: Node, path: string): string {
  let at = find(root, path).path;
  for (let parent = parentOf(at); at !== '/'; parent = parentOf(at)) {
    const place = find(root, parent);
    if (isFolder(place) === true || !isMissing(place.node)) break;
    at = place.path;
  }
  return at;
}

function outermost(paths: readonly string[]): readonly string[] {
  return [...new Set(paths)].filter(
    (path) => !paths.some((other) => other !== path && isWithin(path, other)),
  );
}

/**
 * The folders of which the variables of `for x in folder/*` are names; null: another value than those of
 * such loops stands as a whole word.
 */
function loopedFolders(script: string, cwd: string): readonly string[] | null {
  const names = new Set<string>();
  const folders: string[] = [];
  for (const [, name = '', list = ''] of script.matchAll(/\bfor\s+(\w+)\s+in\s+([^;\n]+)/g)) {
    if (/[$`]/.test(list)) return null;
    names.add(name);
    for (const word of list.trim().split(/\s+/)) {
      const stem = word.replace(/["']/g, '').split(/[*?[{]/)[0] ?? '';
      folders.push(absolute(stem.slice(0, stem.lastIndexOf('/') + 1) || '.', cwd));
    }
  }
  if (names.size === 0) return null;
  const whole = /(?<=[\s;&|<>("'])\$\{?(\w+)\}?(?=["'\s;&|)]|$)/g;
  const asked = [...script.matchAll(/(?:\btest|\[)\s[^;&|\n]*/g)].map(([text]) => text).join('\n');
  const cut = /\$\{(\w+)[^\w}]/g;
  const used = [
    ...script.matchAll(whole),
    ...script.matchAll(cut),
    ...asked.matchAll(/\$\{?(\w+)/g),
  ];
  if (used.some(([, name = '']) => !names.has(name))) return null;
  // What a substitution prints is a value of such a variable only where it is assigned.
  return /(?<!=["']?)\$\(/.test(script.replace(/\$\(basename [^)]*\)/g, '')) ? null : folders;
}

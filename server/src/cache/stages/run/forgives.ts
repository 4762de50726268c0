/** Scripts that go on where a command has failed, and commands that may fail. */

import type { ResolvedRun } from '../../../model/plan.ts';
import { absolute } from '../../../shell/commandWords.ts';
import { unknownPart } from '../../../shell/shellTree.ts';
import { find, isFolder } from '../draft.ts';
import { isMissing, kindOf } from '../entries.ts';
import { type Node, parentOf } from '../nodes.ts';
import { Unfollowed } from '../unfollowed.ts';
import type { Call, Following } from './call.ts';
import { filters } from './filters.ts';

/** Does a failure of one of its commands not end the build? Also where that is not clear. */
export function forgivesFailure(script: string, run: ResolvedRun): boolean {
  const plain = script.replaceAll('\\\n', ' ').replace(/\s+$/, '');
  if (/\|\||(^|[\s;&|(])!\s|\b(if|while|until|case|for)\b|`|\$\(|[^|>&]\|[^|&]/.test(plain))
    return true;
  const ends = /;|\n/.test(
    plain.replace(/<<-?\s*['"]?(\w+)['"]?[^\n]*\n[\s\S]*?\n\s*\1(?=\n|$)/g, ''),
  );
  const stops = /^\s*set\s+-\w*e/.test(plain) || run.argv.some((arg) => /^-\w*e\w*$/.test(arg));
  return ends && !stops;
}

/** Succeed, or change nothing, whatever is there. */
const sure = new Set(': true false echo printf pwd export set sleep exit unset'.split(' '));

/** Those that fail for nothing but files that are not there, or not such as they take. */
const byFiles = new Set('cp mv cat rm rmdir ln mkdir touch chmod chown install cd tee'.split(' '));

/** Ask something, so that what comes next hangs on the answer where the script asks for that. */
const asks = /\|\||(^|[\s;&|(])!\s|\b(if|while|until)\b|&&/;

const modes = /^([0-7]{1,4}|[ugoa]*[-+=][rwxXst]*(,[ugoa]*[-+=][rwxXst]*)*)$/;

/** What the builder mounts while a RUN runs. */
const mountedFiles = /^\/((etc\/(hosts|resolv\.conf|hostname))?$|dev|proc|sys|etc$)/;

/** Nothing in these words makes it fail. */
function takesAll(name: string, args: readonly string[]): boolean {
  switch (name) {
    case 'sleep':
      return args.every((arg) => /^\d+$/.test(arg));
    case 'printf':
      return args.length > 0 && !/%[^s%]|^-|\\[^nt]/.test(args[0] ?? '');
    case 'set':
      return args.every((arg) => /^[-+][eux]+$/.test(arg));
    case 'export':
    case 'unset':
      return args.every((arg) => /^[A-Za-z_]\w*(=|$)/.test(arg));
    default:
      return true;
  }
}

/** Throws Unfollowed where a `cd` may fail, and the script goes on elsewhere. */
export function refuseLostFolders({ script, draft }: Following): void {
  const moves = script.matchAll(/(?<![\w./-])(?:cd|pushd|popd)(?![\w./-])[ \t]*([^\s;&|)}]*)/g);
  if (/\bset\s+[-+](?![eux]+(\s|;|$))/.test(script) && asks.test(script)) throw new Unfollowed();
  for (const [, word = ''] of moves) {
    const path = word.replace(/^(['"])(.*)\1$/, '$2');
    if (!/^\/[\w./-]*$/.test(path) || isFolder(find(draft.root, path)) !== true)
      throw new Unfollowed();
  }
}

/** Throws Unfollowed where the command may fail, and the script may go on. */
export function refuseFailing(call: Call): void {
  const { name, args, command, draft, script, run } = call;
  for (const { path } of command.outputs) {
    if (path === null) throw new Unfollowed();
    if (/^\/(dev|proc|sys)\//.test(path)) {
      if (!/^\/dev\/(null|stdout|stderr)$/.test(path)) throw new Unfollowed();
    } else if (isFolder(find(draft.root, parentOf(path))) !== true) throw new Unfollowed();
  }
  if (asks.test(script) && /\bset\s+-\w*u|\bnounset\b|\$\{\w+:?\?/.test(script))
    throw new Unfollowed();
  if (sure.has(name)) {
    if (!takesAll(name, args)) throw new Unfollowed();
    return;
  }
  if (readsSurely(call)) return;
  if (!byFiles.has(name)) {
    if (asks.test(script)) throw new Unfollowed();
    return;
  }
  if (!/^(root|0)?(:.*)?$/.test(command.user ?? '?') || run.user !== command.user)
    throw new Unfollowed();
  const makes = name === 'touch' || (name === 'mkdir' && args.some((arg) => /^-\w*p/.test(arg)));
  const forced = name === 'rm' && args.some((arg) => /^-\w*f/.test(arg));
  const operands = args.filter((arg) => !arg.startsWith('-'));
  if (operands.length === 0 && name !== 'cat' && name !== 'tee') throw new Unfollowed();
  const isDeep = args.some((arg) => /^-\w*[rR]/.test(arg));
  const isTwo = /^(cp|mv|install|ln)$/.test(name);
  for (const [index, word] of operands.entries()) {
    if (/^(chmod|chown)$/.test(name) && index === 0) {
      // A name may be nobody's.
      if (name === 'chmod' && !modes.test(word)) throw new Unfollowed();
      if (name === 'chown' && !/^\d+(:\d+)?$/.test(word)) throw new Unfollowed();
      continue;
    }
    if (name === 'ln' && index === 0) continue;
    if (word.includes(unknownPart)) throw new Unfollowed();
    if (!word.startsWith('/') && command.cwd === null) throw new Unfollowed();
    if (/[*?[]/.test(word)) continue;
    const place = find(draft.root, absolute(word, command.cwd ?? '/').replace(/(.)\/$/, '$1'));
    if (forced) {
      if (mountedFiles.test(place.path)) throw new Unfollowed();
      const kind = place.node && kindOf(place.node);
      if (!isDeep && place.node && kind !== 'file' && kind !== 'link') throw new Unfollowed();
      continue;
    }
    const isMade =
      makes || name === 'mkdir' || name === 'tee' || (isTwo && index === operands.length - 1);
    if (name === 'cd') {
      if (!word.startsWith('/') || isFolder(place) !== true) throw new Unfollowed();
    } else if ((name === 'mkdir' && !makes) || name === 'ln') {
      const isForced = name === 'ln' && args.some((arg) => /^-\w*f/.test(arg));
      const { node } = place;
      const isThere = node && !isMissing(node) && !(isForced && kindOf(node) !== null);
      if (isThere && hangsOnFailure(script)) throw new Unfollowed();
      refuseDoubt(draft.root, place.path, false);
    } else if (isMade) refuseDoubt(draft.root, place.path, makes);
    else if (!place.node || kindOf(place.node) === null) throw new Unfollowed();
  }
}

/** Prints what it makes of a pipe, or of files that are there. */
function readsSurely({ name, args, command, draft, run }: Call): boolean {
  if (!Object.hasOwn(filters, name) || /^(e?f?grep|sed)$/.test(name)) return false;
  const files = filters[name]?.files(args);
  if (!files || run.user !== command.user || !/^(root|0)?(:.*)?$/.test(run.user)) return false;
  if (files.length === 0) return command.pipedFrom !== null;
  return files.every((file) => {
    if (file === '-' || file.includes(unknownPart) || command.cwd === null) return false;
    const { node } = find(draft.root, absolute(file, command.cwd));
    return node !== null && kindOf(node) === 'file';
  });
}

/** May what comes next be left out, or not, after a failure? Loops are one command. */
function hangsOnFailure(script: string): boolean {
  const flat = script.replace(/\bfor\b[\s\S]*?\bdone\b/g, 'loop');
  return (
    /\|\||\$\?|(^|[\s;&|(])!\s|\b(if|while|until)\b/.test(script) ||
    /&&[\s\S]*(;|\n)/.test(flat.trim())
  );
}

/** The folder of what is made has to be there; `deep`: or nothing on the way is a file. */
function refuseDoubt(root: Node, path: string, deep: boolean): void {
  if (isFolder(find(root, path)) === true) return;
  const parent = find(root, parentOf(path));
  if (isFolder(parent) !== true && !(deep && isMissing(parent.node))) throw new Unfollowed();
}

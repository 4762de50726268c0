/**
 * What the usual programs read and write, by their words alone: where each of them names all that it
 * touches, what a RUN does hangs on nothing else, and changes nothing else.
 */

import type { ResolvedRun } from '../../../model/plan.ts';
import type { ShellCommand } from '../../../shell/commands.ts';
import { absolute, baseName } from '../../../shell/commandWords.ts';
import { unknownPart } from '../../../shell/shellTree.ts';
import { Unfollowed } from '../unfollowed.ts';
import { isPlainSed, operandsOf } from './reachOperands.ts';

/** Paths, each with all below it. */
export interface Reach {
  readonly reads: Set<string>;
  readonly writes: Set<string>;
  /** From the same it makes the same, whenever it runs. */
  repeats: boolean;
}

const words = (text: string) => new Set(text.split(/\s+/));

/** Touch no file, but those that the shell gives them. */
const silent = words(
  ': true false echo printf cd pwd set export unset exit sleep umask shift return local read basename dirname expr seq tr',
);
/** Read what their operands name. */
const readers = words(
  `cat test [ [[ ls sort uniq cut head tail wc grep egrep fgrep sed cmp diff rev tac nl base64 paste
  comm fold expand od cksum md5sum sha1sum sha224sum sha256sum sha384sum sha512sum find`,
);
/** Write to each of their operands, or below. */
const writers = words('mkdir rmdir rm touch chmod chown chgrp mv tee truncate gzip gunzip dd tar');
/** Read all operands but the last, which they write. */
const copiers = words('cp install');
/** Another time it may be something else: times, hosts, processes, the order of a folder. */
const passing = words('gzip');

/** Is it a program whose words tell all that it reads and writes? */
export function isReachKnown(name: string): boolean {
  return [silent, readers, writers, copiers].some((each) => each.has(name));
}

/** Values from outside: the hour, chance, the process, the machine. */
const outside = [
  /\$\{?(RANDOM|SRANDOM|EPOCH\w*|SECONDS|PPID|BASHPID|HOSTNAME|\$|!)/,
  /\/(proc|sys)\b|\/dev\/(?!null\b|zero\b|std|fd)|\/etc\/(hosts|hostname|resolv\.conf)\b/,
  // In the order of the folder.
  /\bfind\b(?![^;&\n]*(\|\s*(LC_ALL=\w+\s+)?sort\b|\s-exec\s|\s-delete\b))/,
  // In the background.
  /[^&>|]&\s*($|[^&>\d\s])/m,
  /\s-(nt|ot|ef|newer\w*|[acm](min|time)|printf|ls)\b/,
  /\bls\b[^;|&\n]*\s-\w*[lsitucUf]|\bcp\b[^;|&\n]*\s-\w*u|\bsort\b[^;|&\n]*\s-\w*R/,
];

/** Does a script take no values from outside, so that from the same it makes the same? */
export function isRepeatable(script: string): boolean {
  return !outside.some((each) => each.test(script));
}

/**
 * What commands reach; `sources`: the folders of which unknown words are names, null where they may be
 * anything. Throws Unfollowed where the words do not tell.
 */
export function reachOf(
  commands: readonly ShellCommand[],
  run: ResolvedRun,
  script: string,
  sources: readonly string[] | null,
): Reach {
  const reach: Reach = { reads: new Set(), writes: new Set(), repeats: true };
  for (const command of commands) {
    addCommand(reach, command, command.words, sources);
    for (const { path } of command.outputs) {
      if (path === null) throw new Unfollowed();
      add(reach.writes, path, command.cwd, sources);
    }
  }
  const cwds = new Set([run.cwd, ...commands.map(({ cwd }) => cwd)]);
  for (const cwd of cwds) addText(reach, script, cwd, sources);
  return reach;
}

/** Asks for files that no word names. */
const asksForVariables = /(\btest|\[)\s[^;&|\n]*-[a-zA-Z]\s+["']?[^\s;&|]*\$/;

/** What the shell itself reads, in redirections and conditions, is not among the words of commands. */
function addText(
  reach: Reach,
  script: string,
  cwd: string | null,
  sources: readonly string[] | null,
): void {
  for (const [, word = ''] of script.matchAll(/(?<![<&\d])<(?![<&(])\s*([^\s;&|<>()]+)/g)) {
    const path = word.replace(/["']/g, '');
    add(reach.reads, path.replace(/\$.*$/, unknownPart), cwd, sources);
  }
  if (asksForVariables.test(script)) {
    if (sources === null) throw new Unfollowed();
    for (const source of sources) reach.reads.add(source);
  }
  const isOpen = choices.test(script);
  const text = script.replaceAll('$(', '(').replace(/\b(for\s+\w+|case\s+\S+)\s+in\b/g, '$1');
  for (const token of text.split(/[\s;&|()<>"'`={},]+/)) {
    const [stem = ''] = token.split(/[*?[$\\]/);
    const known = stem === token ? token : stem.slice(0, stem.lastIndexOf('/') + 1);
    if (isOpen && token.includes('$') && sources === null) throw new Unfollowed();
    if (/^[./]*$|^\W|^\d+$/.test(known) && !/^\.*\/+[\w.]/.test(known)) continue;
    if (!known.startsWith('/') && cwd === null) continue;
    add(reach.reads, known, cwd, sources);
    if (isOpen) add(reach.writes, known, cwd, sources);
  }
  if (isOpen && !allAreKnown(script)) throw new Unfollowed();
}

/**
 * Where commands may be left out after others. Who reads the script takes for granted that each does what
 * it is there for, so that all words of it count, whether they are seen to be reached or not.
 */
const choices = /\|\||(^|[\s;&|(])!\s|\b(if|while|until|elif|case|exit|return|break|continue)\b/;

const keywords = words(
  'if then else elif fi for while until do done case esac in { } ! break continue return exit time',
);

/** Is each word that may be a command one of those whose reach is known? */
function allAreKnown(script: string): boolean {
  const starts =
    /(?:^|[;&|(){}\n`]|\b(?:then|do|else|if|while|until|elif)\s|\s!\s)\s*(?:\w+=\S*\s+)*([^\s;&|(){}<>`]+)(?=(.?))/g;
  for (const [, word = '', next] of script.matchAll(starts)) {
    const name = baseName(word.replace(/["']/g, ''));
    if (next !== ')' && !keywords.has(name) && !isReachKnown(name)) return false;
  }
  return true;
}

function addCommand(
  reach: Reach,
  { cwd }: ShellCommand,
  [word = '', ...args]: readonly string[],
  sources: readonly string[] | null,
): void {
  const name = baseName(word);
  if (!isReachKnown(name)) throw new Unfollowed();
  if (passing.has(name)) reach.repeats = false;
  if (silent.has(name)) {
    if (name === 'cd' && args.some((arg) => arg.includes(unknownPart))) throw new Unfollowed();
    for (const arg of args)
      if (/[*?]/.test(arg) && name !== 'tr') add(reach.reads, arg, cwd, sources);
    return;
  }
  const reads = (path: string) => add(reach.reads, path, cwd, sources);
  const writes = (path: string) => add(reach.writes, path, cwd, sources);
  if (name === 'find' || name === 'tar') {
    (name === 'find' ? addFind : addTar)(reach, cwd, args, sources);
    return;
  }
  const { operands, isOdd } = operandsOf(name, args);
  if (isOdd) throw new Unfollowed();
  if (readers.has(name)) {
    const changes = name === 'sed' && args.some((arg) => /^-[nErsu]*i/.test(arg));
    const own = /^(sed|e?f?grep)$/.test(name) ? operands.slice(1) : operands;
    if (name === 'sed' && !isPlainSed(operands[0] ?? '')) throw new Unfollowed();
    if (name === 'uniq' && own.length > 1) throw new Unfollowed();
    for (const operand of own) (changes ? writes : reads)(operand);
    if (/^(ls|e?f?grep)$/.test(name) && own.length === 0) reads('.');
  } else if (copiers.has(name)) {
    const isMaking = name === 'install' && args.some((arg) => /^-\w*d/.test(arg));
    for (const operand of isMaking ? [] : operands.slice(0, -1)) reads(operand);
    for (const operand of isMaking ? operands : operands.slice(-1)) writes(operand);
  } else {
    const own = /^(chmod|chown|chgrp)$/.test(name) ? operands.slice(1) : operands;
    for (const operand of own) writes(operand);
  }
}

function addTar(
  reach: Reach,
  cwd: string | null,
  args: readonly string[],
  sources: readonly string[] | null,
): void {
  const [first = '', ...others] = args;
  const letters = first.replace(/^-/, '');
  // What is in archives of others, links too, is not known.
  const isRead = letters.includes('x') || letters.includes('t');
  if (!/^[cxtzvpfjJ]+$/.test(letters)) throw new Unfollowed();
  let folder: string | null = null;
  let archive: string | null = null;
  const named: string[] = [];
  for (let at = 0; at < others.length; at++) {
    const arg = others[at] ?? '';
    if (at === 0 && letters.includes('f')) archive = arg;
    else if (arg === '-C') folder = others[++at] ?? '';
    else if (arg.startsWith('-') || /(^|\/)\.\.(\/|$)/.test(arg)) throw new Unfollowed();
    else named.push(arg);
  }
  if (archive === null || (isRead && archive !== '-')) throw new Unfollowed();
  // In it are times.
  if (archive !== '-') reach.repeats = false;
  if (archive !== '-') add(reach.writes, archive, cwd, sources);
  if (isRead) add(reach.writes, folder ?? '.', cwd, sources);
  else if (folder !== null) add(reach.reads, folder, cwd, sources);
  for (const each of named) {
    if (!isRead && (folder === null || each.startsWith('/'))) add(reach.reads, each, cwd, sources);
  }
}

function addFind(
  reach: Reach,
  cwd: string | null,
  args: readonly string[],
  sources: readonly string[] | null,
): void {
  const first = args.findIndex((arg) => /^[-(!]/.test(arg));
  const paths = first < 0 ? args : args.slice(0, first);
  const tests = first < 0 ? [] : args.slice(first);
  for (const path of paths.length > 0 ? paths : ['.']) {
    add(reach.reads, path, cwd, sources);
    if (tests.includes('-delete')) add(reach.writes, path, cwd, sources);
  }
  for (let at = tests.indexOf('-exec'); at >= 0; at = tests.indexOf('-exec', at + 1)) {
    const end = tests.findIndex((word, index) => index > at && /^(;|\+|\\;)$/.test(word));
    if (end < 0) throw new Unfollowed();
    for (const path of paths) {
      const inner = tests.slice(at + 1, end).map((word) => (word === '{}' ? path : word));
      if (baseName(inner[0] ?? '') === 'find') throw new Unfollowed();
      addCommand(reach, { cwd } as ShellCommand, inner, sources);
    }
  }
  if (tests.some((word) => /^-(execdir|ok|okdir|fls|fprint\w*)$/.test(word)))
    throw new Unfollowed();
}

/** Adds what a word may name: all of the folder where a part of it is not known. */
function add(
  to: Set<string>,
  word: string,
  cwd: string | null,
  sources: readonly string[] | null,
): void {
  const stem = word.split(unknownPart)[0]?.split(/[*?[{]/)[0] ?? '';
  const isOpen = stem !== word;
  // Names in loops have no slash; what is read from a file may lead anywhere.
  if (word.includes(unknownPart) && sources === null) throw new Unfollowed();
  if (word.includes(unknownPart) && !stem.includes('/')) {
    for (const source of sources ?? []) to.add(source);
    return;
  }
  const known = isOpen ? stem.slice(0, stem.lastIndexOf('/') + 1) || '.' : word;
  if (!known.startsWith('/') && cwd === null) throw new Unfollowed();
  const path = absolute(known, cwd ?? '/');
  if (!/^\/(dev|proc|sys)(\/|$)/.test(path)) to.add(path);
}

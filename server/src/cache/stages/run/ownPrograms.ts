/** Shells and programs that the stage has brought itself, which may do anything under any name. */

import type { ResolvedRun } from '../../../model/plan.ts';
import type { ShellCommand } from '../../../shell/commands.ts';
import { absolute, baseName } from '../../../shell/commandWords.ts';
import { find } from '../draft.ts';
import { kindOf, namesIn } from '../entries.ts';
import type { Node } from '../nodes.ts';
import { shellScript } from './steered.ts';
import { isTame } from './tame.ts';

const usual = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const systemFolders = ['/bin', '/usr/bin', '/usr/local/bin', '/sbin', '/usr/sbin'];

/**
 * May the shell, or a program that the script starts, be another than that of the base image?
 */
export function runsOwnPrograms(
  root: Node,
  run: ResolvedRun,
  script: string,
  commands: readonly ShellCommand[],
): boolean {
  const { argv, variables, cwd } = run;
  const path = variables.get('PATH') ?? usual;
  const folders = [...new Set([...path.split(':'), ...systemFolders])].map((folder) =>
    absolute(folder || '.', cwd),
  );
  if (!isTame(root)) return true;
  const interpreter = /^#!\s*(\S+)/.exec(run.program ?? '')?.[1];
  for (const word of [argv[0] ?? '', interpreter ?? '', '/bin/sh'])
    if (word && isOwn(root, word, folders, cwd)) return true;
  if (librariesAreOwn(root)) return true;
  const own = folders.filter((folder) => find(root, folder).node?.kind !== 'hidden');
  const words = new Set(
    `${script} ${shellScript(run) === null ? argv.join(' ') : ''}`.match(/[\w.+/-]+/g),
  );
  for (const word of words) {
    if (word.includes('/') || /^\d*$/.test(word)) continue;
    if (isOwn(root, word, own, cwd) && !isOnlyOperand(script, word)) return true;
  }
  return commands.some(({ words: [program = '', ...args], cwd: here }) =>
    [program, ...(program.endsWith('find') ? args : [])].some(
      (word) => word.includes('/') && isOwn(root, word, own, here ?? '/'),
    ),
  );
}

/** Parts of the shell, where it is one of the usual shells. */
const inShell = /^(:|true|false|test|\[|echo|printf|cd|pwd|set|export|sleep|exit)$/;

function isOnlyOperand(script: string, word: string): boolean {
  return (
    inShell.test(word) && !/\b(env|xargs|exec|nice|timeout|busybox|command|sudo|su)\b/.test(script)
  );
}

function isOwn(root: Node, word: string, folders: readonly string[], cwd: string): boolean {
  const places = word.includes('/')
    ? [absolute(word, cwd)]
    : folders.map((folder) => `${folder}/${word}`);
  // Where `/bin` is a link to `/usr/bin`, what is in one is in the other too.
  const name = baseName(word);
  if (systemFolders.some((folder) => places.includes(`${folder}/${name}`)))
    for (const folder of systemFolders) places.push(`${folder}/${name}`);
  return places.some((path) => isMade(root, path));
}

/** Has a line put a file or link there? */
function isMade(root: Node, path: string): boolean {
  const { node } = find(root, path);
  if (!node) return /^\/(usr\/)?s?bin\//.test(path) && !isScratch(root);
  const kind = kindOf(node);
  if (node.kind === 'veiled') return kind === 'file' || kind === 'link';
  return node.kind !== 'hidden' && kind !== 'folder';
}

function isScratch(root: Node): boolean {
  let at: Node | null = root;
  while (at?.kind === 'folder') at = at.below;
  return at === null;
}

/** Libraries that the programs load. */
function librariesAreOwn(root: Node): boolean {
  return ['/lib', '/lib64', '/usr/lib', '/usr/lib64', '/etc/ld.so.preload', '/etc/ld.so.conf'].some(
    (path) => {
      const { node } = find(root, path);
      if (!node || node.kind === 'hidden') return false;
      if (kindOf(node) !== 'folder') return kindOf(node) !== null;
      return namesIn(node).names.some((name) => /\.so(\.|$)|^(x86_64|aarch64|arm)/.test(name));
    },
  );
}

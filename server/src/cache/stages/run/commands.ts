/** The commands of a RUN one after the other: what they print, and where that goes. */

import type { ShellCommand } from '../../../shell/commands.ts';
import { absolute, baseName } from '../../../shell/commandWords.ts';
import { unknownPart } from '../../../shell/shellTree.ts';
import { find } from '../draft.ts';
import type { Content } from '../nodes.ts';
import { Unfollowed } from '../unfollowed.ts';
import type { Call, Following } from './call.ts';
import { concatenated, textContent } from './content.ts';
import { filters } from './filters.ts';
import { refuseFailing, refuseLostFolders } from './forgives.ts';
import { type FileCommand, fileCommands } from './handlers.ts';
import { write } from './output.ts';
import { printed } from './printed.ts';
import { shellScript } from './steered.ts';

/** Parts of the shell, which no file on the search path can replace. */
const inShell = new Set(': true false test [ echo printf cd pwd set export sleep exit'.split(' '));

/** Print something, or nothing, and change no file. */
const onlyPrints = new Set(
  `: true false test [ sleep date hostname id whoami uname arch ls env printenv which type pwd stat du df
  readlink realpath basename dirname seq nproc getconf cmp diff uuidgen locale tty ps free uptime
  mktemp export set cd unset hash wait exit`.split(/\s+/),
);

/** Follows all commands; throws Unfollowed where one of them is not known. */
export function followCommands(following: Following, commands: readonly ShellCommand[]): void {
  if (following.forgives) refuseLostFolders(following);
  const outputs: (Content | null)[] = [];
  const read = new Set<number>();
  for (const command of commands) {
    const { pipedFrom } = command;
    let input: Content | null = null;
    if (pipedFrom !== null) {
      // What other commands of a group print goes through the same pipe.
      const sources = commands.flatMap((other, at) =>
        at <= pipedFrom && other.piped && !read.has(at) ? [at] : [],
      );
      for (const at of sources) read.add(at);
      input = joinedInput(following, sources, outputs, pipedFrom);
    } else if (command.input !== null) input = textContent(following.making, command.input);
    outputs.push(follow(following, command, input));
  }
}

/** What comes through a pipe; in a script with substitutions it may be that they print it. */
function joinedInput(
  { making, script }: Following,
  sources: readonly number[],
  outputs: readonly (Content | null)[],
  pipedFrom: number,
): Content | null {
  const isAlone = sources.length === 1 && sources[0] === pipedFrom;
  if (!isAlone && /`|\$\(/.test(script)) return null;
  const parts = sources.flatMap((at) => outputs[at] ?? []);
  return parts.length === sources.length && parts.length > 0 ? concatenated(making, parts) : null;
}

function follow(
  following: Following,
  command: ShellCommand,
  input: Content | null,
): Content | null {
  const [word = '', ...args] = command.words;
  if (word.includes(unknownPart)) throw new Unfollowed();
  const name = baseName(word);
  const call: Call = { ...following, command, name, args, input };
  if (shellScript(following.run) === null || word.includes('/') || !inShell.has(name))
    refuseOwn(call, word);
  if (name === 'mktemp' && !args.includes('-u')) throw new Unfollowed();
  if (following.forgives) refuseFailing(call);
  const change: FileCommand | undefined = fileCommands.get(name);
  let out: Content | null;
  if (change) {
    change(call);
    out = args.some((arg) => /^-\w*v/.test(arg)) ? null : textContent(following.making, '');
  } else {
    out = printed(call);
    if (out === null && !onlyPrints.has(name)) {
      if (!isText(name)) throw new Unfollowed();
    }
  }
  if (name === 'tee') teeInto(call);
  for (const { path, append, from } of command.outputs) {
    if (path === null) throw new Unfollowed();
    if (/^\/(dev|proc|sys)\//.test(path)) continue;
    if (change && from !== '1') throw new Unfollowed();
    const content = from === '2' ? null : out;
    write(call, path, content, append);
  }
  return command.outputs.some(({ from }) => from !== '2') && name !== 'tee' ? null : out;
}

/** May it be followed, as far as its name tells? */
export function isKnownCommand({ words }: ShellCommand): boolean {
  const [word = ''] = words;
  const name = baseName(word);
  const isKnown =
    fileCommands.has(name) || onlyPrints.has(name) || isText(name) || Object.hasOwn(filters, name);
  return isKnown && !word.includes(unknownPart);
}

/** Programs whose output may be unknown without their doing anything else. */
function isText(name: string): boolean {
  return /^(echo|printf|cat|tee|sort|uniq|tr|head|tail|cut|wc|grep|egrep|fgrep|sha\d*sum|md5sum|cksum|base64|rev|tac|nl)$/.test(
    name,
  );
}

function teeInto(call: Call): void {
  const appends = call.args.some((arg) => arg === '-a' || arg === '--append');
  const files = call.args.filter((arg) => arg !== '-a' && arg !== '--append');
  for (const file of files) {
    if (file.startsWith('-') || call.command.cwd === null || file.includes(unknownPart))
      throw new Unfollowed();
    const path = absolute(file, call.command.cwd);
    if (!/^\/(dev|proc|sys)\//.test(path)) write(call, path, call.input, appends);
  }
}

/** A program that the stage itself has brought may do anything under its name. */
function refuseOwn({ command, draft }: Call, word: string): void {
  const search =
    command.env.get('PATH') ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const paths = word.includes('/')
    ? [absolute(word, command.cwd ?? '/')]
    : search.split(':').map((folder) => absolute(word, folder || command.cwd || '/'));
  for (const path of paths) {
    const { node } = find(draft.root, path);
    if (node && node.kind !== 'hidden') throw new Unfollowed();
  }
}

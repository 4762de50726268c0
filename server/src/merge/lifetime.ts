/**
 * What ends with a RUN although it is not in the shell: processes, file systems that BuildKit
 * mounts for one RUN only, the container's kernel state, and what BuildKit reads anew before each
 * RUN (the working directory, the user, the shell). A script that touches one of these cannot be
 * followed by another in the same RUN.
 *
 * Source: BuildKit `executor/oci` (mounts of /proc, /sys, /dev, /dev/shm, /etc/hosts,
 * /etc/resolv.conf; user and supplementary groups from /etc/passwd and /etc/group at each start).
 */

import type { Command, Redirection, SyntaxNode } from 'unbash';
import {
  absolute,
  baseName,
  knownVariables,
  knownWords,
  unwrapped,
} from '../shell/commandWords.ts';
import type { Shell } from '../shell/shellPrefix.ts';
import { literalName } from '../shell/shellState.ts';
import { readScript, unknownPart, visit, wordText } from '../shell/shellTree.ts';
import { backgroundRefusal } from './background.ts';
import type { ScriptFacts } from './scriptFacts.ts';

/** What is known of the process that runs a script. */
export interface RunPlace {
  readonly env: ReadonlyMap<string, string>;
  /** Absolute. */
  readonly cwd: string;
  /** As in USER, without the group; `''` is root. */
  readonly user: string;
}

/** Why nothing may run after this script in the same RUN, or undefined. */
export function refusalBeforeAnother(
  facts: ScriptFacts,
  shell: Shell,
  place: RunPlace,
): string | undefined {
  const background = backgroundRefusal(facts);
  if (background) return background;
  const env = new Map(knownVariables(facts.tree, place.env));
  const visited = visitedFolders(facts.tree, env, place.cwd);
  if (visited.length === 0) env.set('PWD', place.cwd);
  return effects(facts.tree, shell, { ...place, env, folders: [place.cwd, ...visited] }, 0);
}

interface ScriptPlace extends RunPlace {
  /** Folders that a relative path may start from. */
  readonly folders: readonly string[];
}

/** Where a script's `cd` leads, as far as it is known. */
function visitedFolders(
  tree: SyntaxNode,
  env: ReadonlyMap<string, string>,
  cwd: string,
): readonly string[] {
  const folders: string[] = [];
  visit(tree, (node) => {
    if (node.type === 'Command' && /^(cd|pushd)$/.test(literalName(node) ?? '')) {
      const target = knownWords(node, env).find((word, at) => at > 0 && !word.startsWith('-'));
      folders.push(absolute(target ?? '/', folders.at(-1) ?? cwd));
    }
    return true;
  });
  return folders;
}

const daemonStarters = new Map<string, RegExp | undefined>([
  ['service', /\b(re)?start\b/],
  ['rc-service', /\b(re)?start\b/],
  ['systemctl', /\b(re)?start\b/],
  ['initctl', /\bstart\b/],
  ['invoke-rc.d', /\b(re)?start\b/],
  ['start-stop-daemon', /-S|--start/],
  ['apachectl', /start|^$/],
  ['apache2ctl', /start|^$/],
  ['pg_ctl', /\b(re)?start\b/],
  ['pg_ctlcluster', /\b(re)?start\b/],
  ['nginx', /^((?!-[tTvVs]).)*$/],
  ['sshd', undefined],
  ['crond', undefined],
  ['cron', undefined],
  ['rsyslogd', undefined],
  ['dbus-daemon', /--fork/],
  ['redis-server', /daemonize/],
  ['mongod', /--fork/],
  ['ssh-agent', /^(?!.*-k)/],
  ['gpg-agent', /--daemon/],
  ['supervisord', undefined],
  ['daemonize', undefined],
  ['daemon', undefined],
  ['setsid', undefined],
  ['nohup', undefined],
  ['screen', undefined],
  ['tmux', undefined],
  ['gunicorn', /--daemon|-D\b/],
  ['httpd', /start|^$/],
  ['mysqld', /--daemonize|-D\b/],
  ['php-fpm', /--daemonize|-D\b/],
  ['memcached', /-d\b/],
  ['rabbitmq-server', /-detached/],
  ['pm2', /\b(re)?start\b/],
  ['forever', /\bstart\b/],
]);

/** Change the container's kernel state, which is new for each RUN. */
const kernelCommands = new Set(
  'mount umount sysctl iptables ip6tables nft ifconfig route losetup modprobe insmod swapon mknod'.split(
    ' ',
  ),
);
const accountCommands = new Set(
  'usermod groupmod userdel gpasswd addgroup adduser deluser delgroup vipw chage'.split(' '),
);
const movers = new Set(['rm', 'rmdir', 'mv', 'unlink']);
const replacers = new Set([
  'ln',
  'cp',
  'mv',
  'rm',
  'install',
  'dpkg-divert',
  'update-alternatives',
]);
const readers = new Set(
  'cat grep egrep fgrep head tail less more wc ls stat test [ [[ awk sort diff cmp getent file readlink echo printf'.split(
    ' ',
  ),
);

function effects(
  tree: SyntaxNode,
  shell: Shell,
  place: ScriptPlace,
  depth: number,
): string | undefined {
  let reason: string | undefined;
  visit(tree, (node) => {
    if (reason) return false;
    if (node.type === 'Command') reason = commandEffect(node, shell, place, depth);
    if (node.type === 'Redirected') {
      reason ??= redirectEffect(node.redirects, place);
    }
    return !reason;
  });
  return reason;
}

function commandEffect(
  command: Command,
  shell: Shell,
  place: ScriptPlace,
  depth: number,
): string | undefined {
  const redirected = redirectEffect(command.redirects, place);
  if (redirected) return redirected;
  if (!command.name) return undefined;
  const words = unwrapped(knownWords(command, place.env));
  const name = baseName(words[0] ?? '');
  const args = words.slice(1);
  const line = args.join(' ');
  const starter = daemonStarters.has(name) ? (daemonStarters.get(name) ?? /^/) : undefined;
  if (
    starter?.test(line) ||
    (/^\/etc\/(rc\.d\/)?init\.d\//.test(words[0] ?? '') && /start/.test(line))
  ) {
    return `${name} starts a service, which ends with its RUN and would go on in a merged one.`;
  }
  if (
    kernelCommands.has(name) ||
    (name === 'ip' && /\b(add|del|set|replace)\b/.test(line)) ||
    (name === 'hostname' && args.some((arg) => !arg.startsWith('-')))
  ) {
    return `${name} changes the container of its RUN, which a later RUN does not see.`;
  }
  if (accountCommands.has(name) && args.some((arg) => isUser(arg, place.user))) {
    return `${name} changes the current user, which takes effect only in the next RUN.`;
  }
  if (movers.has(name) && args.some((arg) => holds(arg, place))) {
    return 'The script removes or moves the working directory, which each RUN looks up anew.';
  }
  if (replacers.has(name) && args.some((arg) => isShellProgram(arg, shell))) {
    return 'The script replaces the shell itself, which takes effect only in the next RUN.';
  }
  if (
    (name === 'dpkg-reconfigure' || name === 'debconf-set-selections') &&
    /\b(dash|bash)\b/.test(line)
  ) {
    return 'The script replaces the shell itself, which takes effect only in the next RUN.';
  }
  if (!readers.has(name)) {
    for (const arg of args) {
      if (!arg.includes('/')) continue;
      const lost = lostPath(absolute(arg.replace(/^[\w-]*=/, ''), place.cwd));
      if (lost) return lost;
    }
  }
  return nestedEffect(name, args, shell, place, depth);
}

function redirectEffect(redirects: readonly Redirection[], place: ScriptPlace): string | undefined {
  for (const redirect of redirects) {
    if (redirect.type !== 'Redirect' || redirect.operator === '<' || redirect.operator === '<&')
      continue;
    if (!redirect.target || /^\d+$|^-$/.test(redirect.target.text)) continue;
    const path = absolute(wordText(redirect.target, place.env), place.cwd);
    if (/^\/(proc|sys)(\/|$)/.test(path)) {
      return 'The script writes kernel settings, which a later RUN does not see.';
    }
    const lost = lostPath(path);
    if (lost) return lost;
  }
  return undefined;
}

const lastingDevices =
  /^\/dev\/(null|zero|full|random|urandom|stdin|stdout|stderr|tty|fd(\/.*)?|tcp\/.*|udp\/.*)$/;

function lostPath(path: string): string | undefined {
  if (/^\/etc\/(hosts|resolv\.conf)$/.test(path)) {
    return `${path} is made anew for each RUN, so that a later RUN does not see the change.`;
  }
  if (/^\/dev\/shm(\/|$)/.test(path)) {
    return '/dev/shm is empty at the start of each RUN, and would not be in a merged one.';
  }
  if (/^\/dev(\/|$)/.test(path) && !lastingDevices.test(path)) {
    return '/dev is made anew for each RUN, so that a later RUN does not see the change.';
  }
  if (/^\/proc\/sys\//.test(path) || /^\/sys\/fs\/cgroup/.test(path)) {
    return 'The script writes kernel settings, which a later RUN does not see.';
  }
  return undefined;
}

/** Shell text given as a word: `sh -c '…'`, `eval '…'`, `su -c '…'`, `trap '…'`. */
function nestedEffect(
  name: string,
  args: readonly string[],
  shell: Shell,
  place: ScriptPlace,
  depth: number,
): string | undefined {
  if (depth > 3) return undefined;
  const at = args.findIndex((arg) => /^-\w*c$|^--command$/.test(arg));
  const text =
    name === 'eval' || name === 'trap'
      ? args.join(' ')
      : /^(ba|da|a)?sh$|^su$|^runuser$|^xargs$|^gosu$/.test(name) && at >= 0
        ? args.slice(at + 1).join(' ')
        : undefined;
  if (text === undefined || text.includes(unknownPart)) return undefined;
  const tree = readScript(text);
  if (!tree) return undefined;
  let background = false;
  visit(tree, (node) => {
    if (node.type === 'Statement' && node.background) background = true;
    return !background;
  });
  if (background) {
    return 'A process in the background ends with its RUN, and would go on in a merged one.';
  }
  return effects(tree, shell, place, depth + 1);
}

function isUser(word: string, user: string): boolean {
  const name = user.split(':')[0] ?? '';
  return word === (name || 'root') || (name === '' && word === '0');
}

function isShellProgram(word: string, shell: Shell): boolean {
  const names = [
    shell.program,
    `/bin/${baseName(shell.program)}`,
    `/usr/bin/${baseName(shell.program)}`,
  ];
  return names.includes(word);
}

/** Whether `word` names the working directory or one above it, from any folder the script goes to. */
function holds(word: string, { cwd, folders }: ScriptPlace): boolean {
  if (word.startsWith('-') || word === '' || cwd === '/') return false;
  return folders.some((base) => {
    const path = absolute(word.replace(/\/+$/, '') || '/', base);
    return path === cwd || cwd.startsWith(path === '/' ? '/' : `${path}/`);
  });
}

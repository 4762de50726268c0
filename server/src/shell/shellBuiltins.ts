/** What commands that are part of the shell do to it. None of them is listed as a program. */

import { toNumber } from './arithmetic.ts';
import { absolute, baseName } from './commandWords.ts';
import { testHolds } from './conditions.ts';
import { leaveUnread, type Runner, type Status } from './runner.ts';
import { assign, assignArray, type Jump, lookUp, type ShellScope } from './shellScope.ts';
import { readable, unknownPart } from './shellTree.ts';

export type Builtin = (
  args: readonly string[],
  scope: ShellScope,
  runner: Runner,
  decides: boolean,
) => Status;

/** Take assignments as arguments, which are not split into words. */
export const declarations: ReadonlySet<string> = new Set(
  'export readonly local declare typeset'.split(' '),
);

/** Notes what a declaration says of a name, before its value is assigned. */
export function declare(command: string, name: string, scope: ShellScope): void {
  if (command === 'export') {
    if (!scope.exported.has(name)) scope.exported = new Set(scope.exported).add(name);
    scope.seen = null;
    return;
  }
  if (command === 'readonly' || !scope.locals || scope.locals.has(name)) return;
  scope.locals.set(name, scope.own.has(name) ? scope.own.get(name) : 'none');
}

function declaration(command: string): Builtin {
  return (args, scope) => {
    for (const arg of args) {
      const [, name, value] = /^([A-Za-z_]\w*)(?:=([\s\S]*))?$/.exec(arg) ?? [];
      if (arg === '-x' || arg === '-gx') command = 'export';
      if (!name) continue;
      declare(command, name, scope);
      if (value !== undefined) assign(scope, name, value);
      else if (command !== 'export' && command !== 'readonly' && scope.locals)
        assign(scope, name, null);
    }
    return true;
  };
}

const nothing: Builtin = () => true;

function jump(kind: Jump['kind']): Builtin {
  return ([word], scope) => {
    const number = toNumber(word ?? '');
    const loops = kind === 'break' || kind === 'continue' ? Math.max(1, number ?? 1) : 0;
    const known =
      word === undefined || word === ''
        ? scope.status
        : number === undefined
          ? undefined
          : number === 0;
    scope.jump = { kind, status: loops > 0 ? true : known, loops };
    return scope.jump.status;
  };
}

const test: Builtin = (args) => testHolds(args);

/** Changes to a folder; what is not known of its name leaves the folder unknown. */
function moveTo(target: string, scope: ShellScope): void {
  const from = scope.cwd;
  if (target.includes(unknownPart)) scope.cwd = null;
  else if (target.startsWith('/')) scope.cwd = absolute(target, '/');
  else scope.cwd = from === null ? null : absolute(target, from);
  scope.lastCwd = from;
}

const cd: Builtin = (args, scope) => {
  const [target] = args.filter((arg) => !/^-[LPe@]+$|^--$/.test(arg));
  if (target === '-') {
    const { cwd, lastCwd } = scope;
    scope.cwd = lastCwd;
    scope.lastCwd = cwd;
  } else if (target !== '') moveTo(target ?? lookUp(scope, 'HOME') ?? unknownPart, scope);
  return true;
};

const pushd: Builtin = ([target], scope) => {
  if (target === undefined || /^[-+]/.test(target)) {
    scope.cwd = null;
    return true;
  }
  scope.folders = [...scope.folders, scope.cwd];
  moveTo(target, scope);
  return true;
};

const popd: Builtin = (_, scope) => {
  const from = scope.cwd;
  scope.cwd = scope.folders.at(-1) ?? null;
  scope.folders = scope.folders.slice(0, -1);
  scope.lastCwd = from;
  return true;
};

const set: Builtin = (args, scope) => {
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--' || arg === '-') {
      at++;
      scope.args = [];
      break;
    }
    if (!/^[-+][A-Za-z]+$/.test(arg)) break;
    if (arg.endsWith('o')) at++;
  }
  if (at < args.length) scope.args = args.slice(at);
  return true;
};

const shift: Builtin = ([count = '1'], scope) => {
  const number = toNumber(count);
  scope.args = number === undefined ? null : (scope.args?.slice(number) ?? null);
  return true;
};

const unset: Builtin = (args, scope) => {
  if (args[0] === '-f') {
    const functions = new Map(scope.functions);
    for (const name of args.slice(1)) functions.delete(name);
    scope.functions = functions;
    return true;
  }
  for (const name of args) if (/^\w+$/.test(name)) assign(scope, name, null);
  return true;
};

/** Reads one known line into names, or leaves them unknown. */
const read: Builtin = (args, scope) => {
  const names = args.filter((arg) => /^[A-Za-z_]\w*$/.test(arg));
  const array = args.findIndex((arg) => /^-\w*a$/.test(arg));
  const line = scope.input?.text?.split('\n')[0];
  const separators = scope.own.get('IFS');
  if (array >= 0 || line === undefined || separators !== undefined || scope.own.has('IFS')) {
    for (const name of names)
      array >= 0 ? assignArray(scope, name, undefined) : assign(scope, name, undefined);
    return undefined;
  }
  const words = line.trim().split(/[ \t]+/);
  for (const [at, name] of names.entries()) {
    const last = at === names.length - 1;
    assign(scope, name, (last ? words.slice(at).join(' ') : words[at]) ?? '');
  }
  return undefined;
};

const readArray: Builtin = (args, scope) => {
  const name = args.at(-1);
  if (name && /^[A-Za-z_]\w*$/.test(name)) assignArray(scope, name, undefined);
  return true;
};

const getopts: Builtin = ([, name], scope) => {
  if (name) assign(scope, name, undefined);
  assign(scope, 'OPTARG', undefined);
  return undefined;
};

const evaluate: Builtin = (args, scope, runner, decides) => {
  const text = args.join(' ');
  if (text.replaceAll(unknownPart, '').trim() === '' && text.includes(unknownPart)) {
    const words = scope.reading.commands.at(-1)?.words.join(' ') ?? '';
    if (!settings.test(words)) {
      leaveUnread(scope, 'The text that eval runs is only known when the script runs.');
    }
    return undefined;
  }
  return runner.text(text, scope, decides);
};

/** Programs whose output sets variables and defines functions, for `eval`. */
const settings =
  /^(\S*\/)?(ssh-agent|pyenv|rbenv|nodenv|jenv|opam|opam2?|brew|direnv|fnm|mise|asdf|luarocks|dircolors|starship|perl|micromamba|mamba|conda|register-python-argcomplete|dpkg-architecture|dpkg-buildflags|gpg-agent|dbus-launch|rustup|go)\b/;

/** Files that only set variables and define functions. */
const settingFiles =
  /(^|\/)(activate|env|enable|environment|envvars|os-release|lsb-release|\.?bashrc|\.?bash\.bashrc|\.?(bash_)?profile|\.zshrc|nvm\.sh|conda\.sh|mamba\.sh|sdkman-init\.sh|bash_completion|(local_)?setup\.(ba)?sh|setvars\.sh|\.(env|asdf\/asdf\.sh)|asdf\.sh|activate_env|gvm|rvm|emsdk_env\.sh|thisroot\.sh)$|\/etc\/profile\.d\//;

const source: Builtin = ([file = '', ...args], scope, _runner) => {
  if (/(^|\/)(os|lsb)-release$/.test(file)) {
    for (const name of osRelease) assign(scope, name, undefined);
    return true;
  }
  if (baseName(file) === 'activate' && file.includes('/')) {
    const folder = file.replace(/\/bin\/activate$/, '');
    assign(scope, 'PATH', undefined);
    if (args.length === 0 && !folder.includes(unknownPart)) {
      scope.exported = new Set(scope.exported).add('VIRTUAL_ENV');
      assign(scope, 'VIRTUAL_ENV', scope.cwd === null ? undefined : absolute(folder, scope.cwd));
    }
    return true;
  }
  if (file === 'activate' || settingFiles.test(file)) {
    assign(scope, 'PATH', undefined);
    return true;
  }
  const shown = readable(file);
  leaveUnread(scope, `What ${shown} does when the script reads it is not known here.`);
  return true;
};

const osRelease = `ID ID_LIKE NAME PRETTY_NAME VERSION VERSION_ID VERSION_CODENAME UBUNTU_CODENAME
  DISTRIB_CODENAME DISTRIB_RELEASE DISTRIB_ID PLATFORM_ID`.split(/\s+/);

const trap: Builtin = (args, scope) => {
  const [action, ...signals] = args[0] === '--' ? args.slice(1) : args;
  if (action && action !== '-' && signals.some((signal) => signal === 'EXIT' || signal === '0')) {
    scope.atExit = action;
  } else if (action === '-') scope.atExit = null;
  return true;
};

/** By name; a name that is not here is a program or a function. */
export const builtins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  [':', nothing],
  ['true', nothing],
  ['false', () => false],
  ['[', (args) => testHolds(args.at(-1) === ']' ? args.slice(0, -1) : args)],
  ['test', test],
  ['cd', cd],
  ['chdir', cd],
  ['pushd', pushd],
  ['popd', popd],
  ['export', declaration('export')],
  ['readonly', declaration('readonly')],
  ['local', declaration('local')],
  ['declare', declaration('declare')],
  ['typeset', declaration('typeset')],
  ['set', set],
  ['shift', shift],
  ['unset', unset],
  ['read', read],
  ['mapfile', readArray],
  ['readarray', readArray],
  ['getopts', getopts],
  ['eval', evaluate],
  ['.', source],
  ['source', source],
  ['exit', jump('exit')],
  ['return', jump('return')],
  ['break', jump('break')],
  ['continue', jump('continue')],
  ['trap', trap],
  ['let', () => undefined],
  ...`alias unalias bg fg jobs wait disown umask ulimit shopt hash times history bind complete compgen
  compopt enable dirs suspend`
    .split(/\s+/)
    .map((name): [string, Builtin] => [name, nothing]),
]);

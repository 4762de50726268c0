/** What Yarn, pnpm and Bun write (SIZES section 5). */

import { chosen } from '../../projects/fits.ts';
import type { JavaScriptLock, LockedPackage } from '../../projects/projectFacts.ts';
import type { ShellCommand } from '../../shell/commands.ts';
import { absolutePath } from '../../syntax/slashPaths.ts';
import { type Size, unknown } from '../size.ts';
import { type CommandLine, commandLine } from './commandLine.ts';
import { about } from './contributions.ts';
import { archiveBytes, count, dependencySize, some } from './dependencies.ts';
import type { Draft } from './draft.ts';
import { below, pathFrom, variable } from './homes.ts';
import { writeScripts } from './installScripts.ts';
import { omitted, script, targetOf } from './npm.ts';

const valued = new Set(
  `--cwd --cache-folder --modules-folder --registry --network-timeout --network-concurrency --mutex
  --dir -C --filter -F --store-dir --virtual-store-dir --reporter --loglevel --lockfile-dir
  --global-dir --otp --use-yarnrc --link-folder --global-folder --preferred-cache-folder`.split(
    /\s+/,
  ),
);

const idle = new Set(
  `config list ls why info licenses outdated audit version versions help bin root login logout
  owner tag team set plugin policies check generate-lock-entry import link unlink remove rm
  uninstall un env completion node exec-path workspaces store-path`.split(/\s+/),
);

/** `yarn …`: without a command it installs. */
export function yarn(command: ShellCommand, draft: Draft): void {
  const line = commandLine(command.words.slice(1), valued);
  const [verb = 'install', ...operands] = line.operands;
  if (line.options.has('--version') || line.options.has('-v') || line.options.has('--help')) return;
  const folder = folderOf(command, line, '--cwd');
  const cache = yarnCache(command, line);
  leaveCompiled(draft);
  if (verb === 'cache') {
    if (operands[0] === 'clean' && cache !== '/') draft.remove(cache);
  } else if (
    verb === 'global' ||
    verb === 'add' ||
    verb === 'upgrade' ||
    verb === 'up' ||
    verb === 'dlx'
  ) {
    if (verb === 'global' && operands[0] !== 'add') return;
    const names = verb === 'global' ? operands.slice(1) : operands;
    named(`yarn ${verb}`, names, verb === 'global' ? '/' : folder, draft);
    unknownCache('Yarn', cache, draft);
  } else if (verb === 'install' || verb === 'workspaces') {
    installYarn(command, line, folder, cache, draft);
  } else if (!idle.has(verb)) {
    script(verb === 'run' || verb === 'workspace' ? (operands.at(-1) ?? '') : verb, folder, draft);
  }
}

/** Yarn 1 keeps its own code compiled, once for each layer in which it runs. */
function leaveCompiled(draft: Draft): void {
  const path = '/tmp/v8-compile-cache-0';
  if (draft.contributions.some((one) => one.path === path)) return;
  const reason =
    'Yarn 1 keeps its own code compiled in /tmp, 2.2 MB as measured with Yarn 1.22 on Node 20 in November 2026; other versions do not.';
  const size = about(2_200_000, 0, 2_300_000, reason);
  draft.write({ path, size, label: 'compiled code of Yarn', kind: 'cache' });
}

function installYarn(
  command: ShellCommand,
  line: CommandLine,
  folder: string | null,
  cache: string,
  draft: Draft,
): void {
  const found = lockIn(folder, 'yarn', draft);
  if (!found) {
    unknownCache('Yarn', cache, draft);
    return;
  }
  const { lock, place } = found;
  const omit = omitted(command, line);
  const picked = chosen(lock.packages, targetOf(draft), omit);
  const size = widened(dependencySize(lock, picked), yarnBand);
  draft.remove(place);
  const label = `${count(picked.length, 'package')} of ${lock.path}`;
  draft.write({ path: place, size, label, kind: 'dependencies' });
  writeScripts(command, line, lock, picked, place, draft);
  // The cache has each version of the lock once, unpacked, with its package file and a description.
  const once = new Map(lock.packages.map((one) => [`${one.name}@${one.version}`, one]));
  const all = [...once.values()];
  const archives = archiveBytes(all);
  const unpacked = all.reduce((sum, one) => sum + (one.unpacked ?? 0), 0);
  const unsized = all.filter((one) => one.unpacked === null).length;
  if (unpacked === 0) {
    unknownCache('Yarn', cache, draft);
    return;
  }
  const bytes = unpacked + archives.bytes + 7000 * all.length;
  const reason =
    'Yarn keeps all packages of the lock file in its cache, unpacked, with their package files.';
  const cached = {
    ...about(Math.round(bytes), Math.floor(bytes * 0.9), Math.ceil(bytes * 1.1), reason),
    atLeast: unsized > 0,
  };
  draft.write({ path: cache, size: cached, label: 'Yarn cache', kind: 'cache' });
}

/** Yarn's places of packages are computed from its lock, measured on three installs. */
const yarnBand = { low: 0.95, high: 1.05 };
/** pnpm stores equal files of different packages once, measured on three installs. */
const pnpmBand = { low: 0.95, high: 1.03 };

/** `pnpm …`. */
export function pnpm(command: ShellCommand, draft: Draft): void {
  const line = commandLine(command.words.slice(1), valued);
  const [verb, ...operands] = line.operands;
  if (verb === undefined) return;
  const folder = folderOf(command, line, '--dir') ?? folderOf(command, line, '-C');
  const store = pnpmStore(command, line);
  if (verb === 'store') {
    // What the project has linked stays; only the store's own index goes.
    if (operands[0] === 'prune') draft.remove(store);
  } else if (
    verb === 'add' ||
    verb === 'update' ||
    verb === 'up' ||
    verb === 'dlx' ||
    verb === 'create'
  ) {
    const isGlobal = line.options.has('-g') || line.options.has('--global');
    named(`pnpm ${verb}`, operands, isGlobal ? '/' : folder, draft);
    unknownCache('pnpm', store, draft);
  } else if (verb === 'install' || verb === 'i' || verb === 'ci') {
    if (operands.length > 0) {
      named('pnpm install', operands, folder, draft);
      unknownCache('pnpm', store, draft);
    } else installPnpm(command, line, folder, store, draft);
  } else if (verb === 'fetch') {
    installPnpm(command, line, folder, store, draft);
  } else if (verb === 'deploy') {
    const path = pathFrom(command, operands.at(-1) ?? '.') ?? '/';
    const reason = 'What `pnpm deploy` copies is known only after a build.';
    draft.write({ path, size: unknown(reason), label: 'pnpm deploy', kind: 'dependencies' });
  } else if (verb === 'prune') {
    prunePnpm(command, line, folder, draft);
  } else if (!idle.has(verb) && verb !== 'setup') {
    script(verb === 'run' || verb === 'exec' ? (operands[0] ?? '') : verb, folder, draft);
  }
}

function installPnpm(
  command: ShellCommand,
  line: CommandLine,
  folder: string | null,
  store: string,
  draft: Draft,
): void {
  const found = lockIn(folder, 'pnpm', draft);
  if (!found) return;
  const { lock, place } = found;
  if (line.options.has('--lockfile-only')) return;
  const picked = pickedByPnpm(command, line, lock, draft);
  draft.remove(place);
  writePnpm(lock, picked, place, line, draft);
  writeScripts(command, line, lock, picked, place, draft);
  if (picked.length === 0) return;
  const bytes = 1700 * picked.length;
  const reason =
    'pnpm keeps an index of each package in its store; the files themselves are the ones in node_modules.';
  const size = about(bytes, Math.floor(bytes * 0.5), bytes * 2, reason);
  draft.write({ path: store, size, label: 'pnpm store', kind: 'cache' });
}

function writePnpm(
  lock: JavaScriptLock,
  picked: readonly LockedPackage[],
  place: string,
  line: CommandLine,
  draft: Draft,
): void {
  // A copy of the lock file, and small files that start programs.
  const own = { ...lock, ownBytes: lock.bytes + 200 * picked.length };
  const size = widened(dependencySize(own, picked), pnpmBand);
  const isPart = line.options.has('--filter') || line.options.has('-F');
  const reason = `${size.reason} Which of them the chosen projects need is not told apart, so it may be less.`;
  const label = `${count(picked.length, 'package')} of ${lock.path}`;
  const shown = isPart && size.low !== null ? { ...size, low: 0, reason } : size;
  draft.write({ path: place, size: shown, label, kind: 'dependencies' });
}

/** What `pnpm prune --prod` leaves of what the same RUN installed; the store keeps the rest. */
function prunePnpm(
  command: ShellCommand,
  line: CommandLine,
  folder: string | null,
  draft: Draft,
): void {
  const place = folder === null ? null : absolutePath(`${folder}/node_modules`);
  const before = draft.contributions.find(
    ({ path, kind }) => path === place && kind === 'dependencies',
  );
  if (place === null || !before) return;
  const reason = 'What `pnpm prune` takes out of node_modules stays in the store of pnpm.';
  const size = before.size.bytes === null ? before.size : { ...before.size, reason };
  if (line.options.has('--prod')) {
    draft.remove(place);
    draft.write({ ...before, path: pnpmStore(command, line), size });
  }
}

function pickedByPnpm(
  command: ShellCommand,
  line: CommandLine,
  lock: JavaScriptLock,
  draft: Draft,
): readonly LockedPackage[] {
  const omit = omitted(command, line);
  const dev = line.options.has('--dev') || line.options.has('-D');
  // `--dev` means development only here, and NODE_ENV counts as `--prod`.
  const packages = dev && lock.version < 9 ? lock.packages.filter((one) => one.dev) : lock.packages;
  return chosen(packages, targetOf(draft), dev ? { ...omit, dev: false } : omit);
}

/** `bun …`: its lock files are recognised, not read. */
export function bun(command: ShellCommand, draft: Draft): void {
  const line = commandLine(command.words.slice(1), valued);
  const [verb = '', ...operands] = line.operands;
  const folder = folderOf(command, line, '--cwd');
  if (['install', 'i', 'add', 'a', 'update', 'ci'].includes(verb)) {
    if (operands.length > 0) named(`bun ${verb}`, operands, folder, draft);
    else lockIn(folder, 'bun', draft);
    unknownCache('Bun', below(command, '.bun/install/cache'), draft);
  } else if (verb === 'build') {
    script('build', folder, draft);
  } else if (verb !== '' && !['pm', 'upgrade', 'remove', 'link', 'outdated'].includes(verb)) {
    script(verb === 'run' || verb === 'x' ? (operands[0] ?? '') : verb, folder, draft);
  }
}

/** The lock in a folder of the image; null: not known, and then that is written down. */
function lockIn(
  folder: string | null,
  manager: JavaScriptLock['manager'],
  draft: Draft,
): { readonly lock: JavaScriptLock; readonly place: string } | null {
  const place = folder === null ? '/' : absolutePath(`${folder}/node_modules`);
  const { facts, step } = draft.world;
  const fact = folder === null ? null : facts.lock(step, folder, manager);
  if (fact?.state === 'known') return { lock: fact.value, place };
  const reason =
    fact === null
      ? `In which folder ${manager} installs is known only when it runs.`
      : fact.state === 'pending'
        ? 'The lock file is being read.'
        : fact.reason;
  const size = fact?.state === 'pending' ? { ...unknown(reason), pending: true } : unknown(reason);
  draft.write({ path: place, size, label: `${manager} packages`, kind: 'dependencies' });
  return null;
}

function named(what: string, names: readonly string[], folder: string | null, draft: Draft): void {
  const which = names.length > 0 ? some(names) : 'the project';
  const reason = `Which versions of ${which} and of what they need \`${what}\` takes, the registry says during the build.`;
  const path = folder === null || folder === '/' ? '/' : absolutePath(`${folder}/node_modules`);
  const size = unknown(reason.replaceAll('\0', '…'));
  draft.write({ path, size, label: what, kind: 'dependencies' });
}

function unknownCache(manager: string, path: string, draft: Draft): void {
  const reason = `${manager} keeps what it fetches in ${path === '/' ? 'its cache' : path}; how many bytes is not known.`;
  draft.write({ path, size: unknown(reason), label: `${manager} cache`, kind: 'cache' });
}

function widened(size: Size, band: { readonly low: number; readonly high: number }): Size {
  if (size.bytes === null || size.low === null || size.high === null) return size;
  return {
    ...size,
    low: Math.floor(Math.min(size.low, size.bytes * band.low)),
    high: Math.ceil(Math.max(size.high, size.bytes * band.high)),
  };
}

function yarnCache(command: ShellCommand, { options }: CommandLine): string {
  const named = options.get('--cache-folder')?.at(-1) ?? variable(command, 'YARN_CACHE_FOLDER');
  if (named !== undefined) return pathFrom(command, named) ?? '/';
  const isRoot = /^(root|0)?(:.*)?$/.test(command.user ?? '-');
  // Root's cache is the machine's (Yarn 1, `user-home-dir.js`).
  return isRoot ? '/usr/local/share/.cache/yarn' : below(command, '.cache/yarn');
}

function pnpmStore(command: ShellCommand, { options }: CommandLine): string {
  const named =
    options.get('--store-dir')?.at(-1) ??
    variable(command, 'npm_config_store_dir', 'NPM_CONFIG_STORE_DIR', 'PNPM_STORE_DIR');
  if (named !== undefined) return pathFrom(command, named) ?? '/';
  const home = variable(command, 'PNPM_HOME');
  if (home !== undefined) return absolutePath(`${home}/store`);
  const data = variable(command, 'XDG_DATA_HOME');
  return data === undefined ? below(command, '.local/share/pnpm/store') : `${data}/pnpm/store`;
}

function folderOf(command: ShellCommand, { options }: CommandLine, name: string): string | null {
  return pathFrom(command, options.get(name)?.at(-1) ?? '.');
}

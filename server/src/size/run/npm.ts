/** What npm writes: packages by the lock file, and its cache (SIZES section 5). */

import { chosen, type Omitted, type Target } from '../../projects/fits.ts';
import type { JavaScriptLock, LockedPackage } from '../../projects/projectFacts.ts';
import type { ShellCommand } from '../../shell/commands.ts';
import { readable } from '../../shell/shellTree.ts';
import { absolutePath } from '../../syntax/slashPaths.ts';
import { type Size, unknown } from '../size.ts';
import { type CommandLine, commandLine } from './commandLine.ts';
import { tiny as small } from './contributions.ts';
import { archiveBytes, count, dependencySize, some } from './dependencies.ts';
import type { Draft } from './draft.ts';
import { below, pathFrom } from './homes.ts';
import { settingOf, writeScripts } from './installScripts.ts';
import { withStored } from './stored.ts';

const valued = new Set(
  `--prefix -C --cache --registry --userconfig --globalconfig --loglevel -w --workspace --omit
  --only --include --otp --tag --fetch-retries --fetch-timeout --fetch-retry-mintimeout
  --fetch-retry-maxtimeout --network-timeout --maxsockets --node-options --script-shell --before
  --install-strategy --proxy --https-proxy --noproxy --cafile --ca --location --message -m`.split(
    /\s+/,
  ),
);

const installs = new Set([
  'install',
  'i',
  'in',
  'ins',
  'inst',
  'add',
  'isntall',
  'ci',
  'clean-install',
  'ic',
  'install-clean',
]);
const cleans = new Set(['ci', 'clean-install', 'ic', 'install-clean', 'install-ci-test', 'cit']);
const runs = new Set(['run', 'run-script', 'rum', 'urn']);
const scriptsByName = new Set(['test', 't', 'tst', 'start', 'stop', 'restart']);
/** Write settings at most. */
const tiny = new Set(
  `config c set get ls list la ll view info show v outdated audit ping whoami login logout adduser
  version init pkg prefix root bin fund help doctor search completion explain why owner dist-tag token
  team profile access org star unstar stars deprecate publish unpublish edit docs repo bugs query
  sbom link ln login unlink uninstall un remove rm r dedupe ddp find-dupes shrinkwrap`.split(/\s+/),
);

/** `npm …`. */
export function npm(command: ShellCommand, draft: Draft): void {
  const line = commandLine(command.words.slice(1), valued);
  const [verb, ...operands] = line.operands;
  if (verb === undefined) return;
  if (tiny.has(verb)) {
    if (verb === 'init') {
      const file = pathFrom(command, 'package.json');
      if (file) draft.write({ ...small(file, 250, 20_000, 'package.json'), isFile: true });
    }
    draft.write(small(below(command, '.npm/_logs'), 1000, 20_000, `npm ${verb}`));
    return;
  }
  const folder = folderOf(command, line);
  if (verb === 'cache') cache(command, line, operands, draft);
  else if (verb === 'prune') prune(command, line, draft);
  else if (installs.has(verb)) {
    const isGlobal = has(line, '-g', '--global') || lastOf(line, '--location') === 'global';
    const names = isGlobal || operands.length > 0;
    if (names) named(command, line, operands, isGlobal, draft);
    else install(command, line, verb, draft);
  } else if (runs.has(verb)) script(operands[0] ?? '', folder, draft);
  else if (scriptsByName.has(verb)) script(verb.startsWith('t') ? 'test' : verb, folder, draft);
  else {
    const reason = `What \`npm ${readable(verb)}\` writes is known only after a build.`;
    const label = `npm ${readable(verb)}`;
    draft.write({ path: folder ?? '/', size: unknown(reason), label, kind: 'other' });
  }
}

/** The script of a project: it may write anything. */
export function script(name: string, folder: string | null, draft: Draft): void {
  const reason = `What the script ${name || 'that is run'} writes is known only after a build.`;
  const label = `script ${name}`.trim();
  draft.write({ path: folder ?? '/', size: unknown(reason), label, kind: 'other' });
}

/** `npm ci` and `npm install` without names. */
function install(command: ShellCommand, line: CommandLine, verb: string, draft: Draft): void {
  const folder = folderOf(command, line);
  if (folder === null) {
    const reason = 'In which folder npm installs is known only when it runs.';
    dependencies(draft, '/', unknown(reason), 'npm packages');
    return;
  }
  const fact = draft.world.facts.lock(draft.world.step, folder, 'npm');
  const place = `${folder === '/' ? '' : folder}/node_modules`;
  if (fact.state !== 'known') {
    const size =
      fact.state === 'pending'
        ? { ...unknown('The lock file is being read.'), pending: true }
        : unknown(fact.reason);
    dependencies(draft, place, size, 'npm packages');
    cacheLeft(command, line, null, draft);
    return;
  }
  const lock = fact.value;
  if (line.options.has('--package-lock-only') || line.options.has('--dry-run')) return;
  const workspaces = ['-w', '--workspace', '--workspaces', '-ws'].some((name) =>
    line.options.has(name),
  );
  const picked = chosen(lock.packages, targetOf(draft), omitted(command, line));
  const size = dependencySize(lock, picked);
  const upper = workspaces
    ? {
        ...size,
        low: 0,
        reason: `${size.reason} Which of them the chosen workspaces need is not told apart, so it may be less.`,
      }
    : size;
  // What an earlier command of this RUN installed is replaced.
  if (cleans.has(verb)) draft.remove(place);
  dependencies(draft, place, upper, `${count(picked.length, 'package')} of ${lock.path}`);
  writeScripts(command, line, lock, picked, place, draft);
  if (
    !cleans.has(verb) &&
    !line.options.has('--no-save') &&
    !line.options.has('--no-package-lock')
  ) {
    lockAgain(lock, folder, draft);
  }
  cacheLeft(command, line, { lock, picked }, draft);
}

function dependencies(draft: Draft, path: string, size: Size, label: string): void {
  draft.write({ path, size, label, kind: 'dependencies' });
}

/** `npm install` writes its lock file again, also when nothing in it is new. */
function lockAgain({ bytes, path }: JavaScriptLock, folder: string, draft: Draft): void {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const reason = `npm install writes ${name} again, which \`npm ci\` does not.`;
  const size = {
    basis: 'estimated',
    bytes,
    low: 0,
    high: Math.ceil(bytes * 1.05),
    atLeast: false,
    reason,
  } as const;
  draft.write({
    path: absolutePath(`${folder}/${name}`),
    size,
    label: `${name} again`,
    kind: 'files',
    isFile: true,
  });
}

/**
 * The package files that npm keeps: 1.01 times their bytes in 36 installs, with 450 bytes of log for
 * each. `installed` null: what is installed is not known.
 */
function cacheLeft(
  command: ShellCommand,
  line: CommandLine,
  installed: { readonly lock: JavaScriptLock; readonly picked: readonly LockedPackage[] } | null,
  draft: Draft,
): void {
  const path = cacheFolder(command, line);
  const label = 'npm cache';
  const all = installed && archiveBytes(installed.picked);
  if (!installed || !all || (all.bytes === 0 && all.missing > 0)) {
    const reason = `npm keeps the package files that it fetches in ${path === '/' ? 'its cache' : path}; how many bytes is not known.`;
    draft.write({ path, size: unknown(reason), label, kind: 'cache' });
    return;
  }
  const { lock, picked } = installed;
  if (picked.length === 0) return;
  const withMetadata = lock.version < 2 || picked.some(({ resolved }) => resolved === null);
  const logs = 4000 + 450 * picked.length;
  const sentences = ['npm keeps the package files that it fetches in its cache.'];
  if (all.missing > 0) sentences.push(`Of ${count(all.missing, 'package')} the size is not known.`);
  if (withMetadata) {
    sentences.push(
      'As the lock file does not name all addresses, descriptions of the packages from the registry are kept, too.',
    );
  }
  const size: Size = {
    basis: 'estimated',
    bytes: Math.round(all.bytes * 1.01 + logs),
    low: Math.floor(all.low * 0.84),
    // Some installs keep the description of npm itself besides, 2.4 MB.
    high: Math.ceil(all.high * 1.06 + 2 * logs + 2_400_000),
    atLeast: all.missing > 0 || withMetadata,
    reason: sentences.join(' '),
  };
  draft.write({ path, size, label, kind: 'cache' });
}

/** `npm cache …`. */
function cache(
  command: ShellCommand,
  line: CommandLine,
  [verb]: readonly string[],
  draft: Draft,
): void {
  if (verb !== 'clean' && verb !== 'clear' && verb !== 'rm') return;
  const path = cacheFolder(command, line);
  if (path !== '/') draft.remove(path);
  // Logs stay, about 1.4 kB of each command (measured with npm 11).
  draft.write(small(below(command, '.npm/_logs'), 1400, 8000, 'logs of npm'));
}

/** What `npm prune --omit=dev` leaves of what the same RUN installed; later it frees nothing. */
function prune(command: ShellCommand, line: CommandLine, draft: Draft): void {
  const folder = folderOf(command, line);
  if (folder === null) return;
  const place = absolutePath(`${folder}/node_modules`);
  const isHere = draft.contributions.some(
    ({ path, kind, size }) => path === place && kind === 'dependencies' && size.bytes !== null,
  );
  const fact = draft.world.facts.lock(draft.world.step, folder, 'npm');
  if (fact.state !== 'known') return;
  const picked = chosen(fact.value.packages, targetOf(draft), omitted(command, line));
  if (!isHere) {
    // What an older layer has stays there; npm writes its list of what is installed anew.
    const { bytes } = fact.value;
    const list = `${place}/.package-lock.json`;
    draft.write(small(list, bytes, 20_000 + 2 * bytes, 'npm prune'));
    const size = dependencySize(fact.value, picked);
    draft.state = withStored(draft.state, [{ path: place, bytes: size.bytes, size }]);
    return;
  }
  const wereScripted = draft.contributions.some(
    ({ path, kind, size }) => path === place && kind === 'dependencies' && size.bytes === null,
  );
  draft.remove(place);
  const label = `${count(picked.length, 'package')} of ${fact.value.path}`;
  dependencies(draft, place, dependencySize(fact.value, picked), label);
  if (wereScripted)
    writeScripts(command, line, { ...fact.value, projectScripts: false }, picked, place, draft);
}

/** Packages by name, or for all projects: npm asks the registry which version is the newest. */
function named(
  command: ShellCommand,
  line: CommandLine,
  operands: readonly string[],
  isGlobal: boolean,
  draft: Draft,
): void {
  const folder = folderOf(command, line);
  const path = isGlobal
    ? '/usr/local/lib/node_modules'
    : folder === null
      ? '/'
      : absolutePath(`${folder}/node_modules`);
  const what = operands.length > 0 ? some(operands) : 'the project';
  const reason = `Which versions of ${what} and of what they need npm installs, the registry says during the build.`;
  dependencies(draft, path, unknown(readable(reason)), readable(`npm install ${what}`));
  cacheLeft(command, line, null, draft);
}

/** Kinds that are left out, by options, `NODE_ENV` and npm's variables. */
export function omitted(command: ShellCommand, { options }: CommandLine): Omitted {
  const omit = new Set<string>();
  if (command.env.get('NODE_ENV') === 'production') omit.add('dev');
  for (const name of (settingOf(command, 'omit') ?? '').split(/[\s,]+/)) omit.add(name);
  const only = options.get('--only')?.at(-1) ?? settingOf(command, 'only');
  if (only !== undefined && /^prod/.test(only)) omit.add('dev');
  const production =
    options.get('--production')?.at(-1) ??
    options.get('--prod')?.at(-1) ??
    options.get('-P')?.at(-1) ??
    settingOf(command, 'production');
  if (production !== undefined) {
    if (production === 'false') omit.delete('dev');
    else omit.add('dev');
  }
  if (options.has('--no-optional') || options.get('--optional')?.at(-1) === 'false')
    omit.add('optional');
  for (const value of options.get('--omit') ?? [])
    for (const name of value.split(',')) omit.add(name);
  if (
    options.get('--dev')?.at(-1) === '' ||
    options.get('--also')?.some((value) => value.startsWith('dev'))
  )
    omit.delete('dev');
  const included = [
    ...(options.get('--include') ?? []),
    ...(settingOf(command, 'include') ?? '').split(/[\s,]+/),
  ];
  for (const value of included) for (const name of value.split(',')) omit.delete(name);
  return { dev: omit.has('dev'), optional: omit.has('optional'), peer: omit.has('peer') };
}

/** The image that packages have to fit. */
export function targetOf({ state, world }: Draft): Target {
  const { distribution } = state;
  const libc = distribution === null ? null : distribution.id === 'alpine' ? 'musl' : 'glibc';
  return { platform: world.platform, libc };
}

function folderOf(command: ShellCommand, { options }: CommandLine): string | null {
  const prefix = (options.get('--prefix') ?? options.get('-C'))?.at(-1);
  return pathFrom(command, prefix ?? '.');
}

function cacheFolder(command: ShellCommand, { options }: CommandLine): string {
  const named = options.get('--cache')?.at(-1) ?? settingOf(command, 'cache');
  if (named !== undefined) return pathFrom(command, named) ?? '/';
  return below(command, '.npm');
}

function lastOf({ options }: CommandLine, name: string): string | undefined {
  return options.get(name)?.at(-1);
}

/** Words for people: what only the running shell knows as `…`. */
function has({ options }: CommandLine, ...names: readonly string[]): boolean {
  return names.some((name) => options.has(name) && options.get(name)?.at(-1) !== 'false');
}

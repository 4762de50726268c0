/** What stands below a COPY of a whole project, as far as the COPY could go behind it. */

import type { Install } from '../analysis/manifestFacts.ts';
import type { Analysis } from '../analysis.ts';
import type { ResolvedRun, Stage, Step } from '../model/plan.ts';
import type { ShellCommand } from '../shell/commands.ts';
import { readRun } from '../shell/readRun.ts';
import { unknownPart } from '../shell/shellTree.ts';
import { absolutePath, isWithin } from '../syntax/slashPaths.ts';
import { type Split, splitRun } from './cacheFixSplit.ts';
import { calledBy, installOf, looksAside } from './installWords.ts';
import { hasFetched, type Prefetch, prefetchOf } from './prefetchWords.ts';

interface Found {
  readonly install: Install;
  /** The folder that it runs in, relative to where the project was copied to. */
  readonly folder: string;
}

/** Where the COPY may go, and what then stands above it. */
export interface Follows {
  readonly run: Step;
  /** The COPY goes between the halves of the RUN. */
  readonly split: Split | null;
  /** The COPY goes before the RUN, and what downloads alone before the COPY. */
  readonly prefetch: (Prefetch & { readonly cwd: string }) | null;
  readonly command: string;
  readonly found: readonly Found[];
}

/** Folders that installers write to as well, so that the order of what lands there matters. */
const isSystem =
  /^\/(|(bin|boot|dev|etc|lib\d*|proc|run|sbin|sys)(\/.*)?|go|home|media|mnt|opt|root|srv|tmp|usr|usr\/(bin|include|lib\d*|libexec|local|sbin|share)(\/.*)?|var|var\/(cache|lib)(\/.*)?)$/;

/** Where a COPY puts a project; null: in a folder that installers write to. */
export function projectFolder(copy: Step): string | null {
  const into = absolutePath(copy.copy?.dest ?? '/');
  return isSystem.test(into) ? null : into;
}

/** The installations in the RUN lines that follow a COPY, as far as nothing else needs the files. */
export function installationsBelow(analysis: Analysis, stage: Stage, at: number): Follows | null {
  const copy = stage.steps[at];
  const into = copy && projectFolder(copy);
  if (!copy || !into) return null;
  const found: Found[] = [];
  let last: { readonly run: Step; readonly split: Split | null; readonly count: number } | null =
    null;
  let command = '';
  for (const step of stage.steps.slice(at + 1)) {
    if (!step.run) {
      if (isIndependent(step, copy)) continue;
      break;
    }
    const whole = commandsOf(analysis, step, into);
    const { text } = analysis.dockerfile;
    const split = whole ? null : splitRun(step, text, analysis.plan.options.platform);
    const commands = whole ?? (split && commandsOf(analysis, split.first, into));
    if (!commands) break;
    const before = found.length;
    for (const { words, cwd } of commands) {
      const install = installOf(words);
      const place = install && cwd !== null && placed(install, cwd, into);
      if (!place) continue;
      command ||= calledBy(words);
      found.push(place);
    }
    if (found.length > before) last = { run: step, split, count: found.length };
    if (split) break;
  }
  if (!last) return null;
  const { run, split, count } = last;
  return { run, split, prefetch: null, command, found: found.slice(0, count) };
}

/** A build in the first RUN that needs the files, whose downloads could stand before them. */
export function downloadsBelow(analysis: Analysis, stage: Stage, at: number): Follows | null {
  const copy = stage.steps[at];
  const into = copy && projectFolder(copy);
  if (!copy || !into) return null;
  for (const [below, step] of stage.steps.slice(at + 1).entries()) {
    const index = at + 1 + below;
    if (!step.run) {
      if (isIndependent(step, copy)) continue;
      return null;
    }
    const whole = commandsOf(analysis, step, into);
    if (whole?.every(({ words }) => !installOf(words))) continue;
    const read = readRun(step.run, analysis.plan.options.platform);
    const commands = read.commands.filter((one) => !(one.piped && prints.test(one.words[0] ?? '')));
    const start = commands.findIndex(({ words }) => !isAside(words));
    const build = commands[start];
    const prefetch = build && prefetchOf(build.words);
    if (!prefetch || !commands.slice(0, start + 1).every(isSimple)) return null;
    if (build.cwd === null || !isWithin(build.cwd, into) || !isOrdinary(step, build, into)) {
      return null;
    }
    if (isFetchedAbove(analysis, stage, index, prefetch.install.tool)) return null;
    return {
      run: step,
      split: null,
      prefetch: { ...prefetch, cwd: build.cwd },
      command: build.words.slice(0, 2).join(' '),
      found: [{ install: prefetch.install, folder: relativeTo(into, build.cwd) }],
    };
  }
  return null;
}

/** What stands in `$(…)` of a command, and leaves nothing. */
const prints = /^(date|git|cat|echo|printf|hostname|nproc|uname|head|basename|dirname|arch)$/;

/** Does a RUN above download for this tool, in the stage or in one that it is built on? */
function isFetchedAbove(
  { plan }: Analysis,
  stage: Stage,
  index: number,
  tool: Install['tool'],
): boolean {
  let one: Stage | undefined = stage;
  let at = index - 1;
  for (let left = plan.stages.length; one && left > 0; left -= 1) {
    for (; at >= 0; at -= 1) {
      const run = one.steps[at]?.run;
      if (run && hasFetched(tool, run.script ?? run.argv.join(' '))) return true;
    }
    const below: number | null = one.base.stage;
    one = below === null ? undefined : plan.stages[below];
    at = (one?.steps.length ?? 0) - 1;
  }
  return false;
}

/** A shell of the build's own, its user and variables; and what is downloaded is not kept anyway. */
function isOrdinary({ run, instruction }: Step, build: ShellCommand, into: string): boolean {
  if (!run?.shell || run.program || run.network === 'none' || instruction.json) return false;
  if (build.user !== run.user || isLed(run.env, into) || !isPlainlyMounted(run, into)) return false;
  if (run.mounts.some(({ type }) => type === 'cache')) return false;
  const given = new Set(run.env);
  return [...build.env].every(
    ([name, value]) => given.has(`${name}=${value}`) || forBuilds.test(name),
  );
}

/** Variables that no download hangs on. */
const forBuilds =
  /^(_|HOME|USER|PATH|HOSTNAME|SHLVL|PWD|OLDPWD|CGO_\w+|GO(OS|ARCH|ARM|AMD64)|RUSTFLAGS|RUST_\w+|CARGO_(PROFILE|BUILD|TERM)_\w+|CARGO_INCREMENTAL|CARGO_TARGET_DIR|SQLX_OFFLINE|NODE_ENV)$/;

/**
 * An installation in or below a folder, its files relative to where it runs; null: it runs elsewhere.
 * pip hangs on the files that it is given alone, wherever it runs.
 */
export function placed(install: Install, cwd: string, into: string): Found | null {
  if (install.tool !== 'pip') {
    return isWithin(cwd, into) ? { install, folder: relativeTo(into, cwd) } : null;
  }
  const paths = install.files.map((file) =>
    absolutePath(file.startsWith('/') ? file : `${cwd}/${file}`),
  );
  if (!paths.every((path) => isWithin(path, into) && path !== into)) return null;
  return {
    install: { ...install, files: paths.map((path) => relativeTo(into, path)) },
    folder: '',
  };
}

function relativeTo(folder: string, path: string): string {
  return path === folder ? '' : path.slice(folder === '/' ? 1 : folder.length + 1);
}

/** May the COPY stand behind this line as well as before it? */
export function isIndependent({ command, workdir, effect }: Step, copy: Step): boolean {
  const dest = copy.instruction.args.at(-1)?.value ?? '';
  switch (command.kind) {
    case 'workdir':
      return workdir !== null && dest.startsWith('/');
    case 'env':
    case 'arg':
      return !copy.instruction.args.some(({ value }) => value.includes('$'));
    case 'label':
    case 'expose':
    case 'cmd':
    case 'entrypoint':
    case 'healthcheck':
    case 'stopsignal':
    case 'maintainer':
    case 'shell':
    case 'user':
      return effect === 'metadata';
    default:
      return false;
  }
}

function isAside(words: readonly string[]): boolean {
  return looksAside(words) && !words.some((word) => word.includes(unknownPart));
}

function isSimple({ runs, outputs, input, pipedFrom, piped }: ShellCommand): boolean {
  return (
    runs === 'always' && outputs.length === 0 && input === null && pipedFrom === null && !piped
  );
}

/** The commands of a RUN that does nothing but install; null where it may do more. */
export function commandsOf(
  { plan }: Analysis,
  { run, command }: Step,
  into: string,
): readonly ShellCommand[] | null {
  if (!run || command.kind !== 'run') return null;
  const { commands, unread } = readRun(run, plan.options.platform);
  if (!isPlainlyMounted(run, into) || isLed(run.env, into)) return null;
  if (unread !== null || commands.length === 0 || looksAround(run, commands, into)) return null;
  const isKnown = commands.every((one) => {
    const { words, cwd } = one;
    if (!isSimple(one) || cwd === null || words.some((word) => word.includes(unknownPart))) {
      return false;
    }
    const install = installOf(words);
    return install ? placed(install, cwd, into) !== null : looksAside(words);
  });
  return isKnown ? commands : null;
}

/**
 * Does a script look at files, or go to folders, by parts of the shell, which are among no commands?
 * Folders in which it installs are there with the manifests.
 */
function looksAround(
  { script, cwd }: ResolvedRun,
  commands: readonly ShellCommand[],
  into: string,
): boolean {
  if (script === null) return false;
  if (/(^|[\s;&|(!{])(test|\[\[?|\.|source|read|eval|pushd|command|type|hash)\s/.test(script))
    return true;
  let at = cwd;
  for (const [, word = ''] of script.matchAll(/(?:^|[\s;&|(])cd(?:\s+([^\s;&|)]*)|$)/g)) {
    const path = word.replace(/^(["'])(.*)\1$/, '$2');
    if (!/^[\w./@+-]+$/.test(path)) return true;
    at = absolutePath(path.startsWith('/') ? path : `${at}/${path}`);
    const isMade = commands.some(
      (one) => one.cwd !== null && isWithin(one.cwd, at) && installOf(one.words),
    );
    if (isWithin(at, into) && at !== into && !isMade) return true;
  }
  return false;
}

/** A bind mount has files of its own; one below the project hides what was copied. */
function isPlainlyMounted({ mounts }: ResolvedRun, into: string): boolean {
  return mounts.every(
    ({ type, target }) =>
      type !== 'bind' && (type !== 'tmpfs' || !isWithin(target, into)) && !overlaps(target, into),
  );
}

/** Neither mounts nor variables bring an installer to other files of the project than what was copied. */
export function isUndisturbed(run: ResolvedRun, into: string): boolean {
  return isPlainlyMounted(run, into) && !isLed(run.env, into);
}

/** Do variables lead an installer into the project, or to other files there? */
function isLed(env: readonly string[], into: string): boolean {
  return env.some((entry) => {
    const at = entry.indexOf('=');
    const name = entry.slice(0, at);
    const value = entry.slice(at + 1);
    if (/^GOFLAGS$/.test(name)) return /-mod=vendor|-modfile/.test(value);
    if (!installers.test(name) || /\/\.venv\/?$/.test(value)) return false;
    if (manifests.test(name)) return !value.startsWith('/') || isWithin(absolutePath(value), into);
    if (value.startsWith('/')) return isWithin(absolutePath(value), into);
    return /^\.{0,2}\/|^(vendor|\.)/.test(value);
  });
}

const installers =
  /^(PIP_|PYTHONUSERBASE$|GEM_|BUNDLE_|GOPATH$|GOMODCACHE$|GOWORK$|CARGO_HOME$|RUSTUP_HOME$|npm_config_|YARN_|PNPM_|COMPOSER|MAVEN_|GRADLE_USER_HOME$|UV_|POETRY_|VIRTUAL_ENV$)/i;
const manifests =
  /^(BUNDLE_GEMFILE|COMPOSER|PIP_REQUIREMENT|(PIP|UV)_(BUILD_)?CONSTRAINTS?|UV_CONFIG_FILE|GOWORK)$/;

function overlaps(target: string, into: string): boolean {
  return target !== '' && into !== '/' && isWithin(absolutePath(target), into);
}

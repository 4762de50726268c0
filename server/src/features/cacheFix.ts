/**
 * Where a COPY of a whole project stands above the installation of its dependencies, and what would
 * keep that in the cache: the files that the installation reads are copied first, and all else after
 * it. Offered only where the image stays the same; the text is proved by reading it again.
 */

import type { Install, Manifests } from '../analysis/manifestFacts.ts';
import type { Analysis } from '../analysis.ts';
import type { Edit } from '../merge/mergeRun.ts';
import type { Stage, Step } from '../model/plan.ts';
import { readRun } from '../shell/readRun.ts';
import { unknownPart } from '../shell/shellTree.ts';
import { absolutePath, isWithin } from '../syntax/slashPaths.ts';
import { type Split, splitRun } from './cacheFixSplit.ts';
import { editsOf, join } from './cacheFixText.ts';
import { installOf, looksAside } from './installWords.ts';

/** An installation of dependencies below a COPY of all files. */
export interface LateManifests {
  readonly copy: Step;
  /** The RUN whose installation is the last one that the COPY may go behind. */
  readonly run: Step;
  /** The first command that installs, as it runs: `npm ci`. */
  readonly command: string;
  /** All files that it reads, by their path in the context. */
  readonly files: readonly string[];
  readonly title: string;
  readonly edits: readonly Edit[];
}

/**
 * Those of stages that are built, in source order, as far as files are known by now. All files are
 * asked for; proofs are made for the first that are wanted.
 */
export function lateManifests(
  analysis: Analysis,
  stages: readonly Stage[],
  isWanted: (copy: Step, run: Step) => boolean = () => true,
): readonly LateManifests[] {
  if (analysis.dockerfile.text.length > longestText) return [];
  const found: LateManifests[] = [];
  for (const stage of stages) {
    if (!stage.needed) continue;
    for (const [at, step] of stage.steps.entries()) {
      if (!copiesProject(step)) continue;
      const follows = installationsBelow(analysis, stage, at);
      if (!follows || !isWanted(step, follows.run)) continue;
      const one = proposal(analysis, step, follows);
      if (one) found.push(one);
      if (found.length >= mostFound) return found;
    }
  }
  return found;
}

/** Nobody reads more at once. */
const mostFound = 5;

/** Each proof reads the whole text again. */
const longestText = 500_000;

/** One plain folder of the context goes to one place, by words that can be written again. */
function copiesProject({ copy, instruction, fromTrigger, onbuild }: Step): boolean {
  if (copy?.origin.kind !== 'context' || fromTrigger || onbuild) return false;
  if (copy.parents || copy.doubt || copy.remotes.length + copy.files.length > 0) return false;
  const [source, dest] = instruction.args;
  if (copy.sources.length !== 1 || instruction.args.length !== 2 || instruction.json) return false;
  if (instruction.heredocs.length + instruction.innerComments.length > 0) return false;
  return /^[\w./@+-]+$/.test(source?.value ?? '') && /^[\w./@+${}-]+$/.test(dest?.value ?? '');
}

interface Found {
  readonly install: Install;
  /** The folder that it runs in, relative to where the project was copied to. */
  readonly folder: string;
}

interface Follows {
  readonly run: Step;
  /** The COPY goes between the halves of the RUN. */
  readonly split: Split | null;
  readonly command: string;
  readonly found: readonly Found[];
}

/** Folders that installers write to as well, so that the order of what lands there matters. */
const isSystem =
  /^\/(|(bin|boot|dev|etc|lib\d*|proc|run|sbin|sys)(\/.*)?|go|home|media|mnt|opt|root|srv|tmp|usr|usr\/(bin|include|lib\d*|libexec|local|sbin|share)(\/.*)?|var|var\/(cache|lib)(\/.*)?)$/;

/** The installations in the RUN lines that follow a COPY, as far as nothing else needs the files. */
function installationsBelow(analysis: Analysis, stage: Stage, at: number): Follows | null {
  const copy = stage.steps[at];
  const [, dest] = copy?.instruction.args ?? [];
  const into = absolutePath(copy?.copy?.dest ?? '/');
  if (isSystem.test(into)) return null;
  const found: Found[] = [];
  let last: { readonly run: Step; readonly split: Split | null; readonly count: number } | null =
    null;
  let command = '';
  for (const step of stage.steps.slice(at + 1)) {
    if (!step.run) {
      if (isIndependent(step, dest?.value ?? '')) continue;
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
      if (!install) continue;
      command ||= words.slice(0, 4).join(' ');
      found.push({ install, folder: cwd === into ? '' : relativeTo(into, cwd) });
    }
    if (found.length > before) last = { run: step, split, count: found.length };
    if (split) break;
  }
  return last && { run: last.run, split: last.split, command, found: found.slice(0, last.count) };
}

function relativeTo(folder: string, path: string): string {
  return path.slice(folder === '/' ? 1 : folder.length + 1);
}

/** May the COPY stand behind this line as well as before it? */
function isIndependent({ command, workdir, effect }: Step, dest: string): boolean {
  switch (command.kind) {
    case 'workdir':
      return workdir !== null && dest.startsWith('/');
    case 'env':
    case 'arg':
      return !dest.includes('$');
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

/** The commands of a RUN that does nothing but install; null where it may do more. */
function commandsOf(
  { plan }: Analysis,
  { run, command }: Step,
  into: string,
): readonly { readonly words: readonly string[]; readonly cwd: string }[] | null {
  if (!run || command.kind !== 'run') return null;
  // A bind mount has files of its own; one below the project hides what was copied.
  const isPlain = run.mounts.every(
    ({ type, target }) =>
      type !== 'bind' && (type !== 'tmpfs' || !isWithin(target, into)) && !overlaps(target, into),
  );
  const { commands, unread } = readRun(run, plan.options.platform);
  if (!isPlain || unread !== null || commands.length === 0 || isLed(run.env, into)) return null;
  const found: { words: readonly string[]; cwd: string }[] = [];
  for (const { words, cwd, runs, outputs, input, pipedFrom, piped } of commands) {
    const isSimple =
      runs === 'always' && outputs.length === 0 && input === null && pipedFrom === null && !piped;
    if (!isSimple || cwd === null || words.some((word) => word.includes(unknownPart))) return null;
    if (installOf(words)) {
      if (!isWithin(cwd, into)) return null;
    } else if (!looksAside(words)) return null;
    found.push({ words, cwd });
  }
  return found;
}

/** Do variables lead an installer into the project, or to other files there? */
function isLed(env: readonly string[], into: string): boolean {
  return env.some((entry) => {
    const at = entry.indexOf('=');
    const name = entry.slice(0, at);
    const value = entry.slice(at + 1);
    if (!installers.test(name) || /\/\.venv\/?$/.test(value)) return false;
    if (manifests.test(name)) return !value.startsWith('/') || isWithin(absolutePath(value), into);
    if (value.startsWith('/')) return isWithin(absolutePath(value), into);
    return /^\.{0,2}\/|^(vendor|\.)/.test(value);
  });
}

const installers =
  /^(PIP_|PYTHONUSERBASE$|GEM_|BUNDLE_|GOPATH$|GOMODCACHE$|GOWORK$|npm_config_|YARN_|PNPM_|COMPOSER|MAVEN_|GRADLE_USER_HOME$|UV_|POETRY_|VIRTUAL_ENV$)/i;
const manifests =
  /^(BUNDLE_GEMFILE|COMPOSER|PIP_REQUIREMENT|(PIP|UV)_(BUILD_)?CONSTRAINTS?|UV_CONFIG_FILE|GOWORK)$/;

function overlaps(target: string, into: string): boolean {
  return target !== '' && into !== '/' && isWithin(absolutePath(target), into);
}

type Known = Extract<Manifests, { readonly ok: true }>;

function proposal(
  analysis: Analysis,
  copy: Step,
  { run, split, command, found }: Follows,
): LateManifests | null {
  const resolved = copy.copy;
  if (!resolved) return null;
  const source = absolutePath(resolved.sources[0] ?? '').slice(1);
  const files = new Set<string>();
  const restored = new Set<string>();
  // All are asked, so that they are looked for side by side.
  const answers = found.map(({ install, folder }) =>
    analysis.manifests.of(resolved, join(source, folder), install),
  );
  for (const [at, answer] of answers.entries()) {
    if (answer.state !== 'known' || !answer.value.ok) return null;
    const known: Known = answer.value;
    const folder = found[at]?.folder ?? '';
    for (const file of known.files) files.add(join(folder, file));
    if (known.restores !== null) restored.add(known.restores);
  }
  // Of a folder that is named itself, the same patterns would leave out something else.
  const hasFolder = [...files].some((file) => file.endsWith('/'));
  if (hasFolder && resolved.exclude.length > 0) return null;
  const edits = editsOf(analysis, copy, { run, split }, source, [...files]);
  if (!edits) return null;
  const note = [...restored].join(' and ');
  const kept = note === '' ? '' : ` (${note} then stays as it is in the context)`;
  return {
    copy,
    run,
    command,
    files: [...files].map((file) => join(source, file)),
    title: `Copy the manifest and lock file first, so that ${command} stays cached${split ? ' in a RUN of its own' : ''}${kept}`,
    edits,
  };
}

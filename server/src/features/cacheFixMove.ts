/**
 * Where a COPY stands above an installation that reads nothing of what it takes: packages of the
 * distribution, or dependencies whose manifests other lines copy. It may stand below as well.
 */

import type { Install } from '../analysis/manifestFacts.ts';
import type { Analysis } from '../analysis.ts';
import type { Stage, Step } from '../model/plan.ts';
import { absolutePath, isWithin } from '../syntax/slashPaths.ts';
import { commandsOf, isIndependent, placed, projectFolder } from './cacheFixBelow.ts';
import { join } from './cacheFixText.ts';
import { calledBy, installOf } from './installWords.ts';

/** The last RUN that a COPY may go behind. */
export interface Passes {
  readonly run: Step;
  /** The first command of it that takes long. */
  readonly command: string;
  /** What the installations read, by the path in the context. */
  readonly files: readonly string[];
}

/** What a COPY can go behind; null: nothing, or files are not known yet. */
export function passedBelow(analysis: Analysis, stage: Stage, at: number): Passes | null {
  const copy = stage.steps[at];
  if (!copy?.copy || !isPlainCopy(copy)) return null;
  const into = projectFolder(copy);
  if (!into) return null;
  const window = stage.steps.slice(at + 1, at + 1 + mostPassed);
  if (!window.some(({ run }) => run)) return null;
  const files: string[] = [];
  let command = '';
  let last: Passes | null = null;
  for (const [below, step] of window.entries()) {
    const index = at + 1 + below;
    if (isIndependent(step, copy)) continue;
    if (step.copy) {
      if (areApart(copy, step)) continue;
      break;
    }
    const { run } = step;
    // What lies elsewhere may be settings of the installer.
    if (!run || !isWithin(into, run.cwd) || run.cwd === '/') break;
    const commands = commandsOf(analysis, step, run.cwd);
    if (!commands || /\/\./.test(into) || results.test(into)) break;
    const above = stage.steps.slice(0, index);
    const read = commands.map(({ words, cwd }) => readsOf(analysis, above, words, cwd));
    if (read.some((one) => one?.some((path) => mayTake(copy, path)) ?? true)) break;
    if (isOfSystem(into) && commands.some(({ words }) => packages.test(words.join(' ')))) break;
    for (const one of read) files.push(...(one ?? []));
    const long = commands.find(({ words }) => installOf(words) || packages.test(words.join(' ')));
    command ||= long ? nameOf(long.words) : '';
    if (long) last = { run: step, command, files: [...new Set(files)] };
  }
  return last;
}

/** Nobody moves a line further. */
const mostPassed = 50;

/** Installs packages of the distribution, or programs by their names. */
const packages =
  /^((apt|apt-get|dnf|yum|microdnf) (.* )?(install|upgrade)\b|apk (.* )?add\b|npm (i|install) (-g|--global)\b|pip3? install\b)/;

/** Folders that installers fill. */
const results = /\/(node_modules|bower_components|vendor|venv|env|target|build|dist|bin|lib)(\/|$)/;

/** Such packages put files there too. */
function isOfSystem(path: string): boolean {
  return /^\/(usr(?!\/src\/)|etc|var|lib\d*|opt)(\/|$)/.test(path);
}

/** The command with its verb, without options. */
function nameOf(words: readonly string[]): string {
  const install = installOf(words);
  if (install) return calledBy(words);
  const verb = words.find((word) => /^(install|upgrade|add|i)$/.test(word)) ?? '';
  return `${words[0]} ${verb}`;
}

/** Written so that it can stand elsewhere as it is. */
function isPlainCopy({ copy, instruction, fromTrigger, onbuild }: Step): boolean {
  if (copy?.origin.kind !== 'context' || fromTrigger || onbuild || copy.doubt) return false;
  if (copy.remotes.length + copy.files.length + instruction.heredocs.length > 0) return false;
  return instruction.innerComments.length === 0 && copy.sources.length > 0;
}

/** What a command reads of the context; null: not known. */
function readsOf(
  analysis: Analysis,
  above: readonly Step[],
  words: readonly string[],
  cwd: string | null,
): readonly string[] | null {
  const written = installOf(words);
  if (!written) return [];
  const install = cwd === null ? undefined : placed(written, cwd, cwd)?.install;
  if (!install || cwd === null) return null;
  const found = projectOf(above, install, cwd);
  if (!found) return null;
  // Of the whole context, whatever lines bring it, but for what installers make.
  const all = { ...found.copy, sources: [''], parents: false, exclude: made };
  const answer = analysis.manifests.of(all, found.folder, install);
  if (answer.state !== 'known' || !answer.value.ok) return null;
  const { files, dummies = [] } = answer.value;
  return [...files, ...dummies].map((file) => join(found.folder, file));
}

const made = ['**/node_modules', '**/.venv', '**/vendor', '**/.yarn/cache', '**/.pnpm-store'];

/** The file that says what a project is. */
function manifestOf({ tool, files }: Install): RegExp {
  switch (tool) {
    case 'npm':
    case 'yarn':
    case 'pnpm':
      return /^package\.json$/;
    case 'pip':
      return new RegExp(`^${(files[0] ?? '').replace(/[^\w]/g, '\\$&')}$`);
    case 'poetry':
    case 'uv':
      return /^pyproject\.toml$/;
    case 'go':
      return /^go\.mod$/;
    case 'cargo':
      return /^Cargo\.toml$/;
    case 'maven':
      return /^pom\.xml$/;
    case 'gradle':
      return /^build\.gradle(\.kts)?$/;
    case 'composer':
      return /^composer\.json$/;
    case 'bundler':
      return /^Gemfile$/;
  }
}

/** The line that copies the manifest to where an installation runs, and its folder in the context. */
export function projectOf(above: readonly Step[], install: Install, cwd: string) {
  const wanted = manifestOf(install);
  for (const { copy } of above) {
    if (copy?.origin.kind !== 'context' || copy.parents || copy.doubt) continue;
    for (const source of copy.sources) {
      const path = absolutePath(source).slice(1);
      const name = path.slice(path.lastIndexOf('/') + 1);
      const isIt = looksLikeFile(name) && wanted.test(exampleOf(name, wanted));
      if (!isIt || absolutePath(copy.dest) !== cwd) continue;
      return { copy, folder: path.slice(0, Math.max(path.lastIndexOf('/'), 0)) };
    }
  }
  return null;
}

/** A name, or what a pattern stands for where it takes the manifest. */
function exampleOf(name: string, wanted: RegExp): string {
  if (!/[*?]/.test(name)) return name;
  const pattern = new RegExp(
    `^${name
      .replace(/[^\w*?]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.')}$`,
  );
  const names = ['package.json', 'pyproject.toml', 'go.mod', 'Cargo.toml', 'pom.xml'];
  const others = ['build.gradle', 'composer.json', 'Gemfile', 'requirements.txt'];
  return [...names, ...others].find((one) => pattern.test(one) && wanted.test(one)) ?? name;
}

/** A folder would hardly be called so. */
function looksLikeFile(name: string): boolean {
  return /^[\w.*?-]+\.(json|lock|lockb|ya?ml|toml|txt|xml|gradle|kts|cfg|ini|mod|sum|properties|js|cjs|mjs|ts|py|rb|go|rs|sh)\*?$|^(Gemfile|Pipfile|Makefile|\.npmrc|\.yarnrc|package\*|Gemfile\*|go\.\*|Cargo\.\*|composer\.\*)$/.test(
    name,
  );
}

/** May a COPY take this file? */
function mayTake({ copy }: Step, path: string): boolean {
  return (copy?.sources ?? []).some((source) => mayMeet(absolutePath(source).slice(1), path));
}

/** Can a pattern name a path, one above it or one below it? */
function mayMeet(pattern: string, path: string): boolean {
  if (pattern === '' || path === '') return true;
  const wild = pattern.search(/[*?[\\]/);
  if (wild >= 0) {
    const start = pattern.slice(0, wild);
    return path.startsWith(start) || start.startsWith(path);
  }
  const plain = path.replace(/\/$/, '');
  return isWithin(`/${plain}`, `/${pattern}`) || isWithin(`/${pattern}`, `/${plain}`);
}

/** Do two COPY lines write apart from each other, so that their order does not matter? */
function areApart(one: Step, other: Step): boolean {
  if (one.copy?.doubt || !other.copy || other.copy.doubt) return false;
  const [a, b] = [placesOf(one), placesOf(other)];
  return a.every((first) =>
    b.every((second) => !mayMeet(first, second) && !mayMeet(second, first)),
  );
}

/** Where a COPY writes: patterns of paths. */
function placesOf({ copy }: Step): readonly string[] {
  const dest = absolutePath(copy?.dest ?? '/').slice(1);
  const names = (copy?.sources ?? []).map((source) => source.slice(source.lastIndexOf('/') + 1));
  const areFiles =
    copy?.origin.kind === 'context' && names.length > 0 && names.every(looksLikeFile);
  const isFolder =
    names.length > 1 || /\/\.?$/.test(copy?.dest ?? '') || /[*?]/.test(names[0] ?? '');
  if (!areFiles || copy?.parents) return [dest];
  return isFolder ? names.map((name) => join(dest, name)) : [dest, join(dest, names[0] ?? '')];
}

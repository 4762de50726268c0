/**
 * Commands that build a project and download what it depends on meanwhile, with the command that
 * downloads alone: run before all files are copied, it keeps the downloads in the cache.
 */

import type { Install } from '../analysis/manifestFacts.ts';
import { installOf } from './installWords.ts';

export interface Prefetch {
  /** What the command that downloads alone reads, and how. */
  readonly install: Install;
  /** Its words, which need no quotes. */
  readonly words: readonly string[];
}

/** What could be downloaded before this command; null: it is no such command, or has odd options. */
export function prefetchOf(words: readonly string[]): Prefetch | null {
  const [program = '', ...rest] = words;
  switch (program.replace(/^.*\//, '')) {
    case 'cargo':
      return asInstall([program, ...cargo(rest)]);
    case 'go':
      return asInstall([program, ...go(rest)]);
    case 'mvn':
    case 'mvnw':
      return asInstall([program, ...maven(rest)]);
    case 'gradle':
    case 'gradlew':
      return asInstall([program, ...gradle(rest)]);
    case 'uv':
      return rest[0] === 'sync' ? withFlag(words, '--no-install-project') : null;
    case 'composer':
      return asInstall([program, ...composer(rest)]);
    case 'poetry':
      return rest.includes('install') ? withFlag(words, '--no-root') : null;
    default:
      return null;
  }
}

/** The command that runs it before, were it known; words that are none make null. */
function asInstall(words: readonly string[]): Prefetch | null {
  const isPlain = words.length > 1 && words.every((word) => /^[\w./:+@=-]+$/.test(word));
  const install = isPlain ? installOf(words) : null;
  return install && { install: { ...install, isAdded: true }, words };
}

function withFlag(words: readonly string[], flag: string): Prefetch | null {
  return words.includes(flag) || !installOf(words) ? null : asInstall([...words, flag]);
}

const none: readonly string[] = [];

function cargo(words: readonly string[]): readonly string[] {
  const [toolchain, rest] = /^\+[\w.-]+$/.test(words[0] ?? '')
    ? [words.slice(0, 1), words.slice(1)]
    : [none, words];
  const [verb = '', ...options] = rest;
  if (!/^(build|b|check|c|test|t|clippy|bench|doc|d|rustc|install)$/.test(verb)) return none;
  // These say where the project or its settings lie, or that nothing is downloaded.
  if (
    options.some((word) =>
      /^(--(manifest-path|config|frozen|offline|lockfile-path|git|registry|index)\b|-[CZ])/.test(
        word,
      ),
    )
  ) {
    return none;
  }
  const isLocked = options.includes('--locked');
  const at = options.indexOf('--path');
  const isHere = options.includes('--path=.') || (at >= 0 && /^\.\/?$/.test(options[at + 1] ?? ''));
  if (verb === 'install' && !(isHere && isLocked)) return none;
  return [...toolchain, 'fetch', ...(isLocked ? ['--locked'] : [])];
}

function go(words: readonly string[]): readonly string[] {
  const [verb = '', ...options] = words;
  if (!/^(build|install|test|vet)$/.test(verb)) return none;
  const leads = /^--?(C|mod=(vendor|readonly=)|modfile|overlay)\b|@/;
  return options.some((word) => leads.test(word)) ? none : ['mod', 'download'];
}

/** Options of Composer that are about the classes of the project, and scripts. */
const composerLater =
  /^(--(optimize-autoloader|classmap-authoritative|apcu-autoloader|no-scripts|no-autoloader)|-[oa])$/;

function composer(words: readonly string[]): readonly string[] {
  const verb = words.find((word) => !word.startsWith('-'));
  const isWhole = !words.includes('--no-autoloader') || !words.includes('--no-scripts');
  if (verb !== 'install' || !isWhole) return none;
  const kept = words.filter((word) => !composerLater.test(word));
  return [...kept, '--no-scripts', '--no-autoloader'];
}

/** Options that say where Maven and Gradle download from and to, and how much they print. */
const mavenKept = /^(-B|-q|-ntp|-e|-U|--(batch-mode|quiet|no-transfer-progress|errors))$/;

function maven(words: readonly string[]): readonly string[] {
  const goals = words.filter((word) => /^(clean|compile|test|package|verify|install)$/.test(word));
  if (goals.every((goal) => goal === 'clean')) return none;
  const kept: string[] = [];
  for (const [at, word] of words.entries()) {
    if (goals.includes(word)) continue;
    if (mavenKept.test(word)) kept.push(word);
    else if (/^(-s|--settings)$/.test(word)) kept.push(word, words[at + 1] ?? '');
    else if (/^(-s|--settings)$/.test(words[at - 1] ?? '')) continue;
    else if (!/^-D(skipTests|maven\.test\.skip)(=\w+)?$|^-T\S+$/.test(word)) return none;
  }
  return [...kept, 'dependency:go-offline'];
}

const gradleKept = /^(--(no-daemon|quiet|info|stacktrace|console=plain|no-watch-fs)|-[qi])$/;

function gradle(words: readonly string[]): readonly string[] {
  const tasks = words.filter((word, at) => !word.startsWith('-') && words[at - 1] !== '-x');
  const isBuild = tasks.some((task) =>
    /^(build|assemble|jar|bootJar|shadowJar|installDist|check|test|war|bootWar)$/.test(task),
  );
  if (!isBuild || !tasks.every((task) => /^[a-zA-Z]+$/.test(task))) return none;
  const options = words.filter((word, at) => !tasks.includes(word) && words[at - 1] !== '-x');
  const others = options.filter((word) => !gradleKept.test(word));
  const isKnown = others.every((word) =>
    /^(-x|--(parallel|build-cache|no-build-cache))$/.test(word),
  );
  return isKnown ? ['dependencies', ...options.filter((word) => gradleKept.test(word))] : none;
}

/** Has a RUN above downloaded for this tool before? Then the project is laid out for that already. */
export function hasFetched(tool: Install['tool'], script: string): boolean {
  return earlier[tool]?.test(script) ?? false;
}

const earlier: Partial<Record<Install['tool'], RegExp>> = {
  cargo: /\bcargo\s+(\+\S+\s+)?(fetch|build|b|check|chef|vendor|test|rustc|metadata)\b/,
  go: /\bgo\s+(mod|get|build|list|test|vet|install\s+\.)/,
  maven: /\bmvnw?\b(?!\s+(-v|--version))/,
  gradle: /\bgradlew?\b(?!\s+(-v|--version))/,
  uv: /\buv\s+(sync|pip|export)\b/,
  composer: /\bcomposer\s+(\S+\s+)*(install|update|require|create-project)\b/,
  poetry: /\bpoetry\s+(install|sync|export)\b/,
};

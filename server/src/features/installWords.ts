/** Commands that install the dependencies of a project, and commands that do not look at it. */

import type { Install } from '../analysis/manifestFacts.ts';

/** What a command installs; null: it is no such command, or has options that are not known here. */
export function installOf(words: readonly string[]): Install | null {
  const [program = '', ...rest] = withoutInterpreter(words);
  const name = program.replace(/^.*\//, '');
  switch (name) {
    case 'npm':
      return npm(rest);
    case 'yarn':
    case 'yarnpkg':
      return yarn(rest);
    case 'pnpm':
      return pnpm(rest);
    case 'pip':
    case 'pip3':
      return rest[0] === 'install' ? pip(rest.slice(1)) : null;
    case 'poetry':
      return poetry(rest);
    case 'uv':
      return uv(rest);
    case 'go':
      return go(rest);
    case 'cargo':
      return cargo(rest);
    case 'mvn':
    case 'mvnw':
      return maven(program, rest);
    case 'gradle':
    case 'gradlew':
      return gradle(program, rest);
    case 'composer':
      return composer(rest);
    case 'bundle':
    case 'bundler':
      return bundler(rest);
    default:
      return null;
  }
}

/** A command as it is called in sentences: its first words. */
export function calledBy(words: readonly string[]): string {
  return words.length > 5 ? `${words.slice(0, 4).join(' ')} …` : words.join(' ');
}

const plain: Omit<Install, 'tool'> = {
  files: [],
  noScripts: false,
  noProject: false,
  noPlugins: false,
  frozen: false,
  isAdded: false,
};

/** `python -m pip …` is `pip …`; Corepack runs what it is told. */
function withoutInterpreter(words: readonly string[]): readonly string[] {
  const [program = '', option, module] = words;
  const isPython = /(^|\/)python(3(\.\d+)?)?$/.test(program);
  if (isPython && option === '-m' && module === 'pip') return words.slice(2);
  return program === 'corepack' && /^(npm|yarn|pnpm)$/.test(option ?? '') ? words.slice(1) : words;
}

/** All words are options of the list; a value follows those of `valued` where it is not behind `=`. */
function onlyOptions(words: readonly string[], known: RegExp, valued = /^$/): boolean {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (valued.test(word)) at += 1;
    else if (!known.test(word)) return false;
  }
  return true;
}

function npm(words: readonly string[]): Install | null {
  const verbs = words.filter((word) => !word.startsWith('-'));
  const verb = words.find((word) => /^(ci|clean-install|i|install)$/.test(word));
  if (!verb || verbs[0] !== verb) return null;
  const options = words.filter((word) => word !== verb);
  const known =
    /^(--(omit|only|include)=\w+|--(production|no-audit|no-fund|ignore-scripts|offline|prefer-offline|prefer-online|engine-strict|legacy-peer-deps|no-optional|silent|quiet|verbose|no-progress|progress=false|no-update-notifier|strict-peer-deps|foreground-scripts|unsafe-perm|force|no-color)(=(true|false))?|--(audit|fund|loglevel|fetch-\w+|maxsockets|fetch-retry-[\w-]+)=[\w.]+|-[sqdf])$/;
  if (!onlyOptions(options, known, /^--(omit|only|include|loglevel)$/)) return null;
  const frozen = verb.startsWith('c');
  return { ...plain, tool: 'npm', noScripts: isOn(options, '--ignore-scripts'), frozen };
}

function isOn(options: readonly string[], name: string): boolean {
  return options.includes(name) || options.includes(`${name}=true`);
}

function yarn(words: readonly string[]): Install | null {
  const options = words[0] === 'install' ? words.slice(1) : words;
  const known =
    /^--(immutable|immutable-cache|check-cache|frozen-lockfile|pure-lockfile|production(=(true|false))?|prod|ignore-scripts|ignore-optional|ignore-engines|non-interactive|silent|no-progress|prefer-offline|inline-builds|check-files|network-timeout=\d+|skip-builds|mode=skip-build|verbose|no-cache)$/;
  if (!onlyOptions(options, known, /^--(network-timeout|network-concurrency)$/)) return null;
  const frozen = options.some((word) => /^--(immutable|frozen-lockfile|pure-lockfile)$/.test(word));
  const noScripts = options.some((word) => /^--(ignore-scripts|mode=skip-build)$/.test(word));
  return { ...plain, tool: 'yarn', noScripts, frozen };
}

function pnpm(words: readonly string[]): Install | null {
  if (!/^(i|install)$/.test(words[0] ?? '')) return null;
  const options = words.slice(1);
  const known =
    /^(--(frozen-lockfile|prefer-offline|prod|production|no-optional|ignore-scripts|silent|shamefully-hoist|strict-peer-dependencies|no-strict-peer-dependencies|reporter=[\w-]+|loglevel=\w+|network-concurrency=\d+)|-P)$/;
  if (!onlyOptions(options, known)) return null;
  const noScripts = options.includes('--ignore-scripts');
  return { ...plain, tool: 'pnpm', noScripts, frozen: options.includes('--frozen-lockfile') };
}

/** Options of pip that do not say where to install, nor name a file. */
const pipFlags =
  /^(--(no-cache-dir|upgrade|no-deps|pre|prefer-binary|no-compile|compile|quiet|user|disable-pip-version-check|no-input|require-hashes|ignore-installed|force-reinstall|no-build-isolation|break-system-packages|root-user-action=ignore|system|no-cache|compile-bytecode|no-warn-script-location|only-binary=\S+|no-binary=\S+|progress-bar=\w+|(extra-)?index-url=https?:\S+|trusted-host=\S+|timeout=\d+|default-timeout=\d+|retries=\d+)|-[qvUI]+)$/;
const pipValued =
  /^(--(only-binary|no-binary|progress-bar|trusted-host|timeout|default-timeout|retries|root-user-action|upgrade-strategy)|--use-feature)$/;

function pip(words: readonly string[]): Install | null {
  const files: string[] = [];
  const rest: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const joined = /^(?:--(?:requirement|constraint)=|-[rc])(.+)$/.exec(word);
    if (/^(-r|-c|--requirement|--constraint)$/.test(word)) {
      at += 1;
      files.push(words[at] ?? '');
    } else if (joined) files.push(joined[1] ?? '');
    else if (/^(-i|--index-url|--extra-index-url)$/.test(word)) {
      at += 1;
      if (!/^https?:/.test(words[at] ?? '')) return null;
    } else rest.push(word);
  }
  const names = rest.filter((word) => /^[A-Za-z0-9]/.test(word) && isPackageName(word));
  const options = rest.filter((word) => !names.includes(word) || word.startsWith('-'));
  if (files.length === 0 || !onlyOptions(options, pipFlags, pipValued)) return null;
  return { ...plain, tool: 'pip', files };
}

function isPackageName(word: string): boolean {
  return (
    /^[A-Za-z0-9][\w.-]*(\[[\w,.-]*\])?([<>=!~][^/\\]*)?$/.test(word) &&
    !/\.(whl|gz|zip|txt)$/.test(word)
  );
}

function poetry(words: readonly string[]): Install | null {
  const verb = words.find((word) => !word.startsWith('-'));
  if (verb !== 'install' && verb !== 'sync') return null;
  const options = words.filter((word) => word !== verb);
  const known =
    /^(--(no-root|no-interaction|no-ansi|no-dev|sync|compile|no-cache|quiet|all-extras|all-groups|(only|with|without|extras)=\S+)|-[nqv]+)$/;
  if (!onlyOptions(options, known, /^(--(only|with|without|extras)|-E)$/)) return null;
  return { ...plain, tool: 'poetry', noProject: options.includes('--no-root'), frozen: true };
}

function uv(words: readonly string[]): Install | null {
  if (words[0] === 'pip' && words[1] === 'install') return pip(words.slice(2));
  if (words[0] !== 'sync') return null;
  const options = words.slice(1);
  const known =
    /^(--(frozen|locked|no-dev|no-install-project|no-install-workspace|no-cache|all-extras|all-groups|compile-bytecode|no-editable|quiet|no-progress|no-default-groups|only-dev|link-mode=\w+|(no-)?(group|extra|only-group)=\S+)|-[qvn]+)$/;
  if (!onlyOptions(options, known, /^--(group|no-group|only-group|extra|link-mode)$/)) return null;
  const noProject = options.some((one) => /^--no-install-(project|workspace)$/.test(one));
  const frozen = options.some((one) => one === '--frozen' || one === '--locked');
  return { ...plain, tool: 'uv', noProject, frozen };
}

function go(words: readonly string[]): Install | null {
  const isDownload = words[0] === 'mod' && words[1] === 'download';
  return isDownload && onlyOptions(words.slice(2), /^-x$/)
    ? { ...plain, tool: 'go', frozen: true }
    : null;
}

function cargo(words: readonly string[]): Install | null {
  const [verb, ...options] = /^\+[\w.-]+$/.test(words[0] ?? '') ? words.slice(1) : words;
  const known = /^(--(locked|quiet|verbose|target=[\w-]+)|-[qv]+)$/;
  if (verb !== 'fetch' || !onlyOptions(options, known, /^--target$/)) return null;
  return { ...plain, tool: 'cargo', frozen: options.includes('--locked') };
}

function maven(program: string, words: readonly string[]): Install | null {
  const goal =
    /^(org\.apache\.maven\.plugins:maven-)?dependency(-plugin(:[\w.-]+)?)?:(go-offline|resolve|resolve-plugins)$/;
  const goals = words.filter((word) => goal.test(word));
  const files: string[] = program === './mvnw' ? ['mvnw'] : [];
  if (program !== './mvnw' && program.endsWith('mvnw')) return null;
  const options = words.filter((word) => !goal.test(word));
  for (const [at, word] of options.entries()) {
    const value = options[at + 1] ?? '';
    if (/^(-s|--settings)$/.test(word) && !value.startsWith('/')) files.push(value);
  }
  const known =
    /^(-B|-q|-e|-U|-ntp|-T\S*|--(batch-mode|quiet|no-transfer-progress|errors|update-snapshots)|-D(maven\.repo\.local=\/\S+|skipTests|maven\.test\.skip=true|style\.color=\w+|includeScope=\w+))$/;
  if (goals.length === 0 || !onlyOptions(options, known, /^(-s|--settings)$/)) return null;
  return { ...plain, tool: 'maven', files, frozen: true };
}

function gradle(program: string, words: readonly string[]): Install | null {
  if (program !== './gradlew' && program.endsWith('gradlew')) return null;
  const known =
    /^(--(no-daemon|quiet|info|stacktrace|refresh-dependencies|console=plain|no-watch-fs|warning-mode=\w+)|-[qi])$/;
  const options = words.filter((word) => word !== 'dependencies');
  if (options.length === words.length || !onlyOptions(options, known)) return null;
  return {
    ...plain,
    tool: 'gradle',
    files: program === './gradlew' ? ['gradlew'] : [],
    frozen: true,
  };
}

function composer(words: readonly string[]): Install | null {
  const verb = words.find((word) => !word.startsWith('-'));
  if (verb !== 'install' && verb !== 'i') return null;
  const options = words.filter((word) => word !== verb);
  const known =
    /^(--(no-dev|no-scripts|no-autoloader|no-plugins|no-interaction|prefer-dist|no-progress|no-ansi|ansi|quiet|optimize-autoloader|classmap-authoritative|apcu-autoloader|no-suggest|ignore-platform-reqs?(=\S+)?|no-cache|audit)|-[noaqv]+)$/;
  if (!onlyOptions(options, known)) return null;
  const noProject = options.includes('--no-autoloader');
  const listsClasses = options.some((word) =>
    /^(--optimize-autoloader|--classmap-authoritative|-\w*[oa]\w*)$/.test(word),
  );
  if (listsClasses && !noProject) return null;
  return {
    ...plain,
    tool: 'composer',
    noScripts: options.includes('--no-scripts'),
    noPlugins: options.includes('--no-plugins'),
    noProject,
    frozen: true,
  };
}

function bundler(words: readonly string[]): Install | null {
  const options = words[0] === 'install' ? words.slice(1) : words;
  const known =
    /^(--(jobs=?\d*|retry=?\d*|quiet|no-cache|frozen|deployment|without=\S+|full-index|prefer-local)|-j\d*|-r\d*)$/;
  if (!onlyOptions(options, known, /^(--(jobs|retry|without)|-j)$/)) return null;
  return {
    ...plain,
    tool: 'bundler',
    frozen: options.some((one) => /^--(frozen|deployment)$/.test(one)),
  };
}

/** A command that is the same whatever lies in the project's folder, and writes nothing there. */
export function looksAside(words: readonly string[]): boolean {
  const line = withoutInterpreter(words).join(' ');
  return aside.some((pattern) => pattern.test(line));
}

const aside: readonly RegExp[] = [
  /^(true|:|set( -[\w-]+| pipefail)*)$/,
  /^(npm|yarn|pnpm|node|python3?|pip3?|go|composer|ruby|bundle|java|mvn) (-v|--version|version)$/,
  /^npm (-\S+ )*cache (clean|clear|rm|verify)( -\S+)*$/,
  /^npm (i|install) (-g|--global)( -{1,2}[\w=-]+| @?[a-z0-9][\w-]*(\/[a-z0-9][\w.-]*)?(@[\w.^~-]+)?)+$/,
  /^yarn cache clean( --\w+)*$/,
  /^pnpm store prune$/,
  /^corepack (enable|disable)( \w+)*$/,
  /^pip3? install( -{1,2}[\w=-]+)* (-U |--upgrade )?((?!\S*\.(whl|zip|gz|bz2|txt)\b)[A-Za-z0-9][\w.-]*(\[[\w,-]+\])?([<>=!~]=?[\w.*]+)? ?)+( -{1,2}[\w=-]+)*$/,
  /^pip3? cache purge$/,
  /^poetry config [\w.-]+ \w+$/,
  /^rm( -[rfv]+)*( (\/root\/|\/tmp\/|\/var\/|~\/)[\w.+@/*-]+)+$/,
  /^apt(-get)? (update|clean|(-\w+ |--\S+ )*(install|upgrade)( -\w+| --\S+| [a-z0-9][\w.+:-]*(=[\w.+:~*-]+)?)+)( -\w+)*$/,
  /^apk (add|update)( --[\w-]+| -\w+| \.?[a-z0-9][\w.+-]*([<>=~]+[\w.]+)?)*$/,
];

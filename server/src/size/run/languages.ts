/**
 * Package managers and build tools of languages whose output only a build tells (SIZES section 6):
 * each with its own sentence, and with the caches that it leaves behind.
 */

import type { ShellCommand } from '../../shell/commands.ts';
import { unknown } from '../size.ts';
import type { Draft, Handler } from './draft.ts';
import { pathFrom } from './homes.ts';
import { type CachePlace, cachePath, leaveCache } from './leftCaches.ts';

interface Tool {
  readonly programs: string;
  /** Commands that write nothing worth counting. */
  readonly idle?: string;
  /** What it writes, as the start of `… is known only after a build.` */
  readonly sentence: string;
  /** Sentences of their own for some commands. */
  readonly sentences?: Readonly<Record<string, string>>;
  readonly caches?: readonly CachePlace[];
  /** Commands that leave the cache as it is. */
  readonly offline?: string;
  /** Words of a command that empties its caches. */
  readonly cleans?: RegExp;
}

const goModules: CachePlace = {
  name: 'Go modules',
  variables: ['GOMODCACHE', 'GOPATH/pkg/mod'],
  usual: '/go/pkg/mod',
};
const goBuild: CachePlace = {
  name: 'Go builds',
  variables: ['GOCACHE', 'XDG_CACHE_HOME/go-build'],
  usual: '~/.cache/go-build',
};
const maven: CachePlace = { name: 'Maven', variables: [], usual: '~/.m2/repository' };
const gradle: CachePlace = {
  name: 'Gradle',
  variables: ['GRADLE_USER_HOME'],
  usual: '~/.gradle',
};
const cargo: CachePlace = {
  name: 'Cargo',
  variables: ['CARGO_HOME/registry'],
  usual: '/usr/local/cargo/registry',
};
const nuget: CachePlace = {
  name: 'NuGet',
  variables: ['NUGET_PACKAGES'],
  usual: '~/.nuget/packages',
};
const composer: CachePlace = {
  name: 'Composer',
  variables: ['COMPOSER_CACHE_DIR', 'COMPOSER_HOME/cache', 'XDG_CACHE_HOME/composer'],
  usual: '~/.composer/cache',
};
const gems: CachePlace = {
  name: 'RubyGems',
  variables: ['GEM_HOME/cache', 'BUNDLE_PATH/cache'],
  usual: '/usr/local/bundle/cache',
};

const tools: readonly Tool[] = [
  {
    programs: 'go',
    idle: 'version env fmt vet list doc help telemetry',
    sentence: 'What Go compiles',
    sentences: {
      mod: 'What the modules of the project weigh',
      get: 'What the modules weigh that Go fetches',
      install: 'How large the programs are that Go installs',
      build: 'How large the program is that Go builds',
    },
    caches: [goModules, goBuild],
    cleans: /^clean\b/,
  },
  {
    programs: 'cargo cross cargo-chef cargo-binstall',
    idle: '--version -V version help fmt search tree metadata',
    sentence: 'What Cargo fetches and compiles',
    caches: [cargo],
  },
  {
    programs: 'mvn mvnw mvnd',
    idle: '--version -v -version',
    sentence: 'What Maven fetches and builds',
    caches: [maven],
  },
  {
    programs: 'gradle gradlew',
    idle: '--version -v --stop',
    sentence: 'What Gradle fetches and builds',
    caches: [gradle],
  },
  { programs: 'ant', sentence: 'What Ant builds' },
  {
    programs: 'sbt',
    sentence: 'What sbt fetches and compiles',
    caches: [{ name: 'Ivy', variables: [], usual: '~/.ivy2' }],
  },
  {
    programs: 'lein clojure clj boot',
    sentence: 'What Clojure fetches and compiles',
    caches: [maven],
  },
  {
    programs: 'dotnet nuget msbuild',
    idle: '--version --info --list-sdks --list-runtimes help nuget dev-certs',
    sentence: 'What .NET builds',
    sentences: {
      restore: 'What the packages of the project weigh',
      publish: 'How large the published program is',
      tool: 'What the tool weighs that .NET installs',
      workload: 'What the workload weighs',
    },
    caches: [nuget],
  },
  {
    programs: 'composer composer.phar',
    idle: '--version -V config show diagnose validate about licenses status outdated audit check-platform-reqs help list',
    sentence: 'What Composer writes',
    sentences: {
      install: 'What the packages of composer.lock weigh',
      update: 'Which versions Composer takes, and what they weigh,',
      require: 'Which versions Composer takes, and what they weigh,',
      'create-project': 'What the project weighs that Composer fetches',
      global: 'What the packages weigh that Composer fetches',
      'dump-autoload': 'What the class loader weighs that Composer writes',
    },
    caches: [composer],
    offline: 'dump-autoload dumpautoload run-script run exec',
    cleans: /^(clear-?cache|cc)\b/,
  },
  {
    programs: 'bundle bundler',
    idle: '--version -v config env list show check info platform lock version',
    sentence: 'What Bundler runs and writes',
    sentences: {
      install: 'What the gems of Gemfile.lock weigh, once compiled,',
      update: 'Which versions Bundler takes, and what they weigh,',
    },
    caches: [gems],
    offline: 'exec clean binstubs',
  },
  {
    programs: 'gem',
    idle: '--version -v list env environment sources which info search query contents specification',
    sentence: 'What RubyGems writes',
    sentences: {
      install: 'What the gems weigh, once compiled,',
      update: 'Which versions RubyGems takes, and what they weigh,',
    },
    caches: [gems],
    offline: 'uninstall cleanup build',
    cleans: /^sources -c\b/,
  },
  { programs: 'rake rails', sentence: 'What the task writes' },
  {
    programs: 'mix rebar3 rebar',
    idle: '--version local.hex local.rebar',
    sentence: 'What the packages and the compiled project weigh',
    caches: [{ name: 'Hex', variables: ['HEX_HOME'], usual: '~/.hex' }],
  },
  {
    programs: 'stack cabal ghc',
    sentence: 'What Haskell packages and programs weigh, once compiled,',
    caches: [{ name: 'Cabal', variables: [], usual: '~/.cabal' }],
  },
  { programs: 'swift xcodebuild', sentence: 'What Swift fetches and compiles' },
  {
    programs: 'dart flutter pub',
    idle: '--version',
    sentence: 'What Dart fetches and builds',
    caches: [{ name: 'pub', variables: ['PUB_CACHE'], usual: '~/.pub-cache' }],
  },
  {
    programs: 'deno',
    idle: '--version',
    sentence: 'What Deno fetches and writes',
    caches: [{ name: 'Deno', variables: ['DENO_DIR'], usual: '~/.cache/deno' }],
  },
  {
    programs: 'zig nim nimble crystal shards dub dmd ldc2 opam dune ocaml v julia',
    sentence: 'What the compiler fetches and builds',
  },
  {
    programs: 'cpan cpanm carton perlbrew',
    sentence: 'What the Perl modules weigh',
    caches: [{ name: 'cpanm', variables: ['PERL_CPANM_HOME'], usual: '~/.cpanm' }],
  },
  {
    programs: 'Rscript R r install2.r installGithub.r',
    idle: '--version',
    sentence: 'What the R packages weigh, once compiled,',
  },
  { programs: 'luarocks', sentence: 'What the Lua modules weigh' },
  {
    programs: 'pecl pear phpize',
    idle: 'channel-update config-set version',
    sentence: 'What the PHP extension weighs, once compiled,',
  },
  {
    programs: 'docker-php-ext-install docker-php-ext-configure install-php-extensions',
    sentence: 'What the PHP extensions weigh, once compiled,',
  },
  {
    programs: 'docker-php-ext-enable a2enmod a2dismod a2ensite a2dissite',
    idle: '*',
    sentence: '',
  },
  {
    programs: 'make gmake bmake',
    idle: '--version -v',
    sentence: 'What make builds',
    sentences: { install: 'What make installs' },
  },
  {
    programs: 'cmake ninja meson bazel bazelisk scons waf qmake xmake ctest premake5',
    idle: '--version',
    sentence: 'What the build writes',
  },
  {
    programs: 'configure autogen.sh bootstrap.sh autoreconf autoconf automake buildconf',
    sentence: 'What the preparation of the build writes',
  },
  {
    programs:
      'gcc g++ cc c++ clang clang++ gfortran ld ar as rustc javac kotlinc scalac tsc protoc nasm erlc',
    idle: '--version -v -version',
    sentence: 'How large the compiled files are',
  },
  { programs: 'jlink jar native-image', sentence: 'How large the result is' },
  { programs: 'rustup', idle: '--version show', sentence: 'What the Rust toolchain weighs' },
  {
    programs: 'nvm fnm volta n sdk asdf mise rbenv pyenv',
    idle: '--version use global local default alias',
    sentence: 'What the version weighs that it fetches',
  },
];

/** By the name of the program. */
export const toolHandlers: ReadonlyMap<string, Handler> = new Map(
  tools.flatMap((tool) => tool.programs.split(' ').map((name) => [name, handlerOf(tool)] as const)),
);

function handlerOf(tool: Tool): Handler {
  const idle = new Set((tool.idle ?? '').split(' '));
  const offline = new Set((tool.offline ?? '').split(' '));
  return (command, draft) => {
    const words = command.words.slice(1);
    const verb = words.find((word) => !word.startsWith('-')) ?? words[0] ?? '';
    if (idle.has('*') || (verb !== '' && idle.has(verb))) return;
    if (words.every((word) => word === '--help' || word === '-h') && words.length > 0) return;
    if (tool.cleans?.test(words.join(' '))) {
      for (const place of tool.caches ?? []) draft.remove(cachePath(place, command, draft));
      return;
    }
    write(tool, verb, command, draft);
    if (offline.has(verb)) return;
    for (const place of tool.caches ?? []) {
      const path = cachePath(place, command, draft);
      leaveCache(place, command, draft, `a cache mount on ${path === '/' ? 'it' : path}`);
    }
  };
}

function write(tool: Tool, verb: string, command: ShellCommand, draft: Draft): void {
  const { sentences = {} } = tool;
  const start = Object.hasOwn(sentences, verb) ? (sentences[verb] ?? '') : tool.sentence;
  const reason = `${start} is known only after a build.`;
  const [program = ''] = command.words;
  const name = program.slice(program.lastIndexOf('/') + 1);
  const label = /^[a-z][\w.:-]*$/.test(verb) ? `${name} ${verb}` : name;
  const size = unknown(reason);
  draft.write({ path: placeOfOutput(verb, command), size, label, kind: 'other' });
}

/** Commands that put things outside of the folder where they run. */
const outside = new Set(['install', 'global', 'tool', 'workload', '--install']);

/** Where the output goes: the file or folder that is named, else where it runs, else anywhere. */
function placeOfOutput(verb: string, command: ShellCommand): string {
  const { words, cwd } = command;
  const at = words.findIndex((word) => word === '-o' || word === '--output' || word === '--out');
  const joined = words.find((word) => word.startsWith('--output='))?.slice('--output='.length);
  const named = joined ?? (at > 0 ? words[at + 1] : undefined);
  if (named !== undefined) return pathFrom(command, named) ?? '/';
  const leaves = outside.has(verb) || words.some((word) => outside.has(word));
  return leaves ? '/' : (cwd ?? '/');
}

/**
 * A command line that builds an image with BuildKit, as it was typed into a shell. What is not
 * understood to the last word is no such command: a build that is taken for another would make
 * predictions wrong.
 */

export interface BuildCommand {
  /** Folders that were gone into before it, one from the other, the first from the terminal's. */
  readonly folders?: readonly string[];
  /** As written; relative to the last of `folders`. */
  readonly context: string;
  /** As written; null: the `Dockerfile` of the context. */
  readonly dockerfile: string | null;
  readonly target: string | null;
  readonly platform: string | null;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** Other arguments that say which builder is used, and how. */
  readonly more: readonly string[];
  /** Images of registries go before those of the engine (`--pull`). */
  readonly pulls?: true;
  /** Names of the image, as written; absent: it gets none, or goes elsewhere than into the engine. */
  readonly tags?: readonly string[];
}

export type CommandReading =
  | { readonly kind: 'build'; readonly build: BuildCommand }
  /** No build at all. */
  | { readonly kind: 'other' }
  /** A build of which not all is known; `reason` is a full sentence. */
  | { readonly kind: 'unclear'; readonly reason: string };

const other: CommandReading = { kind: 'other' };

/**
 * Reads one line of a POSIX shell. Beside the build it may go into a folder before, and do something
 * else after, where each of its commands is reached only when the one before ended well.
 */
export function readBuildCommand(line: string): CommandReading {
  if (!/\b(?:build|bud|bake)\b/.test(line) || !/docker|buildx|podman|buildah|nerdctl/.test(line)) {
    return other;
  }
  const commands = shellCommands(line.trim());
  if (commands === null) {
    if (!/\bbuild\b/.test(line)) return other;
    return unclear('The command has parts that only the shell knows, such as variables or pipes.');
  }
  const at = commands.findIndex((words) => isBuild(withoutPrefix(words).words));
  const foreign = commands.map((words) => foreignBuilder(withoutPrefix(words).words));
  const [reason] = foreign.filter((one) => one !== undefined);
  if (at < 0) return reason === undefined ? other : unclear(reason);
  const { words, refusal } = withoutPrefix(commands[at] ?? []);
  const trouble =
    troubleBefore(commands.slice(0, at)) ?? refusal ?? troubleAfter(commands.slice(at + 1));
  if (trouble !== undefined) return unclear(trouble);
  const reading = readArguments(argumentsOf(words) ?? []);
  if (reading.kind !== 'build' || at === 0) return reading;
  const folders = commands.slice(0, at).map(([, folder = '']) => folder);
  return { ...reading, build: { ...reading.build, folders } };
}

/** Going into a folder is all that may come before: much else may change what the builder is told. */
function troubleBefore(commands: readonly (readonly string[])[]): string | undefined {
  const isFolder = ([name, folder = '-', ...more]: readonly string[]) =>
    name === 'cd' && more.length === 0 && !folder.startsWith('-') && folder !== '';
  return commands.every(isFolder)
    ? undefined
    : 'Another command was run before it in the same line.';
}

function troubleAfter(commands: readonly (readonly string[])[]): string | undefined {
  for (const given of commands) {
    const { words } = withoutPrefix(given);
    if (isBuild(words)) return 'There is more than one build in the line.';
    if (words.includes('prune') || (words.includes('buildx') && words.includes('rm'))) {
      return 'A command after it in the same line may have removed its cache.';
    }
  }
  return undefined;
}

/** Why a build by another program than buildx is not understood; undefined: it is none. */
function foreignBuilder([program, ...words]: readonly string[]): string | undefined {
  const isDocker = program === 'docker';
  const isCompose = program === 'docker-compose' || (isDocker && words[0] === 'compose');
  if (isCompose && words.some((word) => /^(?:build|--build)$/.test(word))) {
    return 'What Compose builds stands in files of its own, which are not read for this. Use Build and Record, or docker build.';
  }
  const isBake =
    words.includes('bake') && (program === 'buildx' || (isDocker && words[0] === 'buildx'));
  if (isBake) {
    return 'What bake builds stands in files of its own, which are not read for this. Use Build and Record, or docker build.';
  }
  const isOther = program === 'podman' || program === 'buildah' || program === 'nerdctl';
  if (
    isOther &&
    /^(?:build|bud|image)$/.test(words[0] ?? '') &&
    words.some((word) => /^(?:build|bud)$/.test(word))
  ) {
    return `The build was made by ${program}, of whose cache nothing is known here. Use Build and Record, or docker build.`;
  }
  return undefined;
}

/**
 * What may stand in front of the command without changing the build; a sentence where it does. For
 * another user the builder holds another copy of the context.
 */
function withoutPrefix(all: readonly string[]): {
  readonly words: readonly string[];
  readonly refusal?: string;
} {
  let at = 0;
  let refusal: string | undefined;
  for (; at < all.length; at += 1) {
    const word = all[at] ?? '';
    if (word === 'time' || word === 'command' || word === 'nice') continue;
    if (word === 'sudo' || word === 'doas') refusal ??= 'The build was that of another user.';
    else if (!/^[A-Za-z_]\w*=/.test(word)) break;
    else if (!/^(?:DOCKER_BUILDKIT=1|BUILDKIT_PROGRESS=\w*|NO_COLOR=\w*)$/.test(word)) {
      refusal ??= `The variable ${word.split('=')[0]} may change the build.`;
    }
  }
  return { words: all.slice(at), ...(refusal !== undefined && { refusal }) };
}

function isBuild(words: readonly string[]): boolean {
  return argumentsOf(words) !== null;
}

/** The arguments behind `build`; null where it is another command. */
function argumentsOf(words: readonly string[]): readonly string[] | null {
  const forms = ['docker build', 'docker buildx build', 'docker buildx b', 'docker image build'];
  for (const form of [...forms, 'docker builder build', 'buildx build', 'docker-buildx build']) {
    const names = form.split(' ');
    if (names.every((name, at) => words[at] === name)) return words.slice(names.length);
  }
  return null;
}

/** Flags that change nothing that a cache key depends on, with a value. */
const quietWithValue = new Set(
  `--tag -t --label --annotation --output -o --progress --metadata-file --iidfile --cache-to --cache-from
  --secret --ssh --provenance --sbom --attest --memory -m --memory-swap --cpu-shares -c --cpuset-cpus
  --cpu-quota --cpu-period --cpuset-mems --allow --security-opt`.split(/\s+/),
);
const quiet = new Set(
  '--quiet -q --load --push --pull --rm --force-rm --no-cache --compress --debug -D'.split(' '),
);
/** Flags that say which builder is used, and what its RUNs depend on. */
const kept = new Set(
  `--builder --no-cache-filter --network --add-host --ulimit --shm-size --cgroup-parent`.split(' '),
);

function readArguments(args: readonly string[]): CommandReading {
  let dockerfile: string | null = null;
  let target: string | null = null;
  let platform: string | null = null;
  const buildArgs = new Map<string, string>();
  const more: string[] = [];
  const tags: string[] = [];
  let goesElsewhere = false;
  let isPulled = false;
  const places: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (!word.startsWith('-') || word === '-') {
      places.push(word);
      continue;
    }
    const [, flag = word, given] = /^(--[\w-]+)=(.*)$/s.exec(word) ?? shortFlag(word);
    const name = flag;
    if (name === '--pull') isPulled = given === undefined || given === 'true';
    if (quiet.has(name) && (given === undefined || given === 'true')) continue;
    const value = given ?? args[at + 1];
    if (given === undefined) at += 1;
    if (value === undefined) return unclear(`The argument ${name} has no value.`);
    if (name === '--tag' || name === '-t') tags.push(value);
    if (name === '--output' || name === '-o') goesElsewhere = true;
    if (quietWithValue.has(name)) continue;
    if (kept.has(name)) more.push(`${name}=${value}`);
    else if (name === '--file' || name === '-f') dockerfile = value;
    else if (name === '--target') target = value;
    else if (name === '--platform') platform = value;
    else if (name === '--build-arg') {
      const equals = value.indexOf('=');
      if (equals < 0) return unclear(`The value of the build argument ${value} is not known.`);
      buildArgs.set(value.slice(0, equals), value.slice(equals + 1));
    } else return unclear(`The argument ${name} may change the build.`);
  }
  const [context] = places;
  if (context === undefined || places.length > 1) {
    return unclear('The command does not name one build context.');
  }
  if (context === '-' || /^[\w+.-]+:\/\/|^git@|^github\.com\//.test(context)) {
    return unclear('The build context is no folder of this machine.');
  }
  if (dockerfile === '-') return unclear('The Dockerfile came from a pipe.');
  if (platform?.includes(',')) return unclear('It is a build for several platforms.');
  const named = tags.length > 0 && !goesElsewhere && { tags };
  const build = {
    context,
    dockerfile,
    target,
    platform,
    buildArgs,
    more,
    ...named,
    ...(isPulled && { pulls: true as const }),
  };
  return { kind: 'build', build };
}

/** `-tname` and `-t name`; the letters of flags without a value may stand together. */
function shortFlag(word: string): readonly [string, string, string | undefined] {
  if (/^-[a-zA-Z]./.test(word) && !word.startsWith('--') && !quiet.has(word)) {
    return [word, word.slice(0, 2), word.slice(2).replace(/^=/, '')];
  }
  return [word, word, undefined];
}

function unclear(reason: string): CommandReading {
  return { kind: 'unclear', reason };
}

/** Words of a simple command after quotes are taken away; null where the shell does more with the line. */
export function shellWords(line: string): readonly string[] | null {
  const commands = shellCommands(line);
  return commands && commands.length <= 1 ? (commands[0] ?? []) : null;
}

/**
 * Words of simple commands that are joined by `&&`, after quotes are taken away; null where the shell
 * does more with the line than that. A comment and lines that go on are fine.
 */
function shellCommands(line: string): readonly (readonly string[])[] | null {
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? '';
    if (char === "'") {
      const end = line.indexOf("'", at + 1);
      if (end < 0) return null;
      word = (word ?? '') + line.slice(at + 1, end);
      at = end;
    } else if (char === '"') {
      word ??= '';
      for (at += 1; line[at] !== '"'; at += 1) {
        const inner = line[at];
        if (inner === undefined || inner === '$' || inner === '`' || inner === '!') return null;
        if (inner === '\\' && /["\\$`\n]/.test(line[at + 1] ?? '')) {
          at += 1;
          if (line[at] !== '\n') word += line[at];
        } else word += inner;
      }
    } else if (char === '\\') {
      at += 1;
      if (line[at] === undefined) return null;
      if (line[at] !== '\n') word = (word ?? '') + line[at];
    } else if (char === ' ' || char === '\t') {
      if (word !== null) words.push(word);
      word = null;
    } else if (char === '#' && word === null) break;
    else if (line.startsWith('&&', at)) {
      if (word !== null) words.push(word);
      if (words.length === 0) return null;
      commands.push(words);
      words = [];
      word = null;
      at += 1;
    } else if (/[\n\r;&|<>()$`*?[\]{}!~]/.test(char)) return null;
    else word = (word ?? '') + char;
  }
  if (word !== null) words.push(word);
  if (words.length > 0) commands.push(words);
  else if (commands.length > 0) return null;
  return commands;
}

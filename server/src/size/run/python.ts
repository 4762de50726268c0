/** Python's installers (SIZES section 6): measured where the context has it, else unknown with a reason. */

import type { InstalledKind } from '../../projects/projectFacts.ts';
import type { ShellCommand } from '../../shell/commands.ts';
import { readable } from '../../shell/shellTree.ts';
import { type Size, unknown } from '../size.ts';
import { type CommandLine, commandLine } from './commandLine.ts';
import { some } from './dependencies.ts';
import type { Draft, Handler } from './draft.ts';
import { pathFrom, variable } from './homes.ts';
import { toolHandlers } from './languages.ts';
import { type CachePlace, cachePath, leaveCache } from './leftCaches.ts';

const pipCache: CachePlace = {
  name: 'pip',
  variables: ['PIP_CACHE_DIR', 'XDG_CACHE_HOME/pip'],
  usual: '~/.cache/pip',
};
const uvCache: CachePlace = {
  name: 'uv',
  variables: ['UV_CACHE_DIR', 'XDG_CACHE_HOME/uv'],
  usual: '~/.cache/uv',
};
const poetryCache: CachePlace = {
  name: 'Poetry',
  variables: ['POETRY_CACHE_DIR', 'XDG_CACHE_HOME/pypoetry'],
  usual: '~/.cache/pypoetry',
};
const pipenvCache: CachePlace = {
  name: 'Pipenv',
  variables: ['PIPENV_CACHE_DIR', 'XDG_CACHE_HOME/pipenv'],
  usual: '~/.cache/pipenv',
};
const condaCache: CachePlace = {
  name: 'conda',
  variables: ['CONDA_PKGS_DIRS'],
  usual: '/opt/conda/pkgs',
};

const pipValued = new Set(
  `-r --requirement -c --constraint -e --editable -t --target -d --dest -w --wheel-dir -i --index-url
  --extra-index-url -f --find-links --trusted-host --proxy --timeout --retries --cache-dir --platform
  --python-version --implementation --abi --root --prefix --src --progress-bar --log --cert
  --client-cert --exists-action --global-option --config-settings --no-binary --only-binary --python
  -p --group --extra --report --upgrade-strategy --index-strategy --link-mode`.split(/\s+/),
);

/** Commands of pip that write nothing worth counting. */
const pipIdle = new Set(
  'list show freeze check config debug help inspect index search hash uninstall completion cache'.split(
    ' ',
  ),
);

/** `pip …`, `pip3 …`, `python -m pip …`: words from the name of the program on. */
function pip(command: ShellCommand, draft: Draft): void {
  const line = commandLine(command.words.slice(1), pipValued);
  const [verb = '', ...operands] = line.operands;
  if (verb === 'cache' && (operands[0] === 'purge' || operands[0] === 'remove')) {
    draft.remove(cachePath(pipCache, command, draft));
  }
  if (verb === '' || pipIdle.has(verb)) return;
  install(command, line, verb, operands, 'pip', draft);
  const keepsNone =
    line.options.has('--no-cache-dir') || isOn(variable(command, 'PIP_NO_CACHE_DIR'));
  const isLocal = line.options.has('--no-index') || operands.every(isWheel);
  const fetchesNone = isLocal && (operands.length > 0 || line.options.has('--no-index'));
  if (!keepsNone && !fetchesNone) leaveCache(pipCache, command, draft, '`--no-cache-dir`');
}

function uv(command: ShellCommand, draft: Draft): void {
  const line = commandLine(command.words.slice(1), pipValued);
  const [first = '', ...rest] = line.operands;
  const [verb = '', ...operands] = first === 'pip' ? rest : line.operands;
  if (first === 'cache' && /^(clean|prune)$/.test(rest[0] ?? '')) {
    draft.remove(cachePath(uvCache, command, draft));
    return;
  }
  const idle = 'version self help venv lock export tree cache init remove python';
  if (verb === '' || (first === 'pip' ? pipIdle.has(verb) : idle.split(' ').includes(verb))) {
    // Interpreters are the one thing of these that weighs much.
    if (verb !== 'python' || rest[0] !== 'install') return;
  }
  install(command, line, verb, operands, 'uv', draft);
  const keepsNone =
    line.options.has('--no-cache') ||
    line.options.has('-n') ||
    isOn(variable(command, 'UV_NO_CACHE'));
  if (!keepsNone) leaveCache(uvCache, command, draft, '`--no-cache` or a cache mount');
}

/** What is installed: measured where the context has it. */
function install(
  command: ShellCommand,
  line: CommandLine,
  verb: string,
  operands: readonly string[],
  program: string,
  draft: Draft,
): void {
  const { options } = line;
  const place = options.get('--target')?.at(-1) ?? options.get('-t')?.at(-1);
  const folder =
    options.get('-w')?.at(-1) ??
    options.get('--wheel-dir')?.at(-1) ??
    options.get('-d')?.at(-1) ??
    options.get('--dest')?.at(-1);
  const environment = variable(command, 'VIRTUAL_ENV');
  const named = verb === 'install' ? place : (folder ?? '.');
  const path = named === undefined ? (environment ?? '/') : (pathFrom(command, named) ?? '/');
  const files = [...(options.get('-r') ?? []), ...(options.get('--requirement') ?? [])];
  const label = readable(
    files.length > 0
      ? `${program} ${verb} -r ${some(files)}`
      : operands.length > 0
        ? `${program} ${verb} ${some(operands)}`
        : `${program} ${verb}`,
  );
  const size =
    (verb === 'install' ? measured(command, line, operands, files, program, draft) : null) ??
    unknown(reasonOf(verb, operands, files, program));
  draft.write({ path, size, label, kind: 'dependencies' });
}

function reasonOf(
  verb: string,
  operands: readonly string[],
  files: readonly string[],
  program: string,
): string {
  const what = readable(
    files.length > 0 ? some(files) : operands.length > 0 ? some(operands) : 'the project',
  );
  if (verb === 'python')
    return 'How large the Python is that uv fetches is known only after a build.';
  if (verb === 'run')
    return `What \`${program} run ${what}\` fetches and writes is known only after a build.`;
  return `What the Python packages of ${what} weigh is known only after a build; wheels or a virtual environment in the build context would tell.`;
}

/** The figure of wheels or of a virtual environment in the context, or why there is none. */
function measured(
  command: ShellCommand,
  { options, hasUnknown }: CommandLine,
  operands: readonly string[],
  files: readonly string[],
  program: string,
  draft: Draft,
): Size | null {
  if (hasUnknown) return null;
  const { facts, step } = draft.world;
  const ask = (path: string | undefined, what: InstalledKind): Size | null => {
    const place = path === undefined ? null : pathFrom(command, path);
    const fact = place === null ? null : facts.installed(step, place, what);
    if (!fact) return null;
    if (fact.state === 'pending') {
      return { ...unknown('The build context is being read.'), pending: true };
    }
    if (fact.state === 'unavailable') {
      return unknown(`What the Python packages weigh is not known. ${fact.reason}`);
    }
    const { basis, reason, withoutBytecode } = fact.value;
    const isCompiled = compiles(command, options, program);
    const { bytes, low, high } = (isCompiled ? undefined : withoutBytecode) ?? fact.value;
    return { basis, bytes, low, high, atLeast: false, reason };
  };
  const [first] = operands;
  if (files.length === 0 && operands.length === 1 && first !== undefined && isWheel(first)) {
    const size = ask(first, 'wheels');
    const isWhole = first.includes('*') || options.has('--no-deps') || options.has('--no-index');
    return size && !isWhole && size.bytes !== null ? { ...size, atLeast: true } : size;
  }
  const links = (options.get('--find-links') ?? options.get('-f'))?.at(-1);
  if (links !== undefined && options.has('--no-index')) {
    // A folder is mostly made for one file of requirements, so all of it is what the file asks for.
    const isNamed = files.length === 0 && operands.length > 0 && operands.every(isRequirement);
    return ask(links, isNamed && !options.has('--no-deps') ? { wheelsFor: operands } : 'wheels');
  }
  return files.length === 1 && operands.length === 0 ? ask(files[0], 'requirements') : null;
}

/** A file of the context, or all of a folder: nothing is fetched for it. */
function isWheel(word: string): boolean {
  return word.endsWith('.whl') || word.endsWith('/*');
}

/** A package by its name, not a file, a folder or an address. */
function isRequirement(word: string): boolean {
  return !isWheel(word) && !/^\.|[/:]/.test(word);
}

/** pip compiles whatever PYTHONDONTWRITEBYTECODE says; uv does only when it is told to. */
function compiles(
  command: ShellCommand,
  options: CommandLine['options'],
  program: string,
): boolean {
  if (program === 'uv') {
    return options.has('--compile-bytecode') || isOn(variable(command, 'UV_COMPILE_BYTECODE'));
  }
  return !options.has('--no-compile') && !isOn(variable(command, 'PIP_NO_COMPILE'));
}

function python(command: ShellCommand, draft: Draft): void {
  const words = command.words.slice(1);
  const at = words.indexOf('-m');
  const module =
    at >= 0 && words.slice(0, at).every((word) => word.startsWith('-')) ? words[at + 1] : undefined;
  if (module === 'pip' || module === 'uv') {
    const inner = { ...command, words: words.slice(at + 1) };
    (module === 'pip' ? pip : uv)(inner, draft);
    return;
  }
  if (words.every((word) => /^(-V|--version|-h|--help)$/.test(word))) return;
  const [script = ''] = words.filter((word) => !word.startsWith('-'));
  const reason =
    module === 'venv' || module === 'virtualenv'
      ? 'How large the pip is that the virtual environment brings is known only after a build.'
      : 'What the Python program writes is known only after a build.';
  const path = (module === 'venv' && pathFrom(command, words.at(-1) ?? '.')) || '/';
  const label = readable(module === undefined ? `python ${script}`.trim() : `python -m ${module}`);
  draft.write({ path, size: unknown(reason), label, kind: 'other' });
}

/** An installer whose output only a build tells. */
function installer(
  sentence: string,
  idle: string,
  cache: CachePlace,
  cleans: RegExp,
  wayOut: string,
): Handler {
  return (command, draft) => {
    const words = command.words.slice(1);
    const verb = words.find((word) => !word.startsWith('-')) ?? '';
    if (cleans.test(words.join(' '))) {
      draft.remove(cachePath(cache, command, draft));
      return;
    }
    if (verb === '' || idle.split(' ').includes(verb)) return;
    const [program = ''] = command.words;
    const label = readable(`${program.slice(program.lastIndexOf('/') + 1)} ${verb}`);
    const reason = `${sentence} is known only after a build.`;
    draft.write({ path: '/', size: unknown(reason), label, kind: 'dependencies' });
    if (verb !== 'run' && verb !== 'build') leaveCache(cache, command, draft, wayOut);
  };
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && !/^(0|false|no|off)$/i.test(value);
}

const conda = installer(
  'What the conda packages weigh',
  'config init info list activate deactivate search shell help',
  condaCache,
  /^clean\b/,
  '`conda clean -afy` in the same RUN',
);
const poetry = installer(
  'What the packages of poetry.lock weigh',
  'config lock check show version about help env export init shell self search',
  poetryCache,
  /^cache clear\b/,
  'a cache mount on it',
);
const pipenv = installer(
  'What the packages of Pipfile.lock weigh',
  'lock requirements check graph shell',
  pipenvCache,
  /^--clear$/,
  'a cache mount on it',
);
const pipx = installer(
  'What the Python packages weigh',
  'list ensurepath',
  pipCache,
  /^$/,
  'a cache mount on it',
);

const pips = ['pip', 'pip2', 'pip3', ...versions('pip3.', 6, 15), 'pip2.7'];
const pythons = ['python', 'python2', 'python3', 'pypy3', 'pypy', ...versions('python3.', 6, 15)];

function versions(start: string, from: number, to: number): readonly string[] {
  return Array.from({ length: to - from }, (_, index) => `${start}${from + index}`);
}

/** By the name of the program. */
export const languageHandlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ...toolHandlers,
  ...pips.map((name) => [name, pip] as const),
  ...pythons.map((name) => [name, python] as const),
  ['uv', uv],
  ['uvx', installer('What the Python tool weighs', '', uvCache, /^$/, 'a cache mount on it')],
  ['pipx', pipx],
  ['poetry', poetry],
  ['pdm', poetry],
  ['pipenv', pipenv],
  [
    'easy_install',
    installer('What the Python packages weigh', '', pipCache, /^$/, 'a cache mount on it'),
  ],
  ['conda', conda],
  ['mamba', conda],
  ['micromamba', conda],
]);

/** RUN as BuildKit executes it (`dockerfile2llb` `dispatchRun`). */

import type { RunCommand } from '../syntax/commands.ts';
import { readHeredocWord } from '../syntax/heredocs.ts';
import { withoutTabs } from './copies.ts';
import type { Environment } from './environment.ts';
import { runText } from './historyText.ts';
import { processEnv } from './imageConfig.ts';
import { type ResolvedMounts, resolveMounts } from './mounts.ts';
import { entriesOf } from './orderedMap.ts';
import type { Outcome } from './outcome.ts';
import type { ResolvedMount, ResolvedRun } from './plan.ts';
import { declaredArgs, isShellExact, type Running, withShell } from './running.ts';

/** Where BuildKit puts a heredoc that starts with `#!`, to run it as a program. */
const pipes = '/dev/pipes/';

/** The step that a RUN makes: what is run, where, by whom, with which variables and mounts. */
export function applyRun(running: Running, command: RunCommand): Outcome {
  const { shell } = command.command;
  const script = scriptOf(running, command);
  const argv = shell
    ? withShell(running, { shell: true, words: [script.text] })
    : command.command.words;
  const mounts: ResolvedMounts = resolveMounts(running, command);
  const { env, args, namesKnown, workdir } = running;
  const shellExact = !shell || isShellExact(running);
  const run = new PlannedRun(
    {
      argv,
      shell,
      script: shell ? script.text : null,
      program: script.program && script.body,
      proxyEnv: proxyEnv(running.around.buildArgs),
      cwd: workdir,
      user: running.config.user,
      network: command.network ?? 'default',
      security: command.security ?? 'sandbox',
      mounts: script.program ? [script.program, ...mounts.mounts] : mounts.mounts,
    },
    env,
    args,
    { directory: !running.workdirKnown, shell: !shellExact },
  );
  const declared = () => declaredArgs({ args, env, namesKnown });
  const empty = argv.length === 0 ? 'arguments are required' : null;
  return {
    effect: 'layer',
    // The text of a RUN repeats all ARGs above it.
    text: () => runText(argv, declared()),
    exact: () => shellExact && declared().every(({ exact }) => exact),
    error: mounts.error ?? empty,
    unlocated: mounts.error === null,
    copy: null,
    run,
    workdir: null,
  };
}

/** A class for its getter: in a literal it would give each RUN a shape of its own, which is slow. */
class PlannedRun implements ResolvedRun {
  readonly argv: ResolvedRun['argv'];
  readonly shell: boolean;
  readonly script: string | null;
  readonly program: string | null;
  readonly proxyEnv: ResolvedRun['proxyEnv'];
  readonly cwd: string;
  readonly user: string;
  readonly network: string;
  readonly security: string;
  readonly mounts: ResolvedRun['mounts'];
  readonly #env: Environment;
  readonly #args: Running['args'];
  readonly #inherited: NonNullable<ResolvedRun['inherited']>;

  constructor(
    run: Omit<ResolvedRun, 'env' | 'unset' | 'variables' | 'inherited'>,
    env: Environment,
    args: Running['args'],
    inherited: NonNullable<ResolvedRun['inherited']>,
  ) {
    this.argv = run.argv;
    this.shell = run.shell;
    this.script = run.script;
    this.program = run.program ?? null;
    this.proxyEnv = run.proxyEnv;
    this.cwd = run.cwd;
    this.user = run.user;
    this.network = run.network;
    this.security = run.security;
    this.mounts = run.mounts;
    this.#env = env;
    this.#args = args;
    this.#inherited = inherited;
  }

  get inherited(): NonNullable<ResolvedRun['inherited']> {
    return this.#inherited;
  }

  get unset(): readonly string[] {
    return entriesOf(this.#args).flatMap(({ key, value }) =>
      value.value === null && !this.#env.has(key) ? [key] : [],
    );
  }

  get variables(): ReadonlyMap<string, string> {
    return this.#env;
  }

  get env(): readonly string[] {
    if (latest?.from !== this.#env) latest = { from: this.#env, env: processEnv(this.#env) };
    return latest.env;
  }
}

/** RUNs in a row mostly see the same variables; more than one list would be too much to keep. */
let latest: { readonly from: Environment; readonly env: readonly string[] } | null = null;

interface Script {
  readonly text: string;
  readonly program: ResolvedMount | null;
  /** The text of the program; else the text itself. */
  readonly body: string;
}

/**
 * The text behind the shell. A lone heredoc is replaced by its body, or run as a program when it
 * starts with `#!`; next to other words, the bodies follow the line and the shell reads them.
 */
function scriptOf(running: Running, command: RunCommand): Script {
  const text = command.command.words.join(' ');
  const [first] = command.heredocs;
  if (!command.command.shell || !first) return { text, body: text, program: null };
  const word = readHeredocWord(text);
  if (!word.ok || !word.heredoc) {
    const bodies = command.heredocs.map(({ content, name }) => `\n${content}${name}`);
    return { text: text + bodies.join(''), body: text, program: null };
  }
  const body = first.chomp ? withoutTabs(first.content) : first.content;
  if (running.platform.os === 'windows' || !body.startsWith('#!'))
    return { text: body, body, program: null };
  return { text: pipes + first.name, program: programMount, body };
}

const programMount: ResolvedMount = {
  type: 'bind',
  target: pipes,
  source: '/',
  origin: null,
  readonly: true,
  id: '',
  sharing: '',
  sizeLimit: null,
  mode: null,
  uid: null,
  gid: null,
  required: false,
  env: null,
};

const noProxies: readonly string[] = [];

/** `HTTP_PROXY` and its like reach every RUN from `--build-arg`, declared or not, in both cases. */
function proxyEnv(buildArgs: ReadonlyMap<string, string>): readonly string[] {
  if (buildArgs.size === 0) return noProxies;
  const names = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'all_proxy'];
  const given = new Map<string, string>();
  for (const name of [...buildArgs.keys()].sort()) {
    const value = buildArgs.get(name);
    if (value && names.includes(name.toLowerCase())) given.set(name.toLowerCase(), value);
  }
  return names.flatMap((name) => {
    const value = given.get(name);
    return value ? [`${name.toUpperCase()}=${value}`, `${name}=${value}`] : [];
  });
}

/**
 * What git says of a folder. Only reads: no hook, no pager, no program that the configuration of a
 * repository names, no network.
 */

import { readFile, realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import process from 'node:process';
import type { GitHistory, GitPort } from '../churn/churn.ts';
import { logFormat, readGitLog, readTree } from '../churn/gitLog.ts';
import type { Fact } from '../context/fact.ts';
import { type RunResult, run } from './processes.ts';

/** How many commits are looked at. */
const mostCommits = 200;
const timeoutMs = 10_000;
const mostBytes = 16 * 1024 * 1024;

/** Settings that could run a program, wait for one, or lead into a repository that is only data. */
const safely = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.alternateRefsCommand=',
  'log.showSignature=false',
  'log.showRoot=true',
  'safe.bareRepository=explicit',
].flatMap((setting) => ['-c', setting]);

interface Known {
  /** The folder of HEAD, and the one that work trees share. */
  readonly own: string;
  readonly shared: string;
  readonly stamp: string;
  readonly history: Fact<GitHistory>;
}

/** Git as it is on this machine; remembers what it said of each folder until HEAD moves. */
export function createGit(program = 'git'): GitPort {
  const known = new Map<string, Known>();
  return {
    async history(folder, signal) {
      signal.throwIfAborted();
      const before = known.get(folder);
      const isSame = before && before.stamp === (await stampOf(before.own, before.shared));
      if (isSame) return before.history;
      if (!(await liesInRepository(folder))) return { state: 'unavailable', reason: noRepository };
      const git = (args: readonly string[]) => ask(program, folder, args, signal);
      const names = ['--is-shallow-repository', '--absolute-git-dir', '--git-common-dir'];
      const found = await git(['rev-parse', ...names]);
      signal.throwIfAborted();
      const [shallow = '', own = '', common = ''] = found.stdout.split('\n');
      if (found.code !== 0 || own === '') {
        return { state: 'unavailable', reason: reasonOf(found) };
      }
      const shared = isAbsolute(common) ? common : join(folder, common);
      // Taken first: what moves while git reads is seen the next time.
      const stamp = await stampOf(own, shared);
      const here = `${await realpath(folder).catch(() => folder)}/.git`;
      const hasRepository = own.replaceAll('\\', '/') === here.replaceAll('\\', '/');
      const history = await read(git, shallow === 'true', hasRepository);
      signal.throwIfAborted();
      if (known.size >= 64) known.clear();
      if (stamp !== null) known.set(folder, { own, shared, stamp, history });
      return history;
    },
  };
}

const noRepository = 'The build context lies in no git repository.';

/** Is there a `.git` in the folder or above it? Without one no process is started. */
async function liesInRepository(folder: string): Promise<boolean> {
  // Git looks above the folder that a link points to.
  let at = await realpath(folder).catch(() => folder);
  for (;;) {
    if (await stat(join(at, '.git')).catch(() => null)) return true;
    const above = dirname(at);
    if (above === at) return false;
    at = above;
  }
}

type Git = (args: readonly string[]) => Promise<RunResult>;

async function read(
  git: Git,
  isShallow: boolean,
  hasRepository: boolean,
): Promise<Fact<GitHistory>> {
  const log = await git([
    'log',
    ...['-z', '--name-only', '--relative', '--no-renames', '--no-merges', '--no-color'],
    // A file of the user's that gives the order may be missing, which would end git.
    ...[
      '-O/dev/null',
      '--no-ext-diff',
      '--no-textconv',
      '--no-show-signature',
      '--no-mailmap',
      '--no-notes',
    ],
    ...[`--max-count=${mostCommits}`, `--format=${logFormat}`, 'HEAD', '--'],
  ]);
  if (log.ended !== 'exited' || log.code !== 0) {
    return { state: 'unavailable', reason: reasonOf(log) };
  }
  const all = readGitLog(log.stdout, log.truncated);
  // At the edge of a shallow clone a commit seems to have added all files.
  const edge = isShallow ? await shallowEdge(git) : null;
  const commits = edge ? all.filter(({ id }) => !edge.has(id)) : all;
  if (commits.length === 0) {
    const reason = isShallow
      ? 'The clone is shallow and has no history to count in.'
      : 'The history of the repository could not be read.';
    return { state: 'unavailable', reason };
  }
  if (commits.every(({ paths }) => paths.length === 0)) {
    const reason = `None of the last ${commits.length} commits changed a file of the build context.`;
    return { state: 'unavailable', reason };
  }
  const list = await git(['ls-tree', '-r', '-z', 'HEAD']);
  const isWhole = list.ended === 'exited' && list.code === 0 && !list.truncated;
  const { files, links } = readTree(list.stdout);
  const tracked = isWhole ? files : null;
  return { state: 'known', value: { commits, tracked, links, hasRepository } };
}

/** Commits whose parents the clone does not have. */
async function shallowEdge(git: Git): Promise<ReadonlySet<string>> {
  // What `log` shows as a root without being one; a real root would be left out too, which is no harm.
  const roots = await git(['rev-list', '--max-parents=0', 'HEAD']);
  return new Set(roots.stdout.split('\n').filter(Boolean));
}

/**
 * Moves with HEAD: what it is, and when its branch, its log and packed branches were written. Null
 * where there is no HEAD any more.
 */
async function stampOf(own: string, shared: string): Promise<string | null> {
  const head = await readFile(join(own, 'HEAD'), 'utf8').catch(() => null);
  if (head === null) return null;
  const branch = /^ref: (refs\/\S+)/.exec(head)?.[1];
  const names = [
    ...[join(own, 'HEAD'), join(own, 'logs', 'HEAD'), join(shared, 'packed-refs')],
    ...[join(shared, 'shallow'), join(shared, 'reftable', 'tables.list')],
    ...(branch && !branch.includes('..') ? [join(shared, branch)] : []),
  ];
  const times = await Promise.all(
    names.map((name) =>
      stat(name, { bigint: true }).then(
        ({ mtimeNs, size, ino }) => `${mtimeNs}.${size}.${ino}`,
        () => '',
      ),
    ),
  );
  return [head, ...times].join(' ');
}

/** Variables that lead git elsewhere, or to programs; what says whom to trust stays. */
function environment(): Readonly<Record<string, string | undefined>> {
  const kept = /^GIT_(CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)|CEILING_DIRECTORIES|EXEC_PATH)$/;
  const led = Object.keys(process.env).filter((name) => /^GIT_/.test(name) && !kept.test(name));
  return {
    ...Object.fromEntries(led.map((name) => [name, undefined])),
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    // A partial clone would fetch what it lacks.
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
  };
}

function ask(
  program: string,
  folder: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<RunResult> {
  const fixed = ['--no-pager', '--no-optional-locks', '--no-replace-objects'];
  // Not started in the folder: where programs are also looked for in the current one, it is not ours.
  return run(program, ['-C', folder, ...safely, ...fixed, ...args], {
    cwd: tmpdir(),
    env: environment(),
    signal,
    timeoutMs,
    maxBytes: mostBytes,
  });
}

function reasonOf({ ended, message, stderr }: RunResult): string {
  if (ended === 'notFound') return 'Git is not installed.';
  if (ended !== 'exited') return message;
  if (/dubious ownership|safe\.directory/.test(stderr)) {
    return 'Git refuses to read the repository, since it belongs to somebody else (safe.directory).';
  }
  if (/not a git repository|safe\.bareRepository/i.test(stderr)) {
    return noRepository;
  }
  if (/does not have any commits|unknown revision|bad revision|ambiguous argument/.test(stderr)) {
    return 'The git repository has no commits yet.';
  }
  if (/unknown option|usage:/.test(stderr)) return 'This git is too old to be asked.';
  return 'Git could not read the history of the repository.';
}

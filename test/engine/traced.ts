/**
 * What a process contacts, starts and touches, as the kernel sees it: `strace` writes down every
 * socket, every process and every name of a file. Linux only.
 */

import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';

export interface Trace {
  /** Calls that make or use a socket. */
  readonly sockets: readonly string[];
  /** Command lines of processes that were started, the watched one itself left out. */
  readonly processes: readonly string[];
  /** Absolute paths that were named to the kernel, each once; `whole`: more than a look at its kind. */
  readonly files: ReadonlyMap<string, { readonly whole: boolean }>;
}

const script = join(import.meta.dirname, '../../scripts/installStrace.sh');
const calls = '%file,execve,fork,vfork,clone,clone3,socket,connect,bind,listen,socketpair,sendto';

/** Null when `strace` is there or could be installed, else a sentence. */
export function straceState(): string | null {
  const works = () => spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;
  if (works()) return null;
  if (process.platform !== 'linux') return 'There is no strace but on Linux.';
  spawnSync('bash', [script], { stdio: 'inherit', timeout: 120_000 });
  return works() ? null : 'There is no strace, and scripts/installStrace.sh could not install one.';
}

/** Starts Node with these arguments, watched; what it did is written to `log`. */
export function startTraced(
  log: string,
  argv: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): ChildProcessWithoutNullStreams {
  const watch = ['-f', '-qq', '-s', '4096', '-e', `trace=${calls}`, '-o', log];
  return spawn('strace', [...watch, process.execPath, ...argv], {
    cwd: options.cwd,
    env: { PATH: process.env.PATH ?? '', ...options.env },
  });
}

/** Reads what was written down; relative names are below `cwd`. */
export function readTrace(log: string, cwd: string): Trace {
  const sockets: string[] = [];
  const processes: string[] = [];
  const files = new Map<string, { whole: boolean }>();
  let started = 0;
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const [, call = '', rest = ''] = /^\d+ +(\w+)\((.*)$/.exec(line) ?? [];
    if (/^(socket|connect|bind|listen|socketpair|sendto)$/.test(call)) sockets.push(line);
    else if (/^(fork|vfork)$/.test(call)) processes.push(line);
    else if (/^clone3?$/.test(call)) {
      // A thread is no process.
      if (!rest.includes('CLONE_THREAD')) processes.push(line);
    } else if (call === 'execve') {
      started += 1;
      if (started > 1) processes.push(line);
    } else if (call !== '') {
      for (const path of pathsOf(rest)) {
        const name = resolve(cwd, path);
        const known = files.get(name);
        // A walk to the real path of a file looks at every folder above it, and into none.
        const whole = !/^(readlink|readlinkat|statx|newfstatat|stat|lstat)$/.test(call);
        files.set(name, { whole: whole || known?.whole === true });
      }
    }
  }
  return { sockets, processes, files };
}

/** Names among the arguments of a call, not those of its result. */
function pathsOf(rest: string): readonly string[] {
  const given = rest.replace(/\) += .*$/, '');
  return [...given.matchAll(/(?:^|, )"((?:[^"\\]|\\.)+)"/g)].flatMap(([, path]) => path ?? []);
}

export interface Allowed {
  /** Folders in which everything may be touched. */
  readonly folders: readonly string[];
  /** What the same program touches that does nothing of its own. */
  readonly baseline: Trace;
}

/** What was seen that should not be; empty when all is well. */
export function wrongIn(trace: Trace, { folders, baseline }: Allowed): readonly string[] {
  const above = new Set(folders.flatMap(ancestors));
  const strange = [...trace.files].filter(
    ([path, { whole }]) =>
      !baseline.files.has(path) &&
      !systemFile.test(path) &&
      !folders.some((folder) => path === folder || path.startsWith(`${folder}/`)) &&
      !(above.has(path) && !whole),
  );
  return [
    ...trace.sockets.map((line) => `socket: ${line}`),
    ...trace.processes.map((line) => `process: ${line}`),
    ...strange.map(([path]) => `file: ${path}`),
  ];
}

/** What Node asks the kernel about itself and its memory, when it likes. */
const systemFile =
  /^\/(proc\/(self|meminfo|stat|cpuinfo|\d+)|sys\/(fs\/cgroup|devices\/system\/cpu)|dev\/(null|urandom))(\/|$)/;

function ancestors(path: string): readonly string[] {
  const above = dirname(path);
  return above === path ? [path] : [path, ...ancestors(above)];
}

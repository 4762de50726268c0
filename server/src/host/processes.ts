/**
 * Starts other programs: by lists of arguments, never through a shell; within time and memory; ended
 * with all that they started. Beside it only `gpgv.ts` and `engineSsh.ts` start one.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { newMark, type ProcessFamily, processFamily } from './processFamily.ts';
import { isProgram, programPath } from './programPath.ts';
import { whenEnded } from './whenEnded.ts';

export interface RunOptions {
  readonly cwd: string;
  /** Laid over the environment of this process; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Ends the program when it aborts. */
  readonly signal?: AbortSignal;
  /** Milliseconds after which the program is ended. */
  readonly timeoutMs: number;
  /** Gets each piece of output as it comes; what it takes is not kept. */
  readonly onStdout?: (piece: Uint8Array) => void;
  readonly onStderr?: (piece: Uint8Array) => void;
  /** How much of each kind of output is kept; what comes later is dropped. */
  readonly maxBytes?: number;
  /** What the program reads; absent: nothing. */
  readonly input?: Uint8Array;
  /** Milliseconds from one signal to the next stronger one, when the program is ended. */
  readonly graceMs?: number;
}

export interface RunResult {
  /**
   * `exited`: by itself, or by a signal that is not ours; `notFound`: there is no such program;
   * `failed`: it could not be started, or a listener of ours threw, and `message` says it.
   */
  readonly ended: 'exited' | 'cancelled' | 'timedOut' | 'notFound' | 'failed';
  /** Null where a signal ended it, and where it was not started. */
  readonly code: number | null;
  readonly signal: string | null;
  /** A full sentence on what went wrong; `''` when it exited by itself. */
  readonly message: string;
  /** What was kept of the output, as UTF-8. */
  readonly stdout: string;
  readonly stderr: string;
  /** Output was dropped since it was more than is kept. */
  readonly truncated: boolean;
}

const defaultMaxBytes = 4 * 1024 * 1024;
const defaultGraceMs = 3000;
/** How long output may stay open behind the end of the program, when something else holds it. */
const lingerMs = 1000;
const pollMs = 20;

const running = new Set<ProcessFamily>();
const endAll = () => {
  for (const family of running) family.signal('SIGKILL');
};
process.on('exit', endAll);
let stopListening = () => {};

function started(family: ProcessFamily): void {
  if (running.size === 0) stopListening = whenEnded(endAll);
  running.add(family);
}

function ended(family: ProcessFamily): void {
  running.delete(family);
  if (running.size === 0) stopListening();
}

/**
 * Runs a program to its end. Never rejects. When `signal` aborts or the time is over, the program and
 * all that it started get SIGINT, after a grace SIGTERM, after another SIGKILL; the result comes when
 * none of them runs any more.
 */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  const env = { ...process.env, ...options.env };
  if (options.signal?.aborted) return notStarted('cancelled', `${program} was not started.`);
  const path = await programPath(program, { platform: process.platform, env, isProgram });
  if (!path) return notStarted('notFound', `The program ${program} is not installed.`);
  if (options.signal?.aborted) return notStarted('cancelled', `${program} was not started.`);
  try {
    const mark = newMark();
    const child = spawn(path, args, {
      cwd: options.cwd,
      env: { ...env, ...mark },
      shell: false,
      windowsHide: true,
      // A session of its own, so that all that it starts can be found and ended.
      detached: process.platform !== 'win32',
      stdio: [options.input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    return await follow(child, mark, program, options);
  } catch (error) {
    return notStarted('failed', couldNot(program, error));
  }
}

function follow(
  child: ChildProcess,
  mark: Readonly<Record<string, string>>,
  program: string,
  options: RunOptions,
): Promise<RunResult> {
  const { signal, timeoutMs, graceMs = defaultGraceMs, maxBytes = defaultMaxBytes } = options;
  const family = child.pid === undefined ? null : processFamily(child.pid, mark);
  if (family) started(family);
  const timers = new Set<NodeJS.Timeout>();
  const after = (ms: number, what: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      what();
    }, ms);
    timers.add(timer);
  };
  const stdout = keeper(maxBytes);
  const stderr = keeper(maxBytes);
  let why: 'exited' | 'cancelled' | 'timedOut' | 'failed' = 'exited';
  let message = '';
  let pieces = 0;

  return new Promise((resolve) => {
    let exit: { readonly code: number | null; readonly signal: string | null } | undefined;
    let closed = false;
    let done = false;

    const finish = () => {
      if (done) return;
      done = true;
      for (const timer of timers) clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
      if (family) ended(family);
      for (const stream of [child.stdout, child.stderr, child.stdin]) stream?.destroy();
      child.unref();
      resolve({
        ended: why,
        code: exit?.code ?? null,
        signal: exit?.signal ?? null,
        message,
        stdout: stdout.text(),
        stderr: stderr.text(),
        truncated: stdout.dropped() || stderr.dropped(),
      });
    };
    /** All of the family is gone, or nothing more can be done. */
    const finishWhenGone = (deadline: number) => {
      const start = performance.now();
      const gone = exit !== undefined && !family?.isAlive();
      const now = performance.now();
      // A machine may have thousands of processes, and others wait for this one.
      const pause = Math.max(pollMs, 9 * (now - start));
      if (gone || now > deadline) finish();
      else after(pause, () => finishWhenGone(deadline));
    };
    const end = (reason: 'cancelled' | 'timedOut' | 'failed', sentence: string) => {
      if (why !== 'exited' || done) return;
      why = reason;
      message = sentence;
      family?.signal('SIGINT');
      after(graceMs, () => family?.signal('SIGTERM'));
      after(2 * graceMs, () => family?.signal('SIGKILL'));
      finishWhenGone(performance.now() + 3 * graceMs);
    };
    const cancel = () => end('cancelled', `${program} was cancelled.`);
    const settle = () => {
      if (!exit || why !== 'exited') return;
      if (closed) return finish();
      const before = pieces;
      after(lingerMs, () => (pieces === before ? finish() : settle()));
    };
    const listen = (own: Keeper, listener: ((piece: Uint8Array) => void) | undefined) => {
      return (piece: Buffer) => {
        pieces += 1;
        try {
          (listener ?? own.add)(piece);
        } catch (error) {
          end('failed', `The output of ${program} could not be read: ${reasonOf(error)}`);
        }
      };
    };

    child.stdout?.on('data', listen(stdout, options.onStdout)).on('error', () => {});
    child.stderr?.on('data', listen(stderr, options.onStderr)).on('error', () => {});
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input);
    child.on('error', (error) => {
      if (child.pid !== undefined) return;
      why = 'failed';
      message = couldNot(program, error);
      finish();
    });
    child.on('exit', (code, by) => {
      exit = { code, signal: by };
      settle();
    });
    child.on('close', () => {
      closed = true;
      settle();
    });
    after(Math.min(timeoutMs, 2 ** 31 - 1), () =>
      end('timedOut', `${program} was ended as it took longer than ${seconds(timeoutMs)}.`),
    );
    if (signal?.aborted) cancel();
    else signal?.addEventListener('abort', cancel);
  });
}

interface Keeper {
  readonly add: (piece: Uint8Array) => void;
  readonly text: () => string;
  readonly dropped: () => boolean;
}

function keeper(maxBytes: number): Keeper {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  let dropped = false;
  return {
    add(piece) {
      const room = maxBytes - bytes;
      if (piece.length > room) dropped = true;
      if (room <= 0) return;
      pieces.push(piece.subarray(0, room));
      bytes += Math.min(piece.length, room);
    },
    text: () => Buffer.concat(pieces).toString('utf8'),
    dropped: () => dropped,
  };
}

function notStarted(ended: RunResult['ended'], message: string): RunResult {
  return { ended, code: null, signal: null, message, stdout: '', stderr: '', truncated: false };
}

function couldNot(program: string, error: unknown): string {
  return `${program} could not be started: ${reasonOf(error)}`;
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${Math.round(ms / 1000)} s`;
}

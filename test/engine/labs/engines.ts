/**
 * Container engines of the tests' own, beside the machine's: other versions, the containerd image
 * store, Podman. `scripts/labEngine.sh` runs each in namespaces of its own; it ends with the test
 * process, however that ends, and its data is removed, at the latest by the next one that starts.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DockerOptions,
  docker,
  dockerOk,
  engineGet,
  engineState,
  type HistoryRow,
  imageHistory,
  machineSocket,
  type Output,
} from '../engine.ts';

const scripts = join(import.meta.dirname, '../../../scripts');

/** The engines; `store` means the containerd image store, `docker` the version that is installed. */
export const labKinds = [
  'docker',
  'docker-store',
  'docker-26',
  'docker-26-store',
  'podman',
] as const;
export type LabKind = (typeof labKinds)[number];

/** What is needed of a client for one engine. */
export interface EngineClient {
  /** `unix:///…/engine.sock`. */
  readonly endpoint: string;
  /** What processes are to have in their environment so that this engine is theirs. */
  readonly env: Readonly<Record<string, string>>;
  docker(args: readonly string[], options?: DockerOptions): Promise<Output>;
  /** As `docker`, but a failing command is an error that shows what it printed. */
  dockerOk(args: readonly string[], options?: DockerOptions): Promise<string>;
  /** Rows as its API has them, the oldest first. */
  history(image: string): Promise<readonly HistoryRow[]>;
  /** One GET of its API. */
  get(path: string): Promise<unknown>;
}

export interface LabEngine extends EngineClient {
  readonly kind: LabKind;
  /** Folder with its socket, its log and its data. */
  readonly folder: string;
  /** Ends it at once, as a crash does; the socket's file stays, and so do its images. */
  kill(): Promise<void>;
  /** Asks it to end and waits until it did. */
  quit(): Promise<void>;
  /** Makes its process stand still: connections are accepted by the kernel, answers do not come. */
  freeze(): void;
  thaw(): void;
  /** Ends it and removes all that it had. */
  stop(): Promise<void>;
}

const states = new Map<string, string | null>();

/** Null where an engine of this kind can be started, else a sentence that says why not. */
export function labState(kind: LabKind): string | null {
  const known = states.get(kind);
  if (known !== undefined) return known;
  const state = findState(kind);
  states.set(kind, state);
  return state;
}

function findState(kind: LabKind): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return 'Only root on Linux can start engines beside the one that is installed.';
  }
  const reason = engineState();
  if (reason) return reason;
  const packages = kind === 'podman' ? kind : kind.startsWith('docker-26') ? 'docker-26' : null;
  if (!packages) return null;
  const { status } = spawnSync('bash', [join(scripts, 'installEngines.sh'), packages], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 300_000,
  });
  return status === 0 ? null : `scripts/installEngines.sh could not bring ${packages}.`;
}

/** Declares tests that need an engine of this kind; skips them, with the reason as title, where it cannot be. */
export function describeWithLab(title: string, kinds: readonly LabKind[], body: () => void): void {
  describe(title, function () {
    this.timeout(180_000);
    const reason = kinds.map(labState).find((state) => state !== null);
    if (!reason) return body();
    it(`skipped: ${reason}`, function () {
      this.skip();
    });
  });
}

/** A client of the engine behind a unix socket; `more` is its environment beside `DOCKER_HOST`. */
export function engineClient(
  endpoint: string,
  more: Readonly<Record<string, string>> = {},
): EngineClient {
  const env = { DOCKER_HOST: endpoint, ...more };
  const withEnv = (options: DockerOptions = {}) => ({
    ...options,
    env: { ...env, ...options.env },
  });
  const socket = endpoint.replace('unix://', '');
  return {
    endpoint,
    env,
    docker: (args, options) => docker(args, withEnv(options)),
    dockerOk: (args, options) => dockerOk(args, withEnv(options)),
    history: (image) => imageHistory(image, socket),
    get: (path) => engineGet(path, socket),
  };
}

/** The machine's own engine. Nothing of it may be stopped or removed. */
export const machineEngine = engineClient(`unix://${machineSocket}`);

let last = 0;

/** A folder for one engine after the other, removed by `stop` of the last. */
export function labFolder(): string {
  removeLeftOvers();
  const folder = `${prefix}${process.pid}-${++last}`;
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

// Paths of sockets have to be short.
const prefix = '/tmp/dockerfile-layers-lab-';

/** Starts an engine and waits until it answers, some two seconds. */
export async function startedEngine(kind: LabKind, folder = labFolder()): Promise<LabEngine> {
  const child = spawn('bash', [join(scripts, 'labEngine.sh'), kind, folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const socket = join(folder, 'engine.sock');
  // Podman has no BuildKit.
  const client = engineClient(
    `unix://${socket}`,
    kind === 'podman' ? { DOCKER_BUILDKIT: '0' } : {},
  );
  const end = async (act: () => void) => {
    if (child.exitCode === null && child.signalCode === null) act();
    await ended;
  };
  const kill = () => end(() => child.kill('SIGKILL'));
  const lab: LabEngine = {
    ...client,
    kind,
    folder,
    kill,
    quit: () => end(() => process.kill(daemon(child), 'SIGTERM')),
    freeze: () => stopped(daemon(child)),
    thaw: () => process.kill(daemon(child), 'SIGCONT'),
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await answering(lab, child);
  return lab;
}

async function answering(lab: LabEngine, child: ChildProcess): Promise<void> {
  for (let rounds = 0; rounds < 1200; rounds++) {
    if (child.exitCode !== null) break;
    if (await lab.get('/info').then(Boolean, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  let log = '';
  try {
    log = readFileSync(join(lab.folder, 'log'), 'utf8').slice(-3000);
  } catch {
    // It ended before it wrote one.
  }
  await lab.stop();
  throw new Error(`${lab.kind} did not start:\n${log}`);
}

/** The engine itself is the child of process 1 of its namespace, which is the child of what was started. */
function daemon(child: ChildProcess): number {
  const first = (pid: number) => {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return Number(children[0]);
  };
  return first(first(child.pid ?? 0));
}

/** Stops a process and waits until each of its threads stands still, which a signal alone does not. */
function stopped(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  const end = performance.now() + 5000;
  const stands = (thread: string) =>
    /^State:\s+[TtZX]/m.test(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8'));
  while (!readdirSync(`/proc/${pid}/task`).every(stands)) {
    if (performance.now() > end) throw new Error(`the process ${pid} does not stop`);
  }
}

/** Folders of test processes that are gone, with the engines that ended with them. */
function removeLeftOvers(): void {
  for (const name of readdirSync('/tmp')) {
    const path = `/tmp/${name}`;
    if (!path.startsWith(prefix)) continue;
    const pid = Number(path.slice(prefix.length).split('-')[0]);
    if (pid === process.pid || isAlive(pid)) continue;
    rmSync(path, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

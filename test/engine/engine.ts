/**
 * The Docker Engine that engine tests talk to: found, or installed and started by
 * `scripts/installDocker.sh` where that is possible (Linux, root). Elsewhere the tests are
 * skipped, saying why. Nothing but the tests' own images is ever removed.
 */

import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const script = join(import.meta.dirname, '../../scripts/installDocker.sh');

function answers(): boolean {
  return (
    spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 20_000 })
      .status === 0
  );
}

let state: { readonly reason: string | null } | undefined;

/** Null when an engine answers, else a sentence that says why there is none. */
export function engineState(): string | null {
  state ??= { reason: findEngine() };
  return state.reason;
}

/** What the tests' base image is made of: static, so that it runs in an image without libraries. */
export const basePrograms = ['/bin/busybox', '/bin/bash-static'] as const;

function isReady(): boolean {
  return answers() && basePrograms.every((path) => existsSync(path));
}

function findEngine(): string | null {
  if (isReady()) return null;
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return `There is no Docker Engine with ${basePrograms.join(' and ')} beside it, and only root on Debian can install them here.`;
  }
  const { status } = spawnSync('bash', [script], { stdio: 'inherit', timeout: 300_000 });
  return status === 0 && isReady()
    ? null
    : 'No Docker Engine answers, and scripts/installDocker.sh could not start one.';
}

/** Declares tests that need an engine; skips them, with the reason as title, where there is none. */
export function describeWithEngine(title: string, body: () => void): void {
  describe(title, function () {
    this.timeout(180_000);
    const reason = engineState();
    if (reason) {
      it(`skipped: ${reason}`, function () {
        this.skip();
      });
      return;
    }
    body();
  });
}

export interface Output {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface DockerOptions {
  readonly input?: Buffer | undefined;
  readonly cwd?: string | undefined;
  readonly timeoutMs?: number | undefined;
  /** Beside the environment of the tests; `DOCKER_HOST` says which engine. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** Runs the docker client with an argument list; never rejects for a failing command. */
export function docker(args: readonly string[], options: DockerOptions = {}): Promise<Output> {
  return new Promise((resolve) => {
    const child = execFile(
      'docker',
      [...args],
      {
        cwd: options.cwd,
        maxBuffer: 256 * 1024 * 1024,
        timeout: options.timeoutMs ?? 120_000,
        env: { ...process.env, DOCKER_BUILDKIT: '1', BUILDKIT_PROGRESS: 'plain', ...options.env },
      },
      (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
        resolve({ status: code, stdout, stderr });
      },
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input);
  });
}

/** As `docker`, but a failing command is an error that shows what it printed. */
export async function dockerOk(
  args: readonly string[],
  options: DockerOptions = {},
): Promise<string> {
  const { status, stdout, stderr } = await docker(args, options);
  if (status !== 0)
    throw new Error(`docker ${args.join(' ')} ended with ${status}:\n${stderr || stdout}`);
  return stdout;
}

export interface HistoryRow {
  readonly createdBy: string;
  readonly bytes: number;
}

/** Rows of an image's history as the Engine API reports them, oldest first. */
export async function imageHistory(
  image: string,
  socketPath = machineSocket,
): Promise<readonly HistoryRow[]> {
  const rows = (await engineGet(`/images/${encodeURIComponent(image)}/history`, socketPath)) as {
    CreatedBy: string;
    Size: number;
  }[];
  return rows.map((row) => ({ createdBy: row.CreatedBy, bytes: row.Size })).reverse();
}

/** Where the machine's own engine answers. */
export const machineSocket = '/var/run/docker.sock';

/** One GET of the Engine API over its socket. */
export async function engineGet(path: string, socketPath = machineSocket): Promise<unknown> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, timeout: 30_000, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(parts).toString();
        if (response.statusCode === 200) resolve(JSON.parse(body));
        else reject(new Error(`GET ${path}: ${response.statusCode} ${body}`));
      });
    });
    call.on('error', reject);
    call.on('timeout', () => call.destroy(new Error(`GET ${path} took too long`)));
    call.end();
  });
}

export interface ConfigHistory {
  readonly created_by?: string;
  readonly empty_layer?: boolean;
}

export interface ImageConfigFile {
  readonly config: Record<string, unknown>;
  readonly history: readonly ConfigHistory[];
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

/** The image's own config file, `empty_layer` included, which no API call tells: read from `docker save`. */
export async function imageConfig(image: string, folder: string): Promise<ImageConfigFile> {
  const archive = join(folder, 'image.tar');
  await dockerOk(['image', 'save', '-o', archive, image]);
  const { entries } = await import('./tar.ts');
  const files = entries(await readFile(archive));
  const manifest = JSON.parse(files.get('manifest.json')?.toString() ?? '[]') as {
    Config: string;
  }[];
  const config = files.get(manifest[0]?.Config ?? '');
  if (!config) throw new Error(`the saved image ${image} has no config`);
  return JSON.parse(config.toString()) as ImageConfigFile;
}

/**
 * Options of `docker build` and `docker run` for commands that use the network: the machine's own
 * network, which needs no bridge and reaches loopback, and its proxies.
 */
export function network(): readonly string[] {
  const proxies = ['http_proxy', 'https_proxy', 'no_proxy'].filter((name) => process.env[name]);
  return ['--network=host', ...proxies.flatMap((name) => ['--build-arg', name])];
}

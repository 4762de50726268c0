/**
 * A container engine that answers as Docker Engine 28 does, as far as the product asks, and that can
 * be made to fail in the middle of any kind of request. On a socket of its own, in a folder of its own.
 */

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageSteps, planOf } from './plans.ts';

/** What is asked, by the path of the request. */
export const questions = [
  'ping',
  'version',
  'info',
  'images',
  'image',
  'history',
  'cache',
  'events',
  'containers',
] as const;
export type Question = (typeof questions)[number];

/** How an engine fails. */
export const faults = [
  /** Takes the request and never says a word. */
  'stalls',
  /** Says the half of its answer, and then nothing more. */
  'stallsMidway',
  'dies',
  'diesMidway',
  /** Sends bytes that are no HTTP. */
  'speaksNoHttp',
  'isNoJson',
  /** JSON of another shape than documented. */
  'hasWrongTypes',
  /** Goes on with its answer for ever, as fast as it is read. */
  'isEndless',
  /** A byte now and then. */
  'drips',
  'refuses',
] as const;
export type Fault = (typeof faults)[number];

export interface FakeImage {
  readonly id: string;
  readonly references: readonly string[];
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly diffIds: readonly string[];
  /** The oldest first. */
  readonly history: readonly { readonly createdBy: string; readonly bytes: number }[];
}

export interface FakeEngine {
  /** `unix:///…`, for settings and `DOCKER_HOST`. */
  readonly endpoint: string;
  images: readonly FakeImage[];
  /** What goes wrong, by question; `every` stands for all. */
  readonly faults: Map<Question | 'every', Fault>;
  /** Paths of all requests so far. */
  readonly asked: string[];
  /** Connections that are open now. */
  readonly open: number;
  /** Streams of events that are followed now. */
  readonly followers: number;
  /** Says something to all who follow the events. */
  emit(event: object): void;
  start(): Promise<void>;
  /** Ends every connection at once, as when the engine is killed. */
  stop(): Promise<void>;
  /** Stops, and removes the folder of the socket. */
  remove(): Promise<void>;
}

/** An engine with these images, started. */
export async function startFakeEngine(images: readonly FakeImage[] = []): Promise<FakeEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'engine-'));
  const path = join(folder, 'docker.sock');
  const sockets = new Set<Socket>();
  const followers = new Set<ServerResponse>();
  let server: Server | null = null;

  const serve = (request: IncomingMessage, response: ServerResponse) => {
    engine.asked.push(request.url ?? '');
    response.on('error', () => {});
    const question = questionOf(request.url ?? '');
    const fault = engine.faults.get(question ?? 'ping') ?? engine.faults.get('every');
    const headers = { 'Api-Version': '1.51', Ostype: 'linux', 'Builder-Version': '2' };
    if (question === 'events' && !fault) {
      response.writeHead(200, { ...headers, 'Content-Type': 'application/json' });
      response.flushHeaders();
      followers.add(response);
      response.on('close', () => followers.delete(response));
      return;
    }
    const { status, body } = answerTo(engine.images, question, request.url ?? '');
    if (!fault) {
      response.writeHead(status, { ...headers, 'Content-Type': 'application/json' });
      response.end(body);
      return;
    }
    fail(fault, response, body, headers);
  };

  const engine: FakeEngine = {
    endpoint: `unix://${path}`,
    images,
    faults: new Map(),
    asked: [],
    get open() {
      return sockets.size;
    },
    get followers() {
      return followers.size;
    },
    emit(event) {
      for (const follower of followers) follower.write(`${JSON.stringify(event)}\n`);
    },
    async start() {
      const started = createServer(serve);
      started.on('connection', (socket) => {
        sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => sockets.delete(socket));
      });
      await new Promise<void>((ready) => started.listen(path, ready));
      server = started;
    },
    async stop() {
      const ended = server;
      server = null;
      if (!ended) return;
      const closed = new Promise<void>((done) => ended.close(() => done()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async remove() {
      await engine.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await engine.start();
  return engine;
}

function questionOf(url: string): Question | null {
  const path = url.replace(/\?.*$/s, '').replace(/^\/v[\d.]+/, '');
  if (path === '/_ping') return 'ping';
  if (path === '/version') return 'version';
  if (path === '/info') return 'info';
  if (path === '/images/json') return 'images';
  if (/^\/images\/.+\/history$/.test(path)) return 'history';
  if (/^\/images\/.+\/json$/.test(path)) return 'image';
  if (path === '/system/df') return 'cache';
  if (path === '/events') return 'events';
  if (path === '/containers/json') return 'containers';
  return null;
}

function answerTo(
  images: readonly FakeImage[],
  question: Question | null,
  url: string,
): { readonly status: number; readonly body: string } {
  const named = /\/images\/(.+)\/(?:json|history)/.exec(url.replace(/\?.*$/s, ''))?.[1];
  const name = decodeURIComponent(named ?? '');
  const image = images.find(
    ({ id, references }) => id === name || references.some((one) => isNamed(one, name)),
  );
  const ok = (value: unknown) => ({ status: 200, body: JSON.stringify(value) });
  switch (question) {
    case 'ping':
      return { status: 200, body: 'OK' };
    case 'version':
      return ok({
        Version: '28.5.2',
        ApiVersion: '1.51',
        MinAPIVersion: '1.24',
        Os: 'linux',
        Arch: 'amd64',
      });
    case 'info':
      return ok(info);
    case 'images':
      return ok(images.map(summaryOf));
    case 'image':
      return image ? ok(inspected(image)) : missing(name);
    case 'history':
      return image ? ok(historyOf(image)) : missing(name);
    case 'cache':
      return ok({ LayersSize: 0, BuildCache: [] });
    case 'containers':
      return ok([]);
    default:
      return { status: 404, body: JSON.stringify({ message: 'page not found' }) };
  }
}

const info = {
  ID: 'fake-engine',
  Driver: 'overlay2',
  DriverStatus: [['Backing Filesystem', 'extfs']],
  ServerVersion: '28.5.2',
  OSType: 'linux',
  Architecture: 'x86_64',
  OperatingSystem: 'Debian GNU/Linux 12 (bookworm)',
  Name: 'fake',
  DockerRootDir: '/var/lib/docker',
};

function isNamed(reference: string, name: string): boolean {
  return reference === name || reference === `${name}:latest`;
}

function missing(name: string) {
  return { status: 404, body: JSON.stringify({ message: `No such image: ${name}` }) };
}

function summaryOf({ id, references, createdAt, labels, history }: FakeImage): object {
  return {
    Id: id,
    ParentId: '',
    RepoTags: references,
    RepoDigests: [],
    Created: Math.floor(createdAt / 1000),
    Size: history.reduce((sum, { bytes }) => sum + bytes, 0),
    SharedSize: -1,
    Containers: -1,
    Labels: labels,
  };
}

function inspected({ id, references, createdAt, labels, diffIds, history }: FakeImage): object {
  const folders = diffIds.map((_, at) => `/var/lib/docker/overlay2/layer${at}/diff`).reverse();
  return {
    Id: id,
    RepoTags: references,
    RepoDigests: [],
    Created: new Date(createdAt).toISOString(),
    Config: { Env: ['PATH=/usr/bin:/bin'], Labels: labels, WorkingDir: '/' },
    Architecture: 'amd64',
    Os: 'linux',
    Size: history.reduce((sum, { bytes }) => sum + bytes, 0),
    GraphDriver: {
      Name: 'overlay2',
      Data: { UpperDir: folders[0], LowerDir: folders.slice(1).join(':') },
    },
    RootFS: { Type: 'layers', Layers: diffIds },
    Metadata: { LastTagTime: new Date(createdAt).toISOString() },
  };
}

function historyOf({ id, createdAt, history, references }: FakeImage): readonly object[] {
  return history
    .map(({ createdBy, bytes }, at) => ({
      Id: at === history.length - 1 ? id : '<missing>',
      Created: Math.floor(createdAt / 1000),
      CreatedBy: createdBy,
      Tags: at === history.length - 1 ? references : null,
      Size: bytes,
      Comment: 'buildkit.dockerfile.v0',
    }))
    .reverse();
}

function fail(
  fault: Fault,
  response: ServerResponse,
  body: string,
  headers: Readonly<Record<string, string>>,
): void {
  const { socket } = response;
  const half = () => {
    response.writeHead(200, { ...headers, 'Content-Length': String(body.length + 100) });
    response.write(body.slice(0, Math.ceil(body.length / 2)));
  };
  switch (fault) {
    case 'stalls':
      return;
    case 'stallsMidway':
      half();
      return;
    case 'dies':
      socket?.destroy();
      return;
    case 'diesMidway':
      half();
      // Behind what was written, and not before it.
      setImmediate(() => socket?.destroy());
      return;
    case 'speaksNoHttp':
      socket?.end('\u0000\u0001garbage\r\n\r\n\u00ff'.repeat(100));
      return;
    case 'isNoJson':
      response.writeHead(200, { ...headers, 'Content-Type': 'text/html' });
      response.end('<html><body>Welcome to the proxy!</body></html>');
      return;
    case 'hasWrongTypes':
      response.writeHead(200, headers);
      response.end(
        JSON.stringify([null, 7, 'x', { Id: 5, Config: [], RootFS: 'x', Size: {}, Created: [] }]),
      );
      return;
    case 'isEndless':
      response.writeHead(200, headers);
      pour(response);
      return;
    case 'drips': {
      response.writeHead(200, headers);
      const timer = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(timer));
      return;
    }
    case 'refuses':
      response.writeHead(500, headers);
      response.end(JSON.stringify({ message: 'the daemon has a bad day' }));
  }
}

/** A list of images without an end. */
function pour(response: ServerResponse): void {
  const piece = `${JSON.stringify({ Id: 'sha256:0', RepoTags: null, Created: 0 })},`.repeat(500);
  response.write('[');
  const more = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', more);
  more();
}

/**
 * The image that building a Dockerfile's text would make: predicted history, and `bytes` for each
 * layer in order. The base is one layer of 1,000 bytes.
 */
export function builtImage(
  text: string,
  bytes: readonly number[],
  { name = 'app:latest', createdAt = Date.UTC(2026, 0, 1), seed = '' } = {},
): FakeImage {
  const plan = planOf(text);
  const digest = (of: string) => `sha256:${createHash('sha256').update(of).digest('hex')}`;
  const history = [{ createdBy: 'COPY / / # buildkit', bytes: 1000 }];
  const diffIds = [digest('base')];
  let layer = 0;
  for (const { createdBy, effect } of imageSteps(plan, plan.target)) {
    if (createdBy === null) continue;
    const isLayer = effect === 'layer';
    history.push({ createdBy, bytes: isLayer ? (bytes[layer] ?? 0) : 0 });
    if (!isLayer) continue;
    diffIds.push(digest(`${seed} ${createdBy} ${bytes[layer]}`));
    layer += 1;
  }
  const id = digest(JSON.stringify([history, createdAt, seed]));
  return { id, references: [name], createdAt, labels: {}, diffIds, history };
}

/** The image that all others here stand on. */
export function fakeBase(name = 'base:latest'): FakeImage {
  return builtImage('FROM scratch', [], { name, createdAt: Date.UTC(2024, 0, 1) });
}

/** Images of other Dockerfiles, each with a history of its own. */
export function otherImages(count: number): readonly FakeImage[] {
  return Array.from({ length: count }, (_, at) =>
    builtImage(`FROM base\nCOPY file${at} /file${at}\nRUN make thing${at}\n`, [at, 2 * at], {
      name: `other/image${at}:latest`,
      createdAt: Date.UTC(2025, 0, 1) + at * 60_000,
    }),
  );
}

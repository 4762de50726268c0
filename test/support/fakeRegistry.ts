/** A registry on this machine that says what a test wants, in the formats of Docker and OCI. */

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificates.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface FakeRegistry {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** `METHOD path`, in order. */
  readonly asked: string[];
  /** What was asked with its headers, in order. */
  readonly requests: { readonly line: string; readonly headers: IncomingMessage['headers'] }[];
  /** By path; else what was put is served. */
  readonly handlers: Map<string, Handler>;
  /** Looked at before all others; true: it has answered. */
  before: ((request: IncomingMessage, response: ServerResponse) => boolean) | null;
  /** Stores a manifest or index under a name and its digest; gives the digest. */
  putManifest(repository: string, name: string | null, value: unknown, type?: string): Stored;
  putBlob(repository: string, value: unknown): Stored;
  close(): Promise<void>;
}

export interface Stored {
  readonly digest: string;
  readonly size: number;
  readonly bytes: Buffer;
}

export const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
export const ociIndex = 'application/vnd.oci.image.index.v1+json';
export const ociConfig = 'application/vnd.oci.image.config.v1+json';
export const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json';
export const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const dockerConfig = 'application/vnd.docker.container.image.v1+json';

export function sha256(bytes: string | Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Starts it: at a port of its own, in the clear, unless something else is said. */
export async function fakeRegistry({
  port = 0,
  tls,
}: {
  readonly port?: number;
  readonly tls?: Certificate;
} = {}): Promise<FakeRegistry> {
  const asked: string[] = [];
  const requests: FakeRegistry['requests'] = [];
  const handlers = new Map<string, Handler>();
  const served = new Map<string, { readonly bytes: Buffer; readonly type: string }>();
  const registry: FakeRegistry = {
    host: '',
    asked,
    requests,
    handlers,
    before: null,
    putManifest(repository, name, value, type) {
      const said = (value as { readonly mediaType?: string }).mediaType;
      const bytes = bytesOf(value);
      const digest = sha256(bytes);
      const file = { bytes, type: type ?? said ?? ociManifest };
      for (const one of [digest, ...(name === null ? [] : [name])]) {
        served.set(`/v2/${repository}/manifests/${one}`, file);
      }
      return { digest, size: bytes.length, bytes };
    },
    putBlob(repository, value) {
      const bytes = bytesOf(value);
      const digest = sha256(bytes);
      served.set(`/v2/${repository}/blobs/${digest}`, { bytes, type: 'application/octet-stream' });
      return { digest, size: bytes.length, bytes };
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  const answer: Handler = (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const line = `${request.method} ${path}`;
    asked.push(line);
    requests.push({ line, headers: request.headers });
    if (registry.before?.(request, response)) return;
    const handler = handlers.get(path);
    if (handler) return handler(request, response);
    const file = served.get(path);
    if (!file) {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(
        '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"\\u001b[31mmanifest unknown"}]}',
      );
      return;
    }
    response.writeHead(200, {
      'content-type': file.type,
      'content-length': file.bytes.length,
      'docker-content-digest': sha256(file.bytes),
    });
    response.end(request.method === 'HEAD' ? undefined : file.bytes);
  };
  const server = tls ? createTlsServer(tls, answer) : createServer(answer);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return Object.assign(registry, { host: `127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function bytesOf(value: unknown): Buffer {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

export interface ImageParts {
  readonly architecture?: string;
  readonly variant?: string;
  readonly os?: string;
  /** Compressed bytes of each layer. */
  readonly layers?: readonly number[];
  readonly docker?: boolean;
  /** What the ends of the layers say; null: the registry gives no parts of files. */
  readonly archives?: readonly number[] | null;
  /** Laid over the configuration. */
  readonly file?: Readonly<Record<string, unknown>>;
  /** Laid over the manifest. */
  readonly manifest?: Readonly<Record<string, unknown>>;
}

/** Digest of the `n`th layer, when uncompressed. */
export function diffId(n: number): string {
  return sha256(`diff ${n}`);
}

/** Puts an image: one layer for each size, `RUN step N` each, and an entry without a layer at the end. */
export function putImage(
  registry: FakeRegistry,
  repository: string,
  name: string | null,
  parts: ImageParts = {},
): Stored {
  const { layers = [1000, 200], docker = false } = parts;
  const { archives = layers.map((size) => 512 * Math.ceil(size / 200)) } = parts;
  for (const [n, size] of layers.entries()) {
    const path = `/v2/${repository}/blobs/${sha256(`layer ${n}`)}`;
    registry.handlers.set(path, ({ headers }, response) => {
      const isEnd = headers.range === `bytes=${size - 4}-${size - 1}`;
      if (!archives || !isEnd) return void response.writeHead(200).end(Buffer.alloc(1000));
      const end = Buffer.alloc(4);
      end.writeUInt32LE(archives[n] ?? 0);
      response.writeHead(206, { 'content-range': `${headers.range}/${size}` }).end(end);
    });
  }
  const created = '2026-05-01T10:00:00Z';
  const config = registry.putBlob(repository, {
    architecture: parts.architecture ?? 'amd64',
    os: parts.os ?? 'linux',
    ...(parts.variant !== undefined && { variant: parts.variant }),
    created,
    config: { Env: ['PATH=/bin', 'A=b'], Cmd: ['sh'], WorkingDir: '/srv', User: 'app' },
    rootfs: { type: 'layers', diff_ids: layers.map((_, n) => diffId(n)) },
    history: [
      ...layers.map((_, n) => ({ created, created_by: `RUN step ${n}`, comment: 'buildkit' })),
      { created, created_by: 'CMD ["sh"]', empty_layer: true },
    ],
    ...parts.file,
  });
  return registry.putManifest(repository, name, {
    schemaVersion: 2,
    mediaType: docker ? dockerManifest : ociManifest,
    config: {
      mediaType: docker ? dockerConfig : ociConfig,
      digest: config.digest,
      size: config.size,
    },
    layers: layers.map((size, n) => ({
      mediaType: docker
        ? 'application/vnd.docker.image.rootfs.diff.tar.gzip'
        : 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest: sha256(`layer ${n}`),
      size,
    })),
    ...parts.manifest,
  });
}

/** Puts an index; each entry is an image or index that was put, with its platform. */
export function putIndex(
  registry: FakeRegistry,
  repository: string,
  name: string | null,
  entries: readonly {
    readonly stored: Pick<Stored, 'digest' | 'size'>;
    readonly platform?: string;
    readonly type?: string;
    readonly more?: Readonly<Record<string, unknown>>;
  }[],
  docker = false,
): Stored {
  return registry.putManifest(repository, name, {
    schemaVersion: 2,
    mediaType: docker ? dockerList : ociIndex,
    manifests: entries.map(({ stored, platform, type, more }) => {
      const [os, architecture, variant] = platform?.split('/') ?? [];
      return {
        mediaType: type ?? (docker ? dockerManifest : ociManifest),
        digest: stored.digest,
        size: stored.size,
        ...(platform !== undefined && {
          platform: { os, architecture, ...(variant && { variant }) },
        }),
        ...more,
      };
    }),
  });
}

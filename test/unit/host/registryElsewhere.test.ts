/**
 * Registries on other machines: encrypted in any case, by certificates that are trusted, with
 * credentials that go where they belong. The other machines are names behind a proxy of the test's own.
 */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FindCredentials } from '../../../server/src/host/dockerConfig.ts';
import { createImageRegistry } from '../../../server/src/host/imageRegistry.ts';
import type { Platform } from '../../../server/src/model/plan.ts';
import { certificate } from '../../support/certificates.ts';
import {
  type FakeRegistry,
  fakeRegistry,
  type Handler,
  putImage,
  sha256,
} from '../../support/fakeRegistry.ts';

const amd64: Platform = { os: 'linux', arch: 'amd64', variant: '' };
const names = [
  'registry.test',
  'auth.test',
  'cdn.test',
  'mirror.test',
  'registry-1.docker.io',
  'auth.docker.io',
];
const password = 'geheim';

describe('a registry on another machine', () => {
  const { signal } = new AbortController();
  const authority = certificate('authority');
  const own = certificate('own', authority, names);
  let folder: string;
  let registry: FakeRegistry;
  let tls: TlsServer;
  let proxy: Server;
  let before: string | undefined;
  /** `host METHOD path` as they came in, with what was said of who asks. */
  let came: { readonly line: string; readonly authorization: string | undefined }[];
  /** By `host path`; else the images of the registry. */
  let handlers: Map<string, Handler>;
  /** Hosts that somebody wanted to be connected with. */
  let connected: string[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'registry-'));
    registry = await fakeRegistry();
    came = [];
    handlers = new Map();
    connected = [];
    tls = createTlsServer(own, (request, response) => {
      const { headers, method, url = '' } = request;
      const [path = ''] = url.split('?', 1);
      came.push({
        line: `${headers.host} ${method} ${path}`,
        authorization: headers.authorization,
      });
      const handler = handlers.get(`${headers.host} ${path}`);
      if (handler) return handler(request, response);
      void fetch(`http://${registry.host}${url}`, { method: method ?? 'GET' }).then(
        async (answer) => {
          response.writeHead(answer.status, {
            'docker-content-digest': answer.headers.get('docker-content-digest') ?? '',
          });
          response.end(Buffer.from(await answer.arrayBuffer()));
        },
      );
    });
    proxy = createServer((request, response) => {
      came.push({ line: `plain ${request.method} ${request.url}`, authorization: undefined });
      response.writeHead(500).end();
    }).on('connect', ({ url = '' }, client) => {
      connected.push(url);
      const server = connect((tls.address() as AddressInfo).port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        client.pipe(server).pipe(client);
      });
      for (const one of [client, server]) one.on('error', () => {});
    });
    for (const server of [tls, proxy]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
    before = process.env.https_proxy;
    process.env.https_proxy = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    for (const name of names) {
      mkdirSync(join(folder, '.docker/certs.d', name), { recursive: true });
      writeFileSync(join(folder, '.docker/certs.d', name, 'ca.crt'), authority.cert);
    }
  });
  afterEach(async () => {
    if (before === undefined) delete process.env.https_proxy;
    else process.env.https_proxy = before;
    for (const server of [tls, proxy]) {
      server.closeAllConnections();
      server.close();
    }
    await registry.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const member: FindCredentials = async (host) => ({
    credentials: ['registry.test', 'docker.io'].includes(host)
      ? { kind: 'password', user: host, password }
      : null,
    problem: null,
  });
  const reader = (more: object = {}) =>
    createImageRegistry({
      env: {},
      home: folder,
      folder: () => null,
      mirrors: async () => [],
      findCredentials: member,
      limits: { silenceMs: 2000, totalMs: 4000 },
      ...more,
    });
  const ask = (reference = 'registry.test/app', more: object = {}) =>
    reader(more).ask(reference, amd64, signal);
  const words = (user: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const challenge =
    (header: string): Handler =>
    (request, response) => {
      if (request.headers.authorization?.startsWith('Bearer good')) {
        void fetch(`http://${registry.host}${request.url}`).then(async (answer) =>
          response.end(Buffer.from(await answer.arrayBuffer())),
        );
      } else response.writeHead(401, { 'www-authenticate': header }).end();
    };

  it('is read through the proxy of the environment, by the certificate that is kept for it', async () => {
    putImage(registry, 'app', 'latest');
    assert.equal((await ask()).layers.length, 2);
    assert.deepEqual([...new Set(connected)], ['registry.test:443']);
    assert.ok(came.every(({ authorization }) => authorization === undefined));
  });

  it('is not read where its certificate is not trusted, and is told nothing', async () => {
    rmSync(join(folder, '.docker'), { recursive: true });
    await assert.rejects(
      ask(),
      /^Error: The certificate of registry\.test is not trusted here \(\w+\)\.$/,
    );
    assert.deepEqual(came, []);
  });

  it('is not read in the clear, whatever answers', async () => {
    // Behind the proxy somebody speaks plain HTTP.
    tls.close();
    const plain = createServer((_, response) => response.end('{}'));
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    proxy.removeAllListeners('connect');
    proxy.on('connect', (_, client) => {
      const server = connect((plain.address() as AddressInfo).port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        client.pipe(server).pipe(client);
      });
      for (const one of [client, server]) one.on('error', () => {});
    });
    try {
      await assert.rejects(ask(), /registry\.test does not answer encrypted\.$/);
      assert.deepEqual(came, []);
    } finally {
      plain.closeAllConnections();
      plain.close();
    }
  });

  it('gives its credentials to the token server that it names, and its tokens to itself alone', async () => {
    putImage(registry, 'app', 'latest');
    const { bytes } = putImage(registry, 'app', 'latest');
    const blob = `/v2/app/blobs/${JSON.parse(bytes.toString()).config.digest}`;
    const layer = `/v2/app/blobs/${sha256('layer 0')}`;
    const header =
      'Bearer realm="https://auth.test/token",service="registry.test",scope="repository:app:pull"';
    handlers.set('registry.test /v2/app/manifests/latest', challenge(header));
    handlers.set('auth.test /token', (_, response) => response.end('{"token":"good"}'));
    handlers.set(`registry.test ${blob}`, (_, response) =>
      response.writeHead(307, { location: `https://cdn.test${blob}?X-Signature=s` }).end(),
    );
    assert.equal((await ask()).layers.length, 2);
    assert.deepEqual(came, [
      { line: 'registry.test GET /v2/app/manifests/latest', authorization: undefined },
      { line: 'auth.test GET /token', authorization: words('registry.test') },
      { line: 'registry.test GET /v2/app/manifests/latest', authorization: 'Bearer good' },
      { line: `registry.test GET ${blob}`, authorization: 'Bearer good' },
      { line: `cdn.test GET ${blob}`, authorization: undefined },
      // The end of a layer, of which this registry tells nothing.
      { line: `registry.test GET ${layer}`, authorization: 'Bearer good' },
    ]);
  });

  for (const [realm, sentence] of [
    ['http://auth.test/token', /names no safe address/],
    ['http://127.0.0.1:1/token', /names this machine as its own token server/],
    ['https://localhost/token', /names this machine as its own token server/],
    ['https://[::1]/token', /names this machine as its own token server/],
  ] as const) {
    it(`is told nothing where it has its tokens at ${realm}`, async () => {
      const header = `Bearer realm="${realm}"`;
      handlers.set('registry.test /v2/app/manifests/latest', challenge(header));
      await assert.rejects(ask(), sentence);
      assert.deepEqual(connected, ['registry.test:443']);
      assert.ok(came.every(({ authorization }) => authorization === undefined));
    });
  }

  it('is told nothing where its token server leads elsewhere', async () => {
    handlers.set(
      'registry.test /v2/app/manifests/latest',
      challenge('Bearer realm="https://auth.test/token"'),
    );
    handlers.set('auth.test /token', (_, response) =>
      response.writeHead(302, { location: 'https://cdn.test/token' }).end(),
    );
    await assert.rejects(
      ask(),
      /leads to another address, to which nothing is said of who asks\.$/,
    );
    assert.ok(!connected.includes('cdn.test:443'));
  });

  for (const [location, sentence] of [
    ['http://cdn.test/x', /leads to an address that is not encrypted\.$/],
    ['http://127.0.0.1/x', /leads to an address that is not encrypted\.$/],
    ['https://127.0.0.1/x', /leads to an address on this machine\.$/],
    ['https://localhost:8443/x', /leads to an address on this machine\.$/],
  ] as const) {
    it(`is not followed to ${location}`, async () => {
      handlers.set('registry.test /v2/app/manifests/latest', (_, response) =>
        response.writeHead(307, { location }).end(),
      );
      await assert.rejects(ask(), sentence);
      assert.deepEqual(connected, ['registry.test:443']);
    });
  }

  it('is Docker Hub for names without one, by Docker Hub’s credentials', async () => {
    putImage(registry, 'library/debian', 'bookworm');
    const header = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"';
    handlers.set('registry-1.docker.io /v2/library/debian/manifests/bookworm', challenge(header));
    handlers.set('auth.docker.io /token', (request, response) => {
      assert.equal(
        request.url,
        '/token?service=registry.docker.io&scope=repository%3Alibrary%2Fdebian%3Apull',
      );
      response.end('{"token":"good"}');
    });
    const image = await ask('debian:bookworm');
    assert.deepEqual([image.reference, image.layers.length], ['debian:bookworm', 2]);
    assert.equal(came[1]?.authorization, words('docker.io'));
  });

  it('of Docker Hub is asked after its mirrors, which get no credentials of it', async () => {
    const { digest } = putImage(registry, 'library/debian', 'bookworm');
    const mirrors = async () => [
      'nonsense',
      'ftp://x',
      'https://gone.test',
      'https://mirror.test/',
      'https://mirror.test/path',
    ];
    handlers.set('gone.test /v2/library/debian/manifests/bookworm', (_, response) => {
      response.writeHead(404).end();
    });
    const image = await ask('debian:bookworm', { mirrors });
    assert.equal(image.digest, digest);
    assert.ok(came.every(({ line }) => line.startsWith('mirror.test')));
    assert.ok(came.every(({ authorization }) => authorization === undefined));
    handlers.set(
      'mirror.test /v2/library/debian/manifests/bookworm',
      challenge('Bearer realm="https://auth.test/t"'),
    );
    handlers.set('auth.test /t', (request, response) => {
      assert.equal(request.headers.authorization, undefined);
      response.writeHead(500).end();
    });
    assert.equal((await ask('debian:bookworm', { mirrors })).digest, digest);
    assert.ok(came.some(({ line }) => line.startsWith('registry-1.docker.io')));
    came.length = 0;
    await ask('registry.test/library/debian:bookworm', { mirrors });
    assert.ok(
      came.every(({ line }) => line.startsWith('registry.test')),
      'mirrors are of Docker Hub alone',
    );
  });
});

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSafeServer } from 'node:https';
import { type AddressInfo, createServer as createRawServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, EngineChoice } from '../../../server/src/engine/engine.ts';
import { createEngine } from '../../../server/src/host/engine.ts';
import { EngineProblem } from '../../../server/src/host/engineProblem.ts';
import { type Certificate, certificate } from '../../support/certificates.ts';
import {
  type FakeEngine,
  type Fault,
  faults,
  otherImages,
  type Question,
  startFakeEngine,
} from '../../support/fakeEngine.ts';
import { shortLimits, until } from '../../support/patience.ts';

const image = otherImages(1)[0] as ReturnType<typeof otherImages>[number];

type Ask = (engine: Engine, choice: EngineChoice, signal: AbortSignal) => Promise<unknown>;
/** How to ask for what the fake engine may fail at. */
const asks: Readonly<Partial<Record<Question, Ask>>> = {
  ping: (engine, choice, signal) => engine.about(choice, signal),
  version: (engine, choice, signal) => engine.about(choice, signal),
  info: (engine, choice, signal) => engine.about(choice, signal),
  images: (engine, choice, signal) => engine.images(choice, signal),
  image: (engine, choice, signal) => engine.image(choice, image.id, signal),
  history: (engine, choice, signal) => engine.image(choice, image.id, signal),
  cache: (engine, choice, signal) => engine.buildCache(choice, signal),
  containers: (engine, choice, signal) => engine.containers(choice, image.id, signal),
};

describe('questions to an engine', function () {
  this.timeout(30_000);
  let fake: FakeEngine;
  let control: AbortController;
  beforeEach(async () => {
    fake = await startFakeEngine(otherImages(3));
    control = new AbortController();
  });
  afterEach(async () => {
    control.abort();
    await fake.remove();
  });
  const open = () => createEngine({ env: {}, home: '/nonexistent', limits: shortLimits });
  const choice = () => ({ endpoint: fake.endpoint });

  it('contact nothing before there is one', async () => {
    open();
    await new Promise(setImmediate);
    assert.deepEqual(fake.asked, []);
  });

  it('are answered', async () => {
    const engine = open();
    const info = await engine.about(choice(), control.signal);
    assert.deepEqual(
      [info.product, info.version, info.api, info.store, info.endpoint, info.remote],
      ['Docker Engine', '28.5.2', '1.51', 'classic', fake.endpoint, false],
    );
    assert.equal((await engine.images(choice(), control.signal)).length, 3);
    const found = await engine.image(choice(), 'other/image0', control.signal);
    assert.equal(found?.id, image.id);
    assert.equal(found?.history.length, image.history.length);
    assert.equal(await engine.image(choice(), 'no/such', control.signal), null);
    assert.deepEqual(await engine.buildCache(choice(), control.signal), []);
    assert.deepEqual(await engine.containers(choice(), image.id, control.signal), []);
    await until(() => fake.open === 0);
  });

  it('greet the engine once, also when many come together', async () => {
    const engine = open();
    await Promise.all(Array.from({ length: 20 }, () => engine.images(choice(), control.signal)));
    assert.equal(fake.asked.filter((path) => path === '/_ping').length, 1);
  });

  it('come a few at a time, however many there are', async () => {
    const engine = open();
    await engine.about(choice(), control.signal);
    let most = 0;
    const all = Array.from({ length: 300 }, async () => {
      await engine.image(choice(), image.id, control.signal);
      most = Math.max(most, fake.open);
    });
    await Promise.all(all);
    assert.ok(most > 1 && most <= 16, `${most}`);
    fake.faults.set('image', 'stalls');
    const own = new AbortController();
    const stalled = Array.from({ length: 100 }, () => engine.image(choice(), image.id, own.signal));
    await until(() => fake.open > 4);
    own.abort();
    for (const one of stalled) await assert.rejects(one, { name: 'AbortError' });
    fake.faults.clear();
    assert.ok(await engine.image(choice(), image.id, control.signal));
  });

  /** The failure of one question, with an engine of its own. */
  const failing = async (question: Question, ask: Ask, fault: Fault) => {
    const title = `${question} ${fault}`;
    const own = await startFakeEngine(otherImages(3));
    try {
      const engine = open();
      own.faults.set(question, fault);
      const began = performance.now();
      const failure = await ask(engine, { endpoint: own.endpoint }, control.signal).then(
        (value) => assert.fail(`${title}: it answered ${JSON.stringify(value)}`),
        (error: unknown) => error,
      );
      assert.ok(failure instanceof EngineProblem, `${title}: ${failure}`);
      assert.match(failure.message, /^[^\p{Cc}]{10,400}\.$/u, title);
      assert.ok(performance.now() - began < 10_000, title);
      await until(() => own.open === 0);
      // As soon as it is well again, so are the answers.
      own.faults.clear();
      await ask(engine, { endpoint: own.endpoint }, control.signal);
    } finally {
      await own.remove();
    }
  };

  it('end with a sentence, whichever way the engine fails at whatever question', async () => {
    const trials = (Object.entries(asks) as [Question, Ask][]).flatMap(([question, ask]) =>
      faults
        // What a greeting says beside its headers is of no interest.
        .filter((fault) => question !== 'ping' || !/isNoJson|hasWrongTypes/.test(fault))
        .map((fault) => failing(question, ask, fault)),
    );
    assert.ok(trials.length > 70);
    await Promise.all(trials);
  });

  it('end at once when nobody wants to know any more, and the connection with them', async () => {
    for (const [question, ask] of Object.entries(asks) as [Question, Ask][]) {
      const own = new AbortController();
      fake.faults.set(question, 'stallsMidway');
      const before = fake.asked.length;
      const asked = ask(open(), choice(), own.signal);
      await until(() => fake.asked.length > before && fake.open > 0);
      const began = performance.now();
      own.abort();
      await assert.rejects(asked, { name: 'AbortError' });
      assert.ok(performance.now() - began < 100, question);
      await until(() => fake.open === 0);
      fake.faults.clear();
    }
  });

  it('are not even sent when nobody wants to know', async () => {
    control.abort();
    for (const ask of Object.values(asks)) {
      await assert.rejects(ask(open(), choice(), control.signal), { name: 'AbortError' });
    }
    assert.deepEqual(fake.asked, []);
  });

  it('of one who gives up leave another one his answer', async () => {
    const engine = open();
    const own = new AbortController();
    const first = engine.images(choice(), own.signal);
    const second = engine.images(choice(), control.signal);
    own.abort();
    await assert.rejects(first, { name: 'AbortError' });
    assert.equal((await second).length, 3);
  });

  it('go to the engine that answers there now', async () => {
    const engine = open();
    await engine.images(choice(), control.signal);
    await fake.stop();
    await assert.rejects(engine.images(choice(), control.signal), {
      message: `Nothing listens at ${fake.endpoint}.`,
    });
    fake.images = otherImages(5);
    await fake.start();
    assert.equal((await engine.images(choice(), control.signal)).length, 5);
  });

  it('for names that would be other paths of the API are not asked', async () => {
    const engine = open();
    await engine.about(choice(), control.signal);
    const before = fake.asked.length;
    const names = [
      '',
      '.',
      '..',
      'a/../b',
      '../x',
      'a//b',
      '/a',
      'a/',
      'a?b',
      'a#b',
      'a b',
      'a%2fb',
    ];
    for (const name of [...names, 'ü', 'a\nb', 'a\\b', 'x'.repeat(5000), '-a']) {
      assert.equal(await engine.image(choice(), name, control.signal), null, name);
    }
    assert.equal(fake.asked.length, before);
  });

  it('for a name are not answered by an image whose id begins so', async () => {
    const engine = open();
    assert.equal(await engine.image(choice(), 'cafe', control.signal), null);
    assert.ok(fake.asked.at(-1)?.endsWith('/images/cafe:latest/json'));
    await engine.image(choice(), 'registry.example:5000/a/b:1@sha256:0', control.signal);
    assert.ok(fake.asked.at(-1)?.endsWith('/images/registry.example:5000/a/b:1@sha256:0/json'));
  });
});

/** Servers that speak otherwise than any engine should. */
describe('what answers where an engine should', function () {
  this.timeout(30_000);
  const folder = mkdtempSync(join(tmpdir(), 'answers-'));
  const servers = new Set<Server>();
  const sockets = new Set<Socket>();
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    for (const server of servers) server.close();
    servers.clear();
  });

  const listen = async (server: Server): Promise<AddressInfo> => {
    servers.add(server);
    server.on('connection', (socket: Socket) => {
      sockets.add(socket.on('error', () => {}));
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    return server.address() as AddressInfo;
  };
  const good: RequestListener = (request, response) => {
    response.setHeader('Api-Version', '1.44');
    const url = request.url ?? '';
    if (url.endsWith('/_ping')) return response.end('OK');
    if (url.endsWith('/version')) {
      return response.end(JSON.stringify({ Version: '25', ApiVersion: '1.44' }));
    }
    if (url.endsWith('/info')) return response.end(JSON.stringify({ Driver: 'overlay2', ID: 'x' }));
    return response.end('[]');
  };
  const never = new AbortController().signal;
  const open = (env = {}) => createEngine({ env, home: folder, limits: shortLimits });
  const about = (endpoint: string, env = {}) => open(env).about({ endpoint }, never);

  it('over TCP is asked below the path that its address has, with its credentials', async () => {
    const asked: string[] = [];
    const { port } = await listen(
      createServer((request, response) => {
        asked.push(`${request.headers.authorization} ${request.url}`);
        good(request, response);
      }),
    );
    const { endpoint } = await about(`http://me:s3cret@127.0.0.1:${port}/proxy/`);
    assert.equal(endpoint, `http://127.0.0.1:${port}/proxy`);
    const words = Buffer.from('me:s3cret').toString('base64');
    assert.equal(asked[0], `Basic ${words} /proxy/_ping`);
    await assert.rejects(about(`http://me:s3cret@127.0.0.1:1/`), (error: Error) => {
      assert.ok(!/s3cret|me/.test(error.message.replace('someone', '')), error.message);
      return true;
    });
  });

  it('with redirects is not followed', async () => {
    const asked: string[] = [];
    const { port } = await listen(
      createServer((request, response) => {
        asked.push(request.url ?? '');
        response.writeHead(301, { location: 'http://127.0.0.1:1/' });
        response.end('{"message":"moved"}');
      }),
    );
    await assert.rejects(about(`tcp://127.0.0.1:${port}`), {
      message: `tcp://127.0.0.1:${port} answers a greeting with status 301.`,
    });
    assert.equal(asked.length, 1);
  });

  it('with an error is told in its own words, shortened, without what steers a terminal', async () => {
    const { port } = await listen(
      createServer((_, response) => {
        response.writeHead(503);
        response.end(JSON.stringify({ message: `\u001b[2Jno \u0000${'x'.repeat(100_000)}` }));
      }),
    );
    await assert.rejects(about(`tcp://127.0.0.1:${port}`), (error: Error) => {
      assert.ok(error.message.length < 450);
      assert.match(error.message, /with status 503\. /);
      assert.ok(!/\p{Cc}/u.test(error.message));
      return true;
    });
  });

  const raw: Readonly<Record<string, (socket: Socket) => void>> = {
    'nothing at all': () => {},
    'a header without an end': (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nX: ');
      const timer = setInterval(() => socket.write('x'.repeat(1000)), 1);
      socket.on('close', () => clearInterval(timer));
    },
    'headers without an end': (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => socket.write('A: b\r\n'), 5);
      socket.on('close', () => clearInterval(timer));
    },
    'interim answers without an end': (socket) => {
      const timer = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 5);
      socket.on('close', () => clearInterval(timer));
    },
    'another protocol after an upgrade': (socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    'a piece shorter than announced': (socket) =>
      socket.end('HTTP/1.1 200 OK\r\nApi-Version: 1.44\r\nContent-Length: 100\r\n\r\nOK'),
    'pieces that break off': (socket) =>
      socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab'),
    'pieces of a wrong length': (socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n'),
    'two lengths': (socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nOK'),
    'no status': (socket) => socket.end('HTTP/1.1 abc OK\r\n\r\n'),
    'a page of the time before HTTP/1': (socket) => socket.end('<html>Welcome'),
    'the start of TLS': (socket) => socket.write(Buffer.from('160301020001', 'hex')),
    'a reset': (socket) => socket.resetAndDestroy(),
  };
  it('with no HTTP, or with one that is broken, gets a sentence and is let go', async () => {
    const tries = Object.entries(raw).map(async ([title, answer]) => {
      const server = createRawServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => answer(socket));
      });
      const { port } = await listen(server as unknown as Server);
      const began = performance.now();
      await assert.rejects(about(`tcp://127.0.0.1:${port}`), (error) => {
        assert.ok(error instanceof EngineProblem, `${title}: ${error}`);
        assert.match(error.message, /^[^\p{Cc}]{10,300}\.$/u, title);
        return true;
      });
      assert.ok(performance.now() - began < 10_000, title);
    });
    await Promise.all(tries);
    await until(() => sockets.size === 0);
  });

  it('with an answer of the greeting and none of the rest is no engine', async () => {
    const { port } = await listen(createServer((_, response) => response.end('OK')));
    await assert.rejects(about(`tcp://127.0.0.1:${port}`), {
      message: `tcp://127.0.0.1:${port} does not answer as a container engine does.`,
    });
  });

  it('with lists that are none is not taken for an engine without images', async () => {
    for (const body of ['{}', '7', '"x"', 'true']) {
      const { port } = await listen(
        createServer((request, response) => {
          if (!/\/(images|containers)\/json|df|history/.test(request.url ?? '')) {
            if (!/images\/x/.test(request.url ?? '')) return good(request, response);
            return response.end('{"Id":"x"}');
          }
          return response.end(body);
        }),
      );
      const engine = open();
      const choice = { endpoint: `tcp://127.0.0.1:${port}` };
      await assert.rejects(engine.images(choice, never), /is no list\.$/);
      await assert.rejects(engine.containers(choice, 'x', never), /is no list\.$/);
      await assert.rejects(engine.image(choice, 'x', never), /is no list\.$/);
      if (body !== '{}') await assert.rejects(engine.buildCache(choice, never), /is no list\.$/);
    }
  });

  it('on a connection that is closed before the next question is asked on another', async () => {
    const used = new WeakMap<Socket, number>();
    let resets = 0;
    const { port } = await listen(
      createServer((request, response) => {
        const count = (used.get(request.socket) ?? 0) + 1;
        used.set(request.socket, count);
        if (count === 1 || !request.url?.includes('/images/')) return good(request, response);
        resets += 1;
        return request.socket.resetAndDestroy();
      }),
    );
    const engine = open();
    const choice = { endpoint: `tcp://127.0.0.1:${port}` };
    for (let at = 0; at < 5; at++) assert.deepEqual(await engine.images(choice, never), []);
    assert.ok(resets > 0);
  });

  it('keeps a connection for the next question, and not for long', async () => {
    let connections = 0;
    const server = createServer(good);
    const kept = new Set<Socket>();
    server.on('connection', (socket) => {
      connections += 1;
      kept.add(socket.on('close', () => kept.delete(socket)));
    });
    const path = join(folder, 'kept.sock');
    servers.add(server);
    await new Promise<void>((ready) => server.listen(path, ready));
    const engine = open();
    for (let at = 0; at < 20; at++) await engine.images({ endpoint: path }, never);
    assert.ok(connections < 10, `${connections} connections`);
    await until(() => kept.size === 0);
  });

  it('with no such path is not taken for an engine without that image', async () => {
    for (const body of ['{"message":"page not found"}', '404 page not found', '<html>', '']) {
      const { port } = await listen(
        createServer((request, response) => {
          if (!request.url?.includes('/images/')) return good(request, response);
          response.writeHead(404);
          return response.end(body);
        }),
      );
      const choice = { endpoint: `tcp://127.0.0.1:${port}` };
      await assert.rejects(open().image(choice, 'x', never), /an image with status 404\. /);
      await assert.rejects(open().images(choice, never), /its images with status 404\. /);
    }
  });

  it('with a build cache that is not to be listed for a moment is asked again', async () => {
    let tries = 0;
    const { port } = await listen(
      createServer((request, response) => {
        if (!request.url?.includes('/system/df')) return good(request, response);
        tries += 1;
        if (tries < 3) {
          response.writeHead(404);
          return response.end('{"message":"snapshot x-view does not exist: not found"}');
        }
        return response.end('{"BuildCache":[{"ID":"a","Size":1," Parents":["b"]}]}');
      }),
    );
    const found = await open().buildCache({ endpoint: `tcp://127.0.0.1:${port}` }, never);
    assert.deepEqual([tries, found.length, found[0]?.parents], [3, 1, ['b']]);
  });

  it('with an API of before 1.42 is asked for all kinds of use', async () => {
    const asked: string[] = [];
    const { port } = await listen(
      createServer((request, response) => {
        asked.push(request.url ?? '');
        if (request.url === '/version') return response.end('{"ApiVersion":"1.41"}');
        if (request.url?.includes('/system/df')) {
          return response.end('{"Images":[{"Id":"x","Size":1}],"BuildCache":null}');
        }
        response.setHeader('Api-Version', '1.41');
        if (request.url === '/_ping') return response.end('OK');
        return response.end('{"Driver":"overlay2"}');
      }),
    );
    assert.deepEqual(await open().buildCache({ endpoint: `tcp://127.0.0.1:${port}` }, never), []);
    assert.equal(asked.at(-1), '/v1.41/system/df');
  });

  describe('over TLS', () => {
    const authority = certificate('authority');
    const server = certificate('server', authority);
    const client = certificate('client', authority);
    const certificates = (files: Readonly<Record<string, string>>): string => {
      const path = mkdtempSync(join(folder, 'certificates-'));
      for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
      return path;
    };
    const start = async (own: Certificate = server) => {
      const options = { ...own, ca: authority.cert, requestCert: true, rejectUnauthorized: true };
      const safe = createSafeServer(options, good);
      safe.on('tlsClientError', () => {});
      return `tcp://127.0.0.1:${(await listen(safe as unknown as Server)).port}`;
    };
    const env = (path: string) => ({ DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: path });
    const whole = { 'ca.pem': authority.cert, 'cert.pem': client.cert, 'key.pem': client.key };

    it('answers one who has the certificates', async () => {
      const at = await start();
      const info = await about('', { ...env(certificates(whole)), DOCKER_HOST: at });
      assert.deepEqual([info.endpoint, info.foundBy], [at, 'DOCKER_HOST']);
    });

    it('is not believed where its certificate is from somebody else', async () => {
      const other = certificate('authority');
      const at = await start(certificate('server', other));
      await assert.rejects(
        about('', { ...env(certificates(whole)), DOCKER_HOST: at }),
        /No safe connection to tcp:.* could be made \([A-Z_]+\)\.$/,
      );
    });

    it('has nothing for one without certificates', async () => {
      const at = await start();
      const path = certificates({ 'ca.pem': authority.cert });
      await assert.rejects(about('', { ...env(path), DOCKER_HOST: at }), /\.$/);
    });

    it('is not asked where the certificates are damaged', async () => {
      const at = await start();
      const path = certificates({ ...whole, 'key.pem': 'x' });
      await assert.rejects(about('', { ...env(path), DOCKER_HOST: at }), {
        message: `The certificates for ${at} cannot be read.`,
      });
    });

    it('is not asked without encryption where its address says so', async () => {
      const { port } = await listen(createServer(good));
      await assert.rejects(about(`https://127.0.0.1:${port}`), /\.$/);
    });
  });

  it('leaves no socket of ours open in this process', async function () {
    if (!existsSync('/proc/self/fd')) return this.skip();
    const { port } = await listen(createServer(good));
    const engine = open();
    const ask = () => engine.images({ endpoint: `tcp://127.0.0.1:${port}` }, never);
    await ask();
    await until(() => sockets.size === 0);
    const before = readdirSync('/proc/self/fd').length;
    for (let at = 0; at < 50; at++) await ask();
    await until(() => sockets.size === 0);
    assert.ok(readdirSync('/proc/self/fd').length <= before + 2);
  });
});

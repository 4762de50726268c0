import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { EngineEvent } from '../../../server/src/engine/engine.ts';
import { createEngine } from '../../../server/src/host/engine.ts';
import { shortLimits, until } from '../../support/patience.ts';

interface Engine {
  /** Connections that were made so far. */
  readonly connections: number;
  readonly asked: readonly string[];
  readonly followers: readonly ServerResponse[];
  stop(): Promise<void>;
}

/** An engine with an id, at a socket or a port. */
async function start(
  at: string | number,
  { id = 'one', version = '28.5.2', onEvents = undefined as RequestListener | undefined } = {},
): Promise<Engine & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const asked: string[] = [];
  const followers: ServerResponse[] = [];
  let connections = 0;
  const server: Server = createServer((request, response) => {
    const url = request.url ?? '';
    asked.push(url);
    response.on('error', () => {});
    response.setHeader('Api-Version', '1.51');
    if (url === '/_ping') return response.end('OK');
    if (url === '/version') {
      return response.end(JSON.stringify({ Version: version, ApiVersion: '1.51' }));
    }
    if (url === '/info') return response.end(JSON.stringify({ ID: id, Driver: 'overlay2' }));
    if (!url.includes('/events')) return response.end('[]');
    if (onEvents) return onEvents(request, response);
    response.flushHeaders();
    return followers.push(response);
  });
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket.on('error', () => {}));
    socket.on('close', () => sockets.delete(socket));
  });
  if (typeof at === 'string') mkdirSync(dirname(at), { recursive: true });
  const place = typeof at === 'string' ? { path: at } : { port: at, host: '127.0.0.1' };
  await new Promise<void>((ready) => server.listen(place, ready));
  const { port = 0 } = (typeof at === 'number' ? server.address() : {}) as Partial<AddressInfo>;
  return {
    port,
    asked,
    followers,
    get connections() {
      return connections;
    },
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const image = (id: string) =>
  `${JSON.stringify({ Type: 'image', Action: 'tag', Actor: { ID: id } })}\n`;

describe('an engine that is followed', function () {
  this.timeout(20_000);
  let home: string;
  let control: AbortController;
  let events: EngineEvent[];
  let sockets: readonly string[];
  const engines: Engine[] = [];

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'events-'));
    sockets = ['run/docker.sock', 'run/podman/podman.sock'].map((path) => join(home, path));
    control = new AbortController();
    events = [];
  });
  afterEach(async () => {
    control.abort();
    for (const engine of engines.splice(0)) await engine.stop();
    rmSync(home, { recursive: true, force: true });
  });

  const run = async (...of: Parameters<typeof start>) => {
    const engine = await start(...of);
    engines.push(engine);
    return engine;
  };
  const follow = (endpoint: string | null) => {
    const engine = createEngine({ env: {}, home, limits: shortLimits, sockets });
    return engine.watch({ endpoint }, (event) => events.push(event), control.signal);
  };
  const kinds = () => events.map(({ kind }) => kind).join(' ');
  const last = () => events.at(-1);
  const upId = () => {
    const event = events.findLast(({ kind }) => kind === 'up');
    return event?.kind === 'up' ? event.info.id : null;
  };
  const socket = (name = 'docker.sock') => join(home, 'sockets', name);

  it('tells that it is there, then what happens in it, line by line, however it is cut', async () => {
    const engine = await run(socket());
    follow(`unix://${socket()}`);
    await until(() => kinds() === 'up' && engine.followers.length === 1);
    const [stream] = engine.followers;
    const text = Buffer.from(`${image('sha256:ü')}\r\n{broken\n${image('b')}`);
    for (const byte of text) stream?.write(Buffer.from([byte]));
    await until(() => events.length === 3);
    assert.deepEqual(events.slice(1), [
      { kind: 'images', image: 'sha256:ü' },
      { kind: 'images', image: 'b' },
    ]);
  });

  it('asks for events of images and of the build cache only', async () => {
    const engine = await run(socket());
    follow(`unix://${socket()}`);
    await until(() => engine.followers.length === 1);
    const filters = decodeURIComponent(engine.asked.at(-1)?.split('filters=')[1] ?? '');
    assert.deepEqual(JSON.parse(filters), { type: ['image', 'builder'] });
  });

  it('may say a line without an end, which is left out', async () => {
    const engine = await run(socket());
    follow(`unix://${socket()}`);
    await until(() => engine.followers.length === 1);
    const [stream] = engine.followers;
    for (let at = 0; at < 30; at++) stream?.write('x'.repeat(100_000));
    stream?.write(`\n${image('b')}`);
    await until(() => events.length === 2);
    assert.deepEqual(last(), { kind: 'images', image: 'b' });
  });

  it('is there also where it says nothing before the first event', async () => {
    const heard: ServerResponse[] = [];
    await run(socket(), { onEvents: (_, response) => heard.push(response) });
    follow(`unix://${socket()}`);
    await until(() => kinds() === 'up');
    heard[0]?.write(image('a'));
    await until(() => kinds() === 'up images');
  });

  it('is there also where it refuses to tell events, and is told as gone when somebody works', async () => {
    const engine = await run(socket(), {
      onEvents: (_, response) => {
        response.writeHead(403);
        response.end('{"message":"not allowed"}');
      },
    });
    const watch = follow(`unix://${socket()}`);
    await until(() => kinds() === 'up');
    const { connections } = engine;
    for (let at = 0; at < 20; at++) watch.retry();
    await pause(50);
    assert.equal(engine.connections, connections);
    // What came meanwhile is not known, so all is to be asked anew.
    await until(() => {
      watch.retry();
      return kinds() === 'up up';
    });
    await engine.stop();
    await until(() => {
      watch.retry();
      return last()?.kind === 'down';
    });
  });

  it('is told as gone once, with a sentence, and as back when its socket appears', async () => {
    const engine = await run(socket());
    follow(`unix://${socket()}`);
    await until(() => engine.followers.length === 1);
    await engine.stop();
    await until(() => last()?.kind === 'down');
    const event = last();
    assert.match(event?.kind === 'down' ? event.reason : '', /does not answer any more\. .*\.$/);
    await run(socket());
    await until(() => last()?.kind === 'up');
  });

  it('is not asked by the clock while it is gone, nor while it is there', async () => {
    const watch = follow(`unix://${socket()}`);
    await until(() => kinds() === 'down');
    // Nothing listens at a port that nobody tells of.
    const engine = await run(0);
    control.abort();
    control = new AbortController();
    follow(`tcp://127.0.0.1:${engine.port}`);
    await until(() => engine.followers.length === 1);
    const { connections } = engine;
    await pause(1200);
    assert.equal(engine.connections, connections);
    void watch;
  });

  it('is found when it starts late, in a folder that was not there', async () => {
    const path = join(home, 'a/b/c/docker.sock');
    follow(`unix://${path}`);
    await until(() => kinds() === 'down');
    const reason = events[0]?.kind === 'down' ? events[0].reason : '';
    assert.equal(reason, `Nothing listens at unix://${path}.`);
    await run(path);
    await until(() => last()?.kind === 'up');
  });

  it('is found when the folder of its socket is moved there, taken away and made again', async () => {
    const path = join(home, 'run/user/docker.sock');
    follow(`unix://${path}`);
    await until(() => kinds() === 'down');
    const elsewhere = join(home, 'elsewhere/user/docker.sock');
    const engine = await run(elsewhere);
    renameSync(join(home, 'elsewhere'), join(home, 'run'));
    await until(() => last()?.kind === 'up');
    await engine.stop();
    rmSync(join(home, 'run'), { recursive: true, force: true });
    await until(() => last()?.kind === 'down');
    await pause(100);
    await run(path);
    await until(() => last()?.kind === 'up');
  });

  it('is found behind a link whose end appears later', async () => {
    mkdirSync(join(home, 'links'));
    const link = join(home, 'links/docker.sock');
    const end = join(home, 'desktop/docker.sock');
    symlinkSync('../desktop/docker.sock', link);
    follow(`unix://${link}`);
    await until(() => kinds() === 'down');
    await run(end);
    await until(() => last()?.kind === 'up');
  });

  it('is not started again by a question when it was stopped, where systemd holds its socket', async () => {
    const pid = join(dirname(socket()), 'docker.pid');
    const engine = await run(socket());
    writeFileSync(pid, '1');
    follow(`unix://${socket()}`);
    await until(() => engine.followers.length === 1);
    const { connections } = engine;
    engine.followers[0]?.destroy();
    rmSync(pid);
    await until(() => last()?.kind === 'down');
    await pause(100);
    assert.equal(engine.connections, connections);
    writeFileSync(pid, '2');
    await until(() => last()?.kind === 'up');
  });

  it('is looked for again when somebody works, where no file tells of it', async () => {
    const engine = await run(0);
    const { port } = engine;
    await engine.stop();
    const watch = follow(`tcp://127.0.0.1:${port}`);
    await until(() => kinds() === 'down');
    await run(port);
    await until(() => {
      watch.retry();
      return last()?.kind === 'up';
    });
  });

  it('is tried once at a time and with space between, however often somebody types', async () => {
    let greetings = 0;
    const engine = await run(0);
    const { port } = engine;
    await engine.stop();
    const bad = createServer((_, response) => {
      greetings += 1;
      response.writeHead(500);
      response.end();
    });
    await new Promise<void>((ready) => bad.listen(port, '127.0.0.1', ready));
    const watch = follow(`tcp://127.0.0.1:${port}`);
    await until(() => kinds() === 'down');
    const end = performance.now() + 500;
    let keys = 0;
    while (performance.now() < end) {
      watch.retry();
      keys += 1;
      await pause(1);
    }
    bad.close();
    assert.ok(keys > 100);
    assert.ok(greetings >= 2 && greetings <= 4, `${greetings} greetings`);
    assert.equal(kinds(), 'down');
  });

  it('is told anew when another one answers at its socket, also while the old one still runs', async () => {
    const old = await run(socket());
    follow(`unix://${socket()}`);
    await until(() => old.followers.length === 1);
    unlinkSync(socket());
    await run(socket(), { id: 'two' });
    await until(() => upId() === 'two');
    assert.ok(events.every(({ kind }) => kind === 'up'));
    old.followers[0]?.write(image('of the old one'));
    await pause(50);
    assert.equal(kinds(), 'up up');
  });

  it('is told anew when it comes back as another version', async () => {
    const old = await run(socket());
    follow(`unix://${socket()}`);
    await until(() => old.followers.length === 1);
    await old.stop();
    await run(socket(), { version: '29.0.0' });
    await until(() => last()?.kind === 'up' && events.length >= 2);
    const event = last();
    assert.equal(event?.kind === 'up' && event.info.version, '29.0.0');
  });

  it('gives way to one that is to be asked before it, and comes back when that one goes', async () => {
    const podman = await run(sockets[1] as string, { id: 'podman' });
    follow(null);
    await until(() => podman.followers.length === 1);
    const docker = await run(sockets[0] as string, { id: 'docker' });
    await until(() => upId() === 'docker');
    assert.equal(kinds(), 'up up');
    await docker.stop();
    await until(() => last()?.kind === 'up' && upId() === 'podman');
  });

  it('is another one when the docker CLI changes its context, and gone where that leads nowhere', async () => {
    const folder = join(home, '.docker');
    const context = (name: string, path: string) => {
      const key = createHash('sha256').update(name).digest('hex');
      const meta = join(folder, 'contexts/meta', key);
      mkdirSync(meta, { recursive: true });
      const Endpoints = { docker: { Host: `unix://${path}` } };
      writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: name, Endpoints }));
    };
    // As the docker CLI writes it.
    const use = (name: string) => {
      writeFileSync(join(folder, 'config.json1'), JSON.stringify({ currentContext: name }));
      renameSync(join(folder, 'config.json1'), join(folder, 'config.json'));
    };
    context('a', socket('a.sock'));
    context('b', socket('b.sock'));
    context('gone', socket('gone.sock'));
    use('a');
    const first = await run(socket('a.sock'), { id: 'a' });
    const second = await run(socket('b.sock'), { id: 'b' });
    follow(null);
    await until(() => upId() === 'a' && first.followers.length === 1);
    use('b');
    await until(() => upId() === 'b' && second.followers.length === 1);
    use('gone');
    await until(() => last()?.kind === 'down');
    const event = last();
    assert.match(event?.kind === 'down' ? event.reason : '', /^Nothing listens at .*gone\.sock\.$/);
    use('a');
    await until(() => last()?.kind === 'up' && upId() === 'a');
  });

  it('does not fall from up to down and back without end where it greets but tells no events', async () => {
    let streams = 0;
    await run(0);
    const engine = await run(0, {
      onEvents: (_, response) => {
        streams += 1;
        response.end();
      },
    });
    follow(`tcp://127.0.0.1:${engine.port}`);
    await until(() => last()?.kind === 'down');
    await pause(300);
    assert.equal(streams, 1);
  });

  it('is left alone when nobody follows it any more: no connection, no word, no folder watched', async () => {
    const engine = await run(socket());
    const count = () =>
      existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : undefined;
    const watch = follow(`unix://${socket()}`);
    await until(() => engine.followers.length === 1);
    control.abort();
    let isClosed = false;
    engine.followers[0]?.on('close', () => {
      isClosed = true;
    });
    await until(() => isClosed);
    const said = events.length;
    const before = count();
    const { connections } = engine;
    watch.retry();
    unlinkSync(socket());
    await run(socket('other.sock'));
    await pause(100);
    assert.equal(events.length, said);
    assert.equal(engine.connections, connections);
    assert.ok((count() ?? 0) <= (before ?? 0) + 3);
  });

  it('is not contacted where nobody wants to follow it', async () => {
    const engine = await run(socket());
    control.abort();
    follow(`unix://${socket()}`).retry();
    await pause(50);
    assert.equal(engine.connections, 0);
    assert.deepEqual(events, []);
  });

  it('is not lost by a listener that throws', async () => {
    const engine = await run(socket());
    const heard: string[] = [];
    createEngine({ env: {}, home, limits: shortLimits, sockets }).watch(
      { endpoint: `unix://${socket()}` },
      ({ kind }) => {
        heard.push(kind);
        throw new Error('listener');
      },
      control.signal,
    );
    await until(() => engine.followers.length === 1 && heard.length === 1);
    engine.followers[0]?.write(image('a'));
    await until(() => heard.join(' ') === 'up images');
  });

  it('is greeted once for following and asking', async () => {
    const engine = await run(socket());
    const client = createEngine({ env: {}, home, limits: shortLimits, sockets });
    const choice = { endpoint: `unix://${socket()}` };
    client.watch(choice, (event) => events.push(event), control.signal);
    await until(() => engine.followers.length === 1);
    for (let at = 0; at < 3; at++) await client.images(choice, control.signal);
    assert.equal(engine.asked.filter((path) => path === '/_ping').length, 1);
  });
});

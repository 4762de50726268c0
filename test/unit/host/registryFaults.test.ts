/** Registries that are slow, broken or hostile: a sentence, no crash, no hang, no word to strangers. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createImageRegistry } from '../../../server/src/host/imageRegistry.ts';
import type { Platform } from '../../../server/src/model/plan.ts';
import type { ImageRegistry } from '../../../server/src/registry/registry.ts';
import {
  type FakeRegistry,
  fakeRegistry,
  type Handler,
  ociConfig,
  ociIndex,
  putImage,
  putIndex,
  sha256,
} from '../../support/fakeRegistry.ts';

const amd64: Platform = { os: 'linux', arch: 'amd64', variant: '' };
const tag = '/v2/app/manifests/latest';

describe('a registry that misbehaves', () => {
  let registry: FakeRegistry;
  let other: FakeRegistry;
  let folder: string;
  let images: ImageRegistry;
  let now: number;
  let pauses: number[];
  const { signal } = new AbortController();

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'registry-'));
    registry = await fakeRegistry();
    other = await fakeRegistry();
    now = Date.UTC(2026, 10, 21, 12);
    pauses = [];
    images = reader({ silenceMs: 5000, totalMs: 10_000 });
  });
  afterEach(async () => {
    await Promise.all([registry.close(), other.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const reader = (limits: { readonly silenceMs: number; readonly totalMs: number }) =>
    createImageRegistry({
      env: {},
      home: folder,
      folder: () => join(folder, 'kept'),
      limits: { ...limits, waitMs: 10_000 },
      now: () => now,
      pause: async (ms) => {
        pauses.push(ms);
        now += ms;
      },
    });
  /** For registries that say nothing: nobody waits for those. */
  const beImpatient = (silenceMs = 100) => {
    images = reader({ silenceMs, totalMs: 4 * silenceMs });
  };
  const ask = () => images.ask(`${registry.host}/app`, amd64, signal);
  const refuses = async (sentence: RegExp) => {
    await assert.rejects(ask(), (error: Error) => {
      assert.match(error.message, sentence);
      assert.match(error.message, /^\S+ .*\.$/s, 'a full sentence');
      return true;
    });
    // What was not proved is not kept.
    assert.equal(await images.known(`${registry.host}/app`, amd64), null);
  };
  const on = (path: string, handler: Handler) => registry.handlers.set(path, handler);
  const says =
    (body: string | Buffer, headers: Record<string, string> = {}, status = 200): Handler =>
    (_, response) => {
      response.writeHead(status, headers);
      response.end(body);
    };

  it('and says nothing is given up', async () => {
    beImpatient();
    on(tag, () => {});
    await refuses(/did not answer in time\.$/);
  });

  it('and stops in the middle is given up', async () => {
    beImpatient();
    on(tag, (_, response) => {
      response.writeHead(200, { 'content-length': '500' });
      response.write('{"schemaVersion"');
    });
    await refuses(/did not answer in time\.$/);
  });

  it('and drips one byte after another is given up after the whole time', async () => {
    beImpatient();
    on(tag, (_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 40);
      response.on('close', () => clearInterval(timer));
    });
    await refuses(/did not answer in time\.$/);
  });

  it('and cuts connections is asked three times in all', async () => {
    putImage(registry, 'app', 'latest');
    on(tag, (_, response) => {
      response.writeHead(200, { 'content-length': '500' });
      response.write('{');
      setImmediate(() => response.destroy());
    });
    await refuses(/was cut off\.$/);
    assert.equal(registry.asked.filter((line) => line === `GET ${tag}`).length, 3);
    assert.equal(pauses.length, 2);
  });

  it('and cuts one connection is asked again', async () => {
    putImage(registry, 'app', 'latest');
    let cut = false;
    registry.before = (_, response) => {
      if (cut) return false;
      cut = true;
      response.destroy();
      return true;
    };
    assert.equal((await ask()).layers.length, 2);
  });

  it('and has something else under a digest is not believed', async () => {
    const { digest, bytes } = putImage(registry, 'app', 'latest');
    const config = JSON.parse(bytes.toString()).config.digest as string;
    on(`/v2/app/blobs/${config}`, says('{"architecture":"amd64","os":"linux","history":[]}'));
    await refuses(/sent something else than its digest says\.$/);
    registry.handlers.clear();
    on(tag, says(bytes, { 'docker-content-digest': sha256('other') }));
    await refuses(/sent something else than its digest says\.$/);
    registry.handlers.clear();
    on(`/v2/app/manifests/${digest}`, says(Buffer.concat([bytes, Buffer.from(' ')])));
    await assert.rejects(
      images.ask(`${registry.host}/app@${digest}`, amd64, signal),
      /sent something else than its digest says\.$/,
    );
  });

  it('and lies about the length of a manifest or configuration is not believed', async () => {
    const { digest, size } = putImage(registry, 'app', null);
    putIndex(registry, 'app', 'latest', [
      { stored: { digest, size: size + 1 }, platform: 'linux/amd64' },
    ]);
    await refuses(/bytes where its index says \d+\.$/);
  });

  it('and announces less than it sends, or more, is not believed', async () => {
    const { bytes } = putImage(registry, 'app', null);
    registry.before = (request) => {
      // Node itself would set the length right.
      request.socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length + 9}\r\n\r\n${bytes}`);
      return true;
    };
    await refuses(/was cut off\.$/);
    registry.before = (request) => {
      request.socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length - 9}\r\n\r\n${bytes}`);
      return true;
    };
    await refuses(/is no manifest|could not be fetched/);
  });

  for (const [what, size] of [
    ['negative', -1],
    ['a fraction', 1.5],
    ['a text', '12'],
    ['beyond all numbers', 1e300],
    ['missing', undefined],
  ] as const) {
    it(`and has a layer whose size is ${what} is not believed`, async () => {
      const layer = { mediaType: 'x', digest: sha256('layer'), size };
      putImage(registry, 'app', 'latest', { manifest: { layers: [layer] } });
      await refuses(/has a layer without a digest or size that can be read\.$/);
    });
  }

  it('and has layers whose sizes add up to nonsense is not believed', async () => {
    const layer = { mediaType: 'x', digest: sha256('layer'), size: Number.MAX_SAFE_INTEGER };
    putImage(registry, 'app', 'latest', { manifest: { layers: [layer, layer] } });
    await refuses(/layers of impossible sizes\.$/);
  });

  for (const [what, status, header] of [
    ['longer', 206, 'bytes 996-999/5000'],
    ['shorter', 416, 'bytes */10'],
  ] as const) {
    it(`and has a layer that is ${what} than its manifest says is not believed`, async () => {
      putImage(registry, 'app', 'latest');
      on(`/v2/app/blobs/${sha256('layer 0')}`, (_, response) => {
        response.writeHead(status, { 'content-range': header }).end(Buffer.alloc(4));
      });
      await refuses(/ says that a layer of 127\S+ has 1000 bytes, and it has (5000|10)\.$/);
    });
  }

  it('and stalls where a layer is asked for its end is read without that', async () => {
    beImpatient(700);
    putImage(registry, 'app', 'latest');
    on(`/v2/app/blobs/${sha256('layer 0')}`, () => {});
    assert.deepEqual(
      (await ask()).layers.map(({ archive }) => archive),
      [null, null],
    );
  });

  it('and fails in all ways, again and again, leaves no connection behind', async () => {
    beImpatient();
    putImage(registry, 'app', 'latest');
    const open = () =>
      process.getActiveResourcesInfo().filter((kind) => /^(TCPSocket|TLS)/.test(kind)).length;
    const before = open();
    const faults: readonly NonNullable<FakeRegistry['before']>[] = [
      () => true,
      (_, response) => response.writeHead(200, { 'content-length': '500' }).write('{'),
      (_, response) => response.destroy().destroyed,
      (_, response) => response.end(Buffer.alloc(4_500_000)).writableEnded,
      (_, response) => response.writeHead(307, { location: tag }).end().writableEnded,
      (_, response) => response.writeHead(500).end('x').writableEnded,
    ];
    for (let n = 0; n < 18; n++) {
      registry.before = faults[n % faults.length] ?? null;
      const abort = new AbortController();
      const asking = images.ask(`${registry.host}/app`, amd64, abort.signal);
      if (n % 3 === 0) setImmediate(() => abort.abort());
      await assert.rejects(asking);
    }
    // The other end hears of it a moment later.
    for (let turns = 0; turns < 2000 && open() > before; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(open() <= before, process.getActiveResourcesInfo().join());
  });

  it('and leads in a circle is left after five steps', async () => {
    on(tag, (_, response) => response.writeHead(307, { location: tag }).end());
    await refuses(/leads from one address to the next without end\.$/);
    assert.equal(registry.asked.length, 6);
  });

  it('and leads away from this machine in the clear, or to a file, is not followed', async () => {
    on(tag, (_, response) => response.writeHead(302, { location: 'http://example.com/x' }).end());
    await refuses(/leads to an address that is not encrypted\.$/);
    on(tag, (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end());
    await refuses(/leads to what is no address of the web\.$/);
    on(tag, (_, response) => response.writeHead(302, { location: 'http://[' }).end());
    await refuses(/leads to what is no address of the web\.$/);
  });

  it('and leads to another host for a blob is followed without a word on who asks', async () => {
    const { bytes } = putImage(registry, 'app', 'latest');
    const { digest } = JSON.parse(bytes.toString()).config;
    const path = `/v2/app/blobs/${digest}`;
    putImage(other, 'app', 'latest');
    registry.before = ({ headers }, response) => {
      if (headers.authorization !== undefined) return false;
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return true;
    };
    on(path, (_, response) => {
      response.writeHead(307, { location: `http://${other.host}${path}?signature=1` }).end();
    });
    const askAsMember = () =>
      createImageRegistry({
        env: {},
        home: null,
        folder: () => null,
        findCredentials: async (host) => {
          assert.equal(host, registry.host);
          const credentials = { kind: 'password', user: 'me', password: 'geheim' } as const;
          return { credentials, problem: null };
        },
      }).ask(`${registry.host}/app`, amd64, signal);
    assert.equal((await askAsMember()).layers.length, 2);
    assert.deepEqual(other.asked, [`GET ${path}`]);
    assert.equal(other.requests[0]?.headers.authorization, undefined);
    assert.equal(registry.requests.at(-1)?.headers.authorization !== undefined, true);
    // The other host wants credentials too, and gets none.
    other.before = (_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="mine now"' }).end();
      return true;
    };
    await assert.rejects(askAsMember(), /does not show it/);
    assert.ok(other.requests.every(({ headers }) => headers.authorization === undefined));
  });

  it('and asks who is there without end is given up', async () => {
    const challenge = { 'www-authenticate': `Bearer realm="http://${registry.host}/token"` };
    on('/token', says('{"token":"t"}'));
    on(tag, says('', challenge, 401));
    await refuses(/^127\.0\.0\.1:\d+ has no app, or does not show it to those who ask like this\./);
    assert.deepEqual(registry.asked, [`GET ${tag}`, 'GET /token', `GET ${tag}`]);
  });

  it('and takes a token back in the middle is given another one, for each repository its own', async () => {
    putImage(registry, 'app', 'latest');
    putImage(registry, 'other', 'latest');
    let given = 0;
    let taken = 0;
    const scopes: (string | null)[] = [];
    on('/token', (request, response) => {
      scopes.push(new URL(request.url ?? '', 'http://x').searchParams.get('scope'));
      given += 1;
      response.end(JSON.stringify({ token: `t${given}`, expires_in: 300 }));
    });
    registry.before = ({ headers, url }, response) => {
      const isBlob = url?.includes('/blobs/') ?? false;
      const isGood = headers.authorization === `Bearer t${given}` && (!isBlob || taken > 0);
      if (isGood || url?.startsWith('/token')) return false;
      if (headers.authorization && isBlob) taken += 1;
      const challenge = `Bearer realm="http://${registry.host}/token"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
      return true;
    };
    assert.equal((await ask()).layers.length, 2);
    assert.deepEqual([given, taken], [2, 1]);
    assert.equal((await images.ask(`${registry.host}/other`, amd64, signal)).layers.length, 2);
    assert.deepEqual(
      scopes,
      ['app', 'app', 'other'].map((name) => `repository:${name}:pull`),
    );
  });

  for (const status of [404, 405, 501]) {
    it(`and answers to HEAD with ${status} is asked by GET`, async () => {
      putImage(registry, 'app', 'latest');
      await ask();
      const moved = putImage(registry, 'app', 'latest', { layers: [9] });
      registry.before = ({ method }, response) => {
        if (method !== 'HEAD') return false;
        response.writeHead(status).end();
        return true;
      };
      assert.equal((await ask()).digest, moved.digest);
    });
  }

  for (const [realm, sentence] of [
    ['http://example.com/token', /names no safe address/],
    ['file:///etc/passwd', /names no safe address/],
    ['', /names no safe address/],
    ['https://me:pw@example.com/', /names no safe address/],
  ] as const) {
    it(`and has its tokens at ${realm || 'no address'} hears nothing`, async () => {
      on(tag, says('', { 'www-authenticate': `Bearer realm="${realm}"` }, 401));
      await refuses(sentence);
    });
  }

  for (const [what, body] of [
    ['a page', '<html>Log in</html>'],
    ['nothing', ''],
    ['a token with a line break', JSON.stringify({ token: 'a\r\nx-evil: 1' })],
    ['a number', '{"token":12}'],
  ] as const) {
    it(`and whose token server answers with ${what} gives no token`, async () => {
      on(tag, says('', { 'www-authenticate': `Bearer realm="http://${registry.host}/t"` }, 401));
      on('/t', says(body));
      await refuses(/gave no token\.$/);
    });
  }

  it('and whose token is endless is given up', async () => {
    on(tag, says('', { 'www-authenticate': `Bearer realm="http://${registry.host}/t"` }, 401));
    on('/t', says('x'.repeat(70_000)));
    await refuses(/answered with more than any real answer has\.$/);
  });

  it('and wants to be left alone for some seconds is waited for', async () => {
    putImage(registry, 'app', 'latest');
    let refused = 0;
    registry.before = (_, response) => {
      if (refused++ > 0) return false;
      response.writeHead(429, { 'retry-after': '3' }).end();
      return true;
    };
    assert.equal((await ask()).layers.length, 2);
    assert.deepEqual(pauses, [3000]);
  });

  it('and wants to be left alone for long is not asked again before', async () => {
    putImage(registry, 'app', 'latest');
    registry.before = (_, response) => {
      response.writeHead(429, { 'retry-after': '3600' }).end();
      return true;
    };
    await refuses(/limits how often it is asked; it answers again at 13:00 UTC\.$/);
    registry.before = null;
    now += 1_800_000;
    await refuses(/it answers again at 13:00 UTC\.$/);
    assert.equal(registry.asked.length, 1);
    assert.deepEqual(pauses, []);
    now += 1_800_001;
    assert.equal((await ask()).layers.length, 2);
  });

  it('and names a date until which it wants to be left alone is believed', async () => {
    on(tag, says('', { 'retry-after': 'Sat, 21 Nov 2026 12:30:00 GMT' }, 503));
    await refuses(/it answers again at 12:30 UTC\.$/);
  });

  it('and limits its callers without saying for how long is left alone for a minute', async () => {
    on(tag, says('', {}, 429));
    await refuses(/it answers again in 60 s\.$/);
    await refuses(/it answers again in 60 s\.$/);
    assert.equal(registry.asked.length, 1);
  });

  it('and wants to be left alone again and again is waited for once', async () => {
    on(tag, says('', { 'retry-after': '1' }, 429));
    await refuses(/it answers again in 1 s\.$/);
    assert.deepEqual(pauses, [1000]);
    assert.equal(registry.asked.length, 2);
  });

  it('and fails inside is asked three times', async () => {
    on(tag, says('', {}, 500));
    await refuses(/^127\.0\.0\.1:\d+ answered with status 500\.$/);
    assert.equal(registry.asked.length, 3);
  });

  it('and has no such image says so, without the words of the registry', async () => {
    await refuses(/^127\.0\.0\.1:\d+ has no such image in app\.$/);
  });

  it('and refuses those whom it does not know says what helps', async () => {
    on(tag, says('', { 'www-authenticate': 'Basic realm="x"' }, 401));
    await refuses(
      /answers only to those whom it knows\. Credentials come from the docker CLI \(docker login 127/,
    );
    on(tag, says('', {}, 403));
    await refuses(/does not show it/);
  });

  it('and answers with a page, nothing or other JSON is not understood', async () => {
    for (const body of [
      '<html></html>',
      '',
      'null',
      '[]',
      '{}',
      '"x"',
      '{"a":1}',
      '{"layers":3}',
    ]) {
      on(tag, says(body));
      await refuses(/cannot be read: the answer is no manifest( of an image)?\.$/);
    }
  });

  it('and has only a manifest of schema 1 says why that does not help', async () => {
    on(tag, says('{"schemaVersion":1,"fsLayers":[],"history":[]}'));
    await refuses(
      /only a manifest of the old schema 1, which does not say how large layers are\.$/,
    );
  });

  it('and has something that is no image says so', async () => {
    putImage(registry, 'app', 'latest', {
      manifest: {
        config: {
          mediaType: 'application/vnd.cncf.helm.config.v1+json',
          digest: sha256('x'),
          size: 2,
        },
      },
    });
    await refuses(/what lies there is no container image\.$/);
  });

  it('and sends more than any manifest has is left', async () => {
    on(tag, says(Buffer.alloc(5_000_000, 32)));
    await refuses(/answered with more than any real answer has\.$/);
    on(tag, (_, response) => {
      response.on('error', () => {});
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 32)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    await refuses(/answered with more than any real answer has\.$/);
  });

  it('and sends a packed answer that unpacks without end is left', async () => {
    on(tag, says(gzipSync(Buffer.alloc(300_000_000)), { 'content-encoding': 'gzip' }));
    await refuses(/answered with more than any real answer has\.$/);
  });

  it('and packs its answers is understood', async () => {
    const { bytes } = putImage(registry, 'app', 'latest');
    on(tag, says(gzipSync(bytes), { 'content-encoding': 'gzip' }));
    assert.equal((await ask()).layers.length, 2);
  });

  it('and announces a configuration larger than any is not asked for it', async () => {
    const digest = sha256('config');
    putImage(registry, 'app', 'latest', {
      manifest: { config: { mediaType: ociConfig, digest, size: 9_000_000 } },
    });
    await refuses(/is larger than any real one\.$/);
    assert.equal(registry.asked.length, 1);
  });

  it('and has indexes in indexes without end is left', async () => {
    let inner = putIndex(registry, 'app', null, []);
    for (let depth = 0; depth < 6; depth++) {
      inner = putIndex(registry, 'app', depth === 5 ? 'latest' : null, [
        { stored: inner, type: ociIndex },
      ]);
    }
    await refuses(/its indexes lead to more and more indexes\.$/);
    assert.equal(registry.asked.length, 4);
  });

  it('and has an index of a thousand indexes is not asked for all', async () => {
    const inner = Array.from({ length: 1000 }, (_, n) =>
      registry.putManifest('app', null, {
        schemaVersion: 2,
        mediaType: ociIndex,
        manifests: [],
        n,
      }),
    );
    putIndex(
      registry,
      'app',
      'latest',
      inner.map((stored) => ({ stored, type: ociIndex })),
    );
    await refuses(/its indexes lead to more and more indexes\.$/);
    assert.ok(registry.asked.length < 20);
  });

  it('and has an index that names itself is left', async () => {
    on(
      tag,
      says(
        `{"schemaVersion":2,"manifests":[{"mediaType":"${ociIndex}","digest":"${sha256('i')}","size":3}]}`,
      ),
    );
    on(`/v2/app/manifests/${sha256('i')}`, says('{"schemaVersion":2,"manifests":[]}'));
    await refuses(/sent something else than its digest says\.$/);
  });

  it('and has an image of attestations alone says for which platforms there is none', async () => {
    putIndex(registry, 'app', 'latest', [
      { stored: { digest: sha256('a'), size: 1 }, platform: 'unknown/unknown' },
    ]);
    await refuses(/is not there for linux\/amd64\.$/);
  });

  it('and whose history does not fit its layers is read, and says so', async () => {
    putImage(registry, 'app', 'latest', {
      layers: [1, 2, 3],
      file: {
        history: [{ created_by: 'RUN one' }, { created_by: 5 }, null],
        rootfs: { diff_ids: [] },
      },
    });
    const image = await ask();
    assert.deepEqual(
      image.history.map(({ createdBy }) => createdBy),
      ['RUN one', '', ''],
    );
    assert.deepEqual(image.notes, [
      'The configuration of the image names 0 layers, and its manifest 3: an engine may refuse it.',
    ]);
    putImage(registry, 'app', 'latest', { layers: [1, 2], file: { history: [{}] } });
    assert.match(
      (await ask()).notes?.[0] ?? '',
      /has 1 entries with a layer, and the image has 2 layers/,
    );
  });

  it('and whose configuration is anything but one is not believed, or read as far as it goes', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const files: readonly (readonly [unknown, boolean])[] = [
      [{ config: null, rootfs: 5, history: [[]] }, true],
      [{ config: { Env: 'x', Labels: { a: 1 }, ExposedPorts: [], Healthcheck: 3, Cmd: {} } }, true],
      [{ created: 'yesterday' }, true],
      [{ created: '0001-01-01T00:00:00Z' }, true],
      [{ os: 5, architecture: null }, false],
      [{ rootfs: null, history: null }, false],
    ];
    for (const [file, isRead] of files) {
      putImage(registry, 'app', 'latest', { file: file as Record<string, unknown> });
      if (!isRead) await assert.rejects(ask(), /its configuration is none\.$/);
      else assert.equal((await ask()).layers.length, 2);
    }
    const stored = registry.putBlob('app', deep);
    putImage(registry, 'app', 'latest', {
      manifest: { config: { mediaType: ociConfig, digest: stored.digest, size: stored.size } },
    });
    await assert.rejects(ask(), /its configuration is none\.$/);
  });

  it('leaves a field of a wrong type unknown, and one that is not written at its default', async () => {
    putImage(registry, 'app', 'latest', { file: { config: { Env: 'x', OnBuild: ['RUN a'] } } });
    const { config } = await ask();
    assert.equal('env' in config, false);
    assert.deepEqual([config.onBuild, config.user, config.cmd], [['RUN a'], '', null]);
  });

  it('is left at once when the user cancels', async () => {
    const abort = new AbortController();
    let start = 0;
    on(tag, () => {
      start = performance.now();
      abort.abort();
    });
    await assert.rejects(images.ask(`${registry.host}/app`, amd64, abort.signal), {
      name: 'AbortError',
    });
    assert.ok(performance.now() - start < 2000);
    const before = new AbortController();
    before.abort();
    registry.asked.length = 0;
    await assert.rejects(images.ask(`${registry.host}/app`, amd64, before.signal));
    assert.deepEqual(registry.asked, []);
  });

  it('keeps nothing on the disk of what was not believed', async () => {
    putImage(registry, 'app', 'latest', { manifest: { layers: 'none' } });
    await refuses(/is no manifest of an image/);
    const kept = join(folder, 'kept');
    assert.deepEqual(existsSync(kept) ? readdirSync(kept) : [], []);
  });

  it('is not asked for what is no reference, and never by a name that leaves the repository', async () => {
    for (const name of [
      '',
      'APP',
      'a//b',
      '../x',
      `${registry.host}/../v2`,
      'a b',
      'a:b:c',
      `x@sha256:1`,
      'x'.repeat(5000),
    ]) {
      await assert.rejects(images.ask(name, amd64, signal), /is no reference of an image\.$/);
      assert.equal(await images.known(name, amd64), null);
    }
    assert.deepEqual(registry.asked, []);
  });

  it('that is not there says so', async () => {
    await registry.close();
    await refuses(/^Nothing answers at 127\.0\.0\.1:\d+\.$/);
  });

  it('that sends neither media types nor digests is read by what the answers hold', async () => {
    const { bytes } = putImage(registry, 'app', null, { manifest: { mediaType: undefined } });
    on(tag, says(bytes));
    const image = await ask();
    assert.equal(image.digest, sha256(bytes));
  });
});

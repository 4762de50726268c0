/** Base images read from a registry on this machine: what is asked, what is believed, what is kept. */

import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer as createListener } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createImageRegistry } from '../../../server/src/host/imageRegistry.ts';
import type { Platform } from '../../../server/src/model/plan.ts';
import type { ImageRegistry } from '../../../server/src/registry/registry.ts';
import { certificate } from '../../support/certificates.ts';
import {
  diffId,
  dockerManifest,
  type FakeRegistry,
  fakeRegistry,
  ociIndex,
  putImage,
  putIndex,
  sha256,
} from '../../support/fakeRegistry.ts';

const amd64: Platform = { os: 'linux', arch: 'amd64', variant: '' };

describe('an image in a registry', () => {
  let registry: FakeRegistry;
  let folder: string;
  let images: ImageRegistry;
  const { signal } = new AbortController();

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'registry-'));
    registry = await fakeRegistry();
    images = createImageRegistry({ env: {}, home: folder, folder: () => join(folder, 'kept') });
  });
  afterEach(async () => {
    await registry.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const name = (rest: string) => `${registry.host}/${rest}`;

  it('is read with its layers, history and configuration', async () => {
    const stored = putImage(registry, 'team/app', 'v1', { layers: [31_000_000, 512] });
    const image = await images.ask(name('team/app:v1'), amd64, signal);
    assert.deepEqual(image, {
      reference: name('team/app:v1'),
      digest: stored.digest,
      indexDigest: stored.digest,
      platform: amd64,
      platforms: ['linux/amd64'],
      layers: [
        { digest: sha256('layer 0'), compressed: 31_000_000, archive: 79_360_000 },
        { digest: sha256('layer 1'), compressed: 512, archive: 1536 },
      ],
      diffIds: [diffId(0), diffId(1)],
      history: ['RUN step 0', 'RUN step 1', 'CMD ["sh"]'].map((createdBy, n) => ({
        createdBy,
        comment: n < 2 ? 'buildkit' : '',
        createdAt: Date.UTC(2026, 4, 1, 10),
        bytes: null,
        emptyLayer: n === 2,
      })),
      config: {
        user: 'app',
        env: ['PATH=/bin', 'A=b'],
        workingDir: '/srv',
        cmd: ['sh'],
        entrypoint: null,
        shell: null,
        exposedPorts: [],
        volumes: [],
        labels: {},
        stopSignal: '',
        onBuild: [],
        healthcheck: null,
        argsEscaped: false,
      },
      createdAt: Date.UTC(2026, 4, 1, 10),
      askedAt: image.askedAt,
      notes: [],
    });
  });

  it('is the one for the platform that is asked for, attestations left out', async () => {
    const arm = putImage(registry, 'app', null, { architecture: 'arm64', layers: [7] });
    const amd = putImage(registry, 'app', null, { layers: [9] });
    const index = putIndex(registry, 'app', 'latest', [
      { stored: arm, platform: 'linux/arm64/v8' },
      { stored: { digest: sha256('x'), size: 3 }, platform: 'unknown/unknown' },
      { stored: amd, platform: 'linux/amd64' },
    ]);
    const image = await images.ask(name('app'), { ...amd64, arch: 'arm64' }, signal);
    assert.equal(image.digest, arm.digest);
    assert.equal(image.indexDigest, index.digest);
    assert.deepEqual(image.platforms, ['linux/arm64', 'linux/amd64']);
    assert.deepEqual(
      image.layers.map(({ compressed }) => compressed),
      [7],
    );
    assert.equal((await images.ask(name('app'), amd64, signal)).digest, amd.digest);
    await assert.rejects(
      images.ask(name('app'), { ...amd64, arch: 's390x' }, signal),
      /is not there for linux\/s390x; there is linux\/arm64, linux\/amd64\.$/,
    );
  });

  it('in Docker’s own media types is read too', async () => {
    const amd = putImage(registry, 'app', null, { docker: true });
    putIndex(
      registry,
      'app',
      'latest',
      [{ stored: amd, platform: 'linux/amd64', type: dockerManifest }],
      true,
    );
    assert.equal((await images.ask(name('app'), amd64, signal)).digest, amd.digest);
  });

  it('is known without the registry from then on, and asked for by one HEAD', async () => {
    const amd = putImage(registry, 'app', null);
    putIndex(registry, 'app', 'latest', [{ stored: amd, platform: 'linux/amd64' }]);
    assert.equal(await images.known(name('app'), amd64), null);
    const image = await images.ask(name('app'), amd64, signal);
    registry.asked.length = 0;
    const other = createImageRegistry({ env: {}, home: null, folder: () => join(folder, 'kept') });
    assert.deepEqual(await other.known(name('app:latest'), amd64), {
      ...image,
      reference: name('app:latest'),
    });
    assert.deepEqual(registry.asked, []);
    await other.ask(name('app'), amd64, signal);
    assert.deepEqual(registry.asked, ['HEAD /v2/app/manifests/latest']);
  });

  it('by its digest is not asked for again', async () => {
    const { digest } = putImage(registry, 'app', null);
    await images.ask(name(`app@${digest}`), amd64, signal);
    registry.asked.length = 0;
    assert.equal((await images.ask(name(`app:v1@${digest}`), amd64, signal)).digest, digest);
    assert.deepEqual(registry.asked, []);
  });

  it('that is kept in a damaged file is asked for again', async () => {
    putImage(registry, 'app', 'latest');
    await images.ask(name('app'), amd64, signal);
    const blobs = join(folder, 'kept/blobs');
    for (const file of readdirSync(blobs)) {
      writeFileSync(
        join(blobs, file),
        readFileSync(join(blobs, file), 'utf8').replace('amd64', 'arm64'),
      );
    }
    assert.equal(await images.known(name('app'), amd64), null);
    assert.deepEqual((await images.ask(name('app'), amd64, signal)).platform, amd64);
  });

  it('has the lengths of its archives by the ends of its layers, each asked for once', async () => {
    const archives = [4096, 0, 1000, 512, 512 * 2000, 1_234_944];
    const layers = [1000, 900, 800, 700, 600, 1_200_000];
    putImage(registry, 'app', 'latest', { layers, archives });
    const image = await images.ask(name('app'), amd64, signal);
    // None, no whole blocks, less than compressed, more than gzip can pack: not believed.
    assert.deepEqual(
      image.layers.map(({ archive }) => archive),
      [4096, null, null, null, null, 1_234_944],
    );
    registry.asked.length = 0;
    assert.deepEqual((await images.ask(name('app'), amd64, signal)).layers, image.layers);
    assert.deepEqual((await images.known(name('app'), amd64))?.layers, image.layers);
    assert.equal(registry.asked.length, 1);
  });

  it('is read without them where the registry gives no parts of files, or not in time', async () => {
    putImage(registry, 'app', 'latest', { layers: [1000, 900, 800], archives: null });
    const image = await images.ask(name('app'), amd64, signal);
    assert.deepEqual(
      image.layers.map(({ archive }) => archive),
      [null, null, null],
    );
    assert.equal(registry.asked.filter((line) => line.includes(sha256('layer 0'))).length, 1);
    assert.equal(registry.asked.filter((line) => line.includes(sha256('layer 1'))).length, 0);
  });

  it('has archives as long as its layers where those are not packed, and none where nobody knows how', async () => {
    const types = [
      'oci.image.layer.v1.tar',
      'docker.image.rootfs.diff.tar',
      'oci.image.layer.v1.tar+zstd',
    ];
    const layers = types.map((type, n) => ({
      mediaType: `application/vnd.${type}`,
      digest: sha256(`layer ${n}`),
      size: 3000 + n,
    }));
    putImage(registry, 'app', 'latest', { layers: [1, 2, 3], manifest: { layers } });
    const image = await images.ask(name('app'), amd64, signal);
    assert.deepEqual(
      image.layers.map(({ archive }) => archive),
      [3000, 3001, null],
    );
  });

  it('that was not used for longest goes when the folder is full', async () => {
    const blobs = join(folder, 'kept/blobs');
    mkdirSync(blobs, { recursive: true });
    for (let n = 0; n < 10; n++) {
      const path = join(blobs, `sha256-${String(n).repeat(64)}`);
      writeFileSync(path, Buffer.alloc(7_900_000));
      utimesSync(path, 1_700_000_000 + n, 1_700_000_000 + n);
    }
    putImage(registry, 'app', 'latest');
    await images.ask(name('app'), amd64, signal);
    const left = readdirSync(blobs).filter((file) => /^sha256-(\d)\1{63}$/.test(file));
    assert.deepEqual(left.map((file) => file[7]).sort(), ['2', '3', '4', '5', '6', '7', '8', '9']);
    assert.notEqual(await images.known(name('app'), amd64), null);
  });

  it('is known as long as the process runs where the disk takes nothing', async () => {
    writeFileSync(join(folder, 'kept'), 'a file in the place of the folder');
    putImage(registry, 'app', 'latest');
    const image = await images.ask(name('app'), amd64, signal);
    assert.deepEqual(await images.known(name('app'), amd64), image);
  });

  it('is found through an index in an index, and by its configuration where the index says no platform', async () => {
    const arm = putImage(registry, 'app', null, { architecture: 'arm64' });
    const amd = putImage(registry, 'app', null);
    const inner = putIndex(registry, 'app', null, [{ stored: arm }, { stored: amd }]);
    putIndex(registry, 'app', 'latest', [{ stored: inner, type: ociIndex }]);
    assert.equal((await images.ask(name('app'), amd64, signal)).digest, amd.digest);
  });

  it('on this machine is read from servers that wait for the end of a line of TLS', async () => {
    const { bytes } = putImage(registry, 'app', 'latest');
    const config = JSON.parse(bytes.toString()).config.digest;
    // One connection at a time, and a connection is read to the end of its first line.
    const server = createListener((socket) => {
      let text = '';
      socket.on('error', () => {});
      socket.on('data', (piece) => {
        text += piece.toString('latin1');
        if (!/^[A-Z]+ .*\r\n\r\n/s.test(text)) return;
        const [, path = ''] = text.split(' ');
        void fetch(`http://${registry.host}${path}`).then(async (answer) => {
          const body = Buffer.from(await answer.arrayBuffer());
          socket.end(
            Buffer.concat([
              Buffer.from(`HTTP/1.0 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`),
              body,
            ]),
          );
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const image = await images.ask(`127.0.0.1:${port}/app`, amd64, signal);
      assert.equal(image.layers.length, 2);
      assert.ok(registry.asked.includes(`GET /v2/app/blobs/${config}`));
    } finally {
      server.close();
    }
  });

  it('of a server that answers in the clear now, and encrypted later, is read both times', async () => {
    putImage(registry, 'app', 'latest');
    const port = Number(registry.host.split(':')[1]);
    await images.ask(name('app'), amd64, signal);
    await registry.close();
    await assert.rejects(images.ask(name('app'), amd64, signal), /Nothing answers/);
    const encrypted = await fakeRegistry({ port, tls: certificate('own') });
    putImage(encrypted, 'app', 'latest', { layers: [1] });
    assert.equal((await images.ask(name('app'), amd64, signal)).layers.length, 1);
    await encrypted.close();
  });
});

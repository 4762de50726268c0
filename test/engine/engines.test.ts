/**
 * The product's client against real engines: what it says of them and of their images is what their
 * own client prints. Two versions of Docker Engine with both image stores, and Podman.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Engine, EngineChoice, EngineEvent, Store } from '../../server/src/engine/engine.ts';
import { createEngine } from '../../server/src/host/engine.ts';
import { tar } from '../support/archives.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithLab, type LabEngine, type LabKind, startedEngine } from './labs/engines.ts';

interface Expected {
  readonly product: string;
  readonly version: RegExp;
  readonly driver: string;
  readonly store: Store;
}

const engines: Readonly<Record<LabKind, Expected>> = {
  docker: { product: 'Docker Engine', version: /^2[6-9]\./, driver: 'overlay2', store: 'classic' },
  'docker-store': {
    product: 'Docker Engine',
    version: /^2[6-9]\./,
    driver: 'overlayfs',
    store: 'containerd',
  },
  'docker-26': {
    product: 'Docker Engine',
    version: /^26\.1\./,
    driver: 'overlay2',
    store: 'classic',
  },
  'docker-26-store': {
    product: 'Docker Engine',
    version: /^26\.1\./,
    driver: 'overlayfs',
    store: 'containerd',
  },
  podman: { product: 'Podman', version: /^4\./, driver: 'overlay', store: 'podman' },
};

const dockerfile = [
  `FROM ${baseImage}`,
  'ARG VERSION=1',
  'WORKDIR /srv/app',
  'RUN dd if=/dev/zero of=/big bs=1000 count=300 && mkdir -p /a/b && ln -s /big /a/link',
  'ENV MODE=production',
  'RUN echo $VERSION > /version',
  'LABEL org.example.name=shop',
  'EXPOSE 8080/tcp',
  'CMD ["sh"]',
  '',
].join('\n');

const image = 'dockerfile-layers-test/engines:1';

/** One question at a time is enough here; the client has its own time limits. */
const never = new AbortController().signal;

for (const [kind, expected] of Object.entries(engines) as [LabKind, Expected][]) {
  describeWithLab(`the client on ${kind}`, [kind], () => {
    let lab: LabEngine;
    let engine: Engine;
    const choice: EngineChoice = { endpoint: null };

    before(async () => {
      lab = await startedEngine(kind);
      await ensureBaseImage(baseImage, lab.env);
      await lab.dockerOk(['build', '--quiet', '--tag', image, '-'], {
        input: Buffer.from(dockerfile),
      });
      engine = createEngine({ env: lab.env });
    });
    after(() => lab?.stop());

    it('says which engine it is, its version, driver and store, and how it was found', async () => {
      const info = await engine.about(choice, never);
      assert.equal(info.product, expected.product);
      assert.match(info.version, expected.version);
      assert.equal(info.driver, expected.driver);
      assert.equal(info.store, expected.store);
      assert.equal(info.endpoint, lab.endpoint);
      assert.match(info.foundBy, /DOCKER_HOST/);
      assert.equal(info.platform.os, 'linux');
      assert.equal(info.virtual, false);
      const own = (await lab.get('/version')) as { ApiVersion: string };
      assert.ok(Number(info.api.split('.')[1]) <= Number(own.ApiVersion.split('.')[1]), info.api);
    });

    it('lists the images that its own client lists', async () => {
      const printed = await lab.dockerOk(['images', '--no-trunc', '--format', '{{.ID}}']);
      const own = new Set(printed.trim().split('\n'));
      const images = await engine.images(choice, never);
      const named = images.filter(({ references }) => references.length > 0);
      assert.deepEqual(new Set(named.map(({ id }) => id)), own);
      assert.ok(images.some(({ references }) => references.some((name) => name.endsWith(image))));
      const built = images.find(({ references }) =>
        references.some((name) => name.endsWith(image)),
      );
      assert.equal(built?.labels['org.example.name'], 'shop');
      assert.ok(Math.abs((built?.createdAt ?? 0) - Date.now()) < 600_000);
    });

    it('shows the history that its own client shows, to the byte', async () => {
      const format = '{{.Size}}\t{{.Comment}}\t{{.CreatedBy}}';
      const printed = await lab.dockerOk([
        ...['history', '--no-trunc', '--human=false', '--format', format, image],
      ]);
      const own = printed.replace(/\n$/, '').split('\n').reverse();
      const found = await engine.image(choice, image, never);
      const rows = found?.history.map(
        ({ bytes, comment, createdBy }) => `${bytes}\t${comment}\t${createdBy}`,
      );
      assert.deepEqual(rows, own);
      assert.equal(found?.store, expected.store);
      assert.equal(found?.driver, expected.driver);
    });

    it('knows the layers of an image and its config', async () => {
      const found = await engine.image(choice, image, never);
      const inspect = JSON.parse(await lab.dockerOk(['image', 'inspect', image]))[0] as {
        RootFS: { Layers: string[] };
      };
      assert.deepEqual(found?.diffIds, inspect.RootFS.Layers);
      assert.equal(found?.config.workingDir, '/srv/app');
      assert.deepEqual(found?.config.cmd, ['sh']);
      assert.ok(found?.config.env?.includes('MODE=production'));
      if (expected.store === 'containerd') assert.equal(found?.folders, null);
      else assert.equal(found?.folders?.length, found?.diffIds.length);
    });

    it('has null for an image that the engine does not have', async () => {
      assert.equal(await engine.image(choice, 'dockerfile-layers-test/no-such:1', never), null);
      assert.equal(await engine.image(choice, `sha256:${'0'.repeat(64)}`, never), null);
    });

    it('finds an image by its id too', async () => {
      const byName = await engine.image(choice, image, never);
      const byId = await engine.image(choice, byName?.id ?? '', never);
      assert.deepEqual(byId?.diffIds, byName?.diffIds);
    });

    it('lists the build cache with exact bytes, and none where there is no BuildKit', async () => {
      const entries = await engine.buildCache(choice, never);
      if (expected.store === 'podman') return assert.deepEqual(entries, []);
      const { api } = await engine.about(choice, never);
      const df = (await lab.get(`/v${api}/system/df?type=build-cache`)) as {
        BuildCache: { ID: string; Size: number }[];
      };
      assert.deepEqual(
        new Map(entries.map(({ id, bytes }) => [id, bytes])),
        new Map(df.BuildCache.map(({ ID, Size }) => [ID, Size])),
      );
      assert.ok(entries.some(({ description }) => description.includes('dd if=/dev/zero')));
      assert.ok(
        entries.some(({ parents }) => parents.length > 0),
        'no entry has a parent',
      );
    });

    it('says what a container wrote', async () => {
      const name = `dockerfile-layers-writes-${process.pid}`;
      const id = await containerThatWrote(lab, name);
      try {
        const containers = await engine.containers(choice, image, never);
        const own = containers.find((container) => container.name.includes(name));
        assert.ok(own, JSON.stringify(containers));
        assert.ok((own.writes ?? 0) >= 5000, JSON.stringify(own));
        assert.equal(id.startsWith(own.id) || own.id.startsWith(id), true);
      } finally {
        await lab.docker(['rm', '--force', name]);
      }
    });

    it('hears of builds, names and removals by events', async () => {
      const stop = new AbortController();
      const events = new EventTarget();
      const seen: EngineEvent[] = [];
      const until = async (kinds: readonly EngineEvent['kind'][]) => {
        const limit = AbortSignal.timeout(20_000);
        while (!seen.some((event) => kinds.includes(event.kind))) {
          await once(events, 'event', { signal: limit });
        }
        seen.length = 0;
      };
      const onEvent = (event: EngineEvent) => {
        seen.push(event);
        events.dispatchEvent(new Event('event'));
      };
      engine.watch(choice, onEvent, stop.signal);
      try {
        await until(['up']);
        await lab.dockerOk(['tag', image, 'dockerfile-layers-test/engines:2']);
        await until(['images']);
        await lab.dockerOk(['image', 'rm', 'dockerfile-layers-test/engines:2']);
        await until(['images']);
        await lab.dockerOk(['build', '--quiet', '--tag', 'dockerfile-layers-test/engines:3', '-'], {
          input: Buffer.from(`FROM ${baseImage}\nRUN echo ${process.pid} > /x\n`),
        });
        // Docker 26 with the containerd store tells nothing of a build: the next event has to do.
        if (kind === 'docker-26-store')
          await lab.dockerOk(['tag', image, image.replace(':1', ':4')]);
        await until(['images', 'built']);
      } finally {
        stop.abort();
      }
    });
  });
}

/** A container that has 5,000 bytes of its own; its id. It never runs, as that takes Podman long here. */
async function containerThatWrote(lab: LabEngine, name: string): Promise<string> {
  const id = await lab.dockerOk(['create', '--network=none', '--name', name, image]);
  const input = tar({ name: 'written', content: 5000 });
  await lab.dockerOk(['cp', '-', `${name}:/`], { input });
  return id.trim();
}

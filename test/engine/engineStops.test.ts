/**
 * Real engines that stop in the middle of a question, start late, hang, or give way to another one on
 * the same socket: the client says what happened, goes on by itself, and leaves nothing behind.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine, EngineChoice, EngineEvent, Watch } from '../../server/src/engine/engine.ts';
import { createEngine } from '../../server/src/host/engine.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import {
  describeWithLab,
  type LabEngine,
  type LabKind,
  labFolder,
  startedEngine,
} from './labs/engines.ts';

const choice: EngineChoice = { endpoint: null };
const never = new AbortController().signal;

const questions: Readonly<
  Record<string, (engine: Engine, signal: AbortSignal) => Promise<unknown>>
> = {
  about: (engine, signal) => engine.about(choice, signal),
  images: (engine, signal) => engine.images(choice, signal),
  image: (engine, signal) => engine.image(choice, baseImage, signal),
  buildCache: (engine, signal) => engine.buildCache(choice, signal),
  containers: (engine, signal) => engine.containers(choice, baseImage, signal),
};

/** Connections and pipes that this process has open. */
function openResources(): number {
  return process.getActiveResourcesInfo().filter((name) => /Pipe|TCP|Socket|FSEvent/.test(name))
    .length;
}

/** Waits, turn by turn of the event loop, until nothing more is open than before. */
async function assertNothingLeft(before: number): Promise<void> {
  const end = performance.now() + 5000;
  while (openResources() > before && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.ok(openResources() <= before, process.getActiveResourcesInfo().join(' '));
}

/** What is watched, with a way to wait for the next event of a kind. */
function following(engine: Engine, stop: AbortSignal) {
  const seen: EngineEvent[] = [];
  const events = new EventTarget();
  const watch: Watch = engine.watch(
    choice,
    (event) => {
      seen.push(event);
      events.dispatchEvent(new Event('event'));
    },
    stop,
  );
  const next = async <K extends EngineEvent['kind']>(kind: K) => {
    const limit = AbortSignal.timeout(20_000);
    for (;;) {
      const at = seen.findIndex((event) => event.kind === kind);
      if (at >= 0) return seen.splice(0, at + 1).at(-1) as Extract<EngineEvent, { kind: K }>;
      await once(events, 'event', { signal: limit }).catch(() => {
        throw new Error(`no ${kind} came, but ${JSON.stringify(seen)}`);
      });
    }
  };
  return { watch, next };
}

for (const kind of ['docker', 'docker-26-store', 'podman'] as const) {
  describeWithLab(`an engine that stops (${kind})`, [kind], () => {
    let lab: LabEngine;
    let open = 0;
    const rejections: unknown[] = [];
    const onRejection = (reason: unknown) => rejections.push(reason);

    beforeEach(async () => {
      lab = await startedEngine(kind, lab?.folder ?? labFolder());
      await ensureBaseImage(baseImage, lab.env);
      open = openResources();
      process.on('unhandledRejection', onRejection);
    });
    afterEach(async () => {
      await lab.kill();
      process.off('unhandledRejection', onRejection);
      assert.deepEqual(rejections, []);
    });
    after(() => lab?.stop());

    for (const [name, ask] of Object.entries(questions)) {
      // Podman has no build cache to ask for.
      if (name === 'buildCache' && kind === 'podman') continue;

      it(`in the middle of ${name}: the question ends with a sentence, the next one is answered`, async () => {
        const engine = createEngine({ env: lab.env });
        // What was learned of the engine before leads straight to the question itself.
        if (name !== 'about') await engine.about(choice, never);
        lab.freeze();
        const began = performance.now();
        const asked = ask(engine, never);
        const failed = assert.rejects(asked, (error: Error) => {
          assert.match(error.message, /^[A-Z].*\.$/s);
          assert.ok(error.message.includes(lab.endpoint), error.message);
          return true;
        });
        await new Promise((resolve) => setTimeout(resolve, 50));
        await lab.kill();
        await failed;
        assert.ok(performance.now() - began < 5000);
        lab = await startedEngine(kind, lab.folder);
        await ask(engine, never);
        const images = await engine.images(choice, never);
        assert.equal(images.length, 1, 'the engine has its image again');
        await lab.kill();
        await assertNothingLeft(open);
      });

      it(`that hangs in the middle of ${name}: whoever no longer wants it is free at once`, async () => {
        const engine = createEngine({ env: lab.env });
        if (name !== 'about') await engine.about(choice, never);
        lab.freeze();
        const stop = new AbortController();
        const asked = ask(engine, stop.signal);
        await new Promise((resolve) => setTimeout(resolve, 50));
        const began = performance.now();
        stop.abort();
        await assert.rejects(asked);
        assert.ok(performance.now() - began < 500);
        lab.thaw();
        await ask(engine, never);
        await lab.kill();
        await assertNothingLeft(open);
      });
    }

    it('while its events are followed: that it is gone is told, and that it is back', async () => {
      const stop = new AbortController();
      const { next } = following(createEngine({ env: lab.env }), stop.signal);
      await next('up');
      await lab.kill();
      assert.ok((await next('down')).reason.includes(lab.endpoint));
      lab = await startedEngine(kind, lab.folder);
      assert.equal((await next('up')).info.endpoint, lab.endpoint);
      await lab.quit();
      assert.ok((await next('down')).reason.includes(lab.endpoint));
      lab = await startedEngine(kind, lab.folder);
      await next('up');
      // It is followed as before.
      await lab.dockerOk(['tag', baseImage, `${baseImage}-again`]);
      await next('images');
      stop.abort();
      await lab.kill();
      await assertNothingLeft(open);
    });
  });
}

const kinds: readonly LabKind[] = ['docker', 'docker-26', 'podman', 'docker-store'];

describeWithLab('one engine after the other on the same socket', kinds, () => {
  let lab: LabEngine | undefined;
  let folder = '';
  before(() => {
    folder = labFolder();
  });
  after(async () => {
    await lab?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('one that starts late is noticed, then each that takes its place', async () => {
    const open = openResources();
    const stop = new AbortController();
    const endpoint = `unix://${join(folder, 'engine.sock')}`;
    const engine = createEngine({ env: { DOCKER_HOST: endpoint } });
    const { next } = following(engine, stop.signal);
    assert.ok((await next('down')).reason.includes(endpoint));
    await assert.rejects(engine.images(choice, never), /engine\.sock/);
    const seen: string[] = [];
    for (const kind of kinds) {
      lab = await startedEngine(kind, folder);
      const { info } = await next('up');
      seen.push(`${info.product} ${info.version.split('.')[0]} ${info.store}`);
      // Questions are answered by the one that is there now: it has no image of the others.
      assert.deepEqual(await engine.images(choice, never), []);
      await ensureBaseImage(baseImage, lab.env);
      assert.equal((await engine.images(choice, never)).length, 1);
      assert.equal((await engine.about(choice, never)).store, info.store);
      await lab.kill();
      await next('down');
    }
    const installed = seen[0]?.split(' ')[2];
    assert.deepEqual(seen, [
      `Docker Engine ${installed} classic`,
      'Docker Engine 26 classic',
      'Podman 4 podman',
      `Docker Engine ${installed} containerd`,
    ]);
    stop.abort();
    await assertNothingLeft(open);
  });

  it('one that takes the place of another between two questions is asked, not the old one', async () => {
    lab = await startedEngine('docker', folder);
    const engine = createEngine({ env: lab.env });
    assert.equal((await engine.about(choice, never)).product, 'Docker Engine');
    assert.ok(await engine.image(choice, baseImage, never));
    await lab.kill();
    lab = await startedEngine('podman', folder);
    const image = await engine.image(choice, baseImage, never);
    assert.equal(image?.store, 'podman');
    assert.equal((await engine.about(choice, never)).product, 'Podman');
  });
});

/** Real engines that start late, stand still, crash in the middle of questions, or are replaced by another. */

import assert from 'node:assert/strict';
import type { Engine, EngineEvent } from '../../server/src/engine/engine.ts';
import { createEngine } from '../../server/src/host/engine.ts';
import { EngineProblem } from '../../server/src/host/engineProblem.ts';
import { shortLimits, until } from '../support/patience.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import {
  describeWithLab,
  type LabEngine,
  type LabKind,
  labFolder,
  startedEngine,
} from './labs/engines.ts';

const choice = { endpoint: null };

type Ask = (engine: Engine, signal: AbortSignal) => Promise<unknown>;
const asks: readonly Ask[] = [
  (engine, signal) => engine.about(choice, signal),
  (engine, signal) => engine.images(choice, signal),
  (engine, signal) => engine.image(choice, baseImage, signal),
  (engine, signal) => engine.buildCache(choice, signal),
  (engine, signal) => engine.containers(choice, baseImage, signal),
];

/** Returns when all of its threads have stopped. */
async function freeze(lab: LabEngine): Promise<void> {
  lab.freeze();
  await new Promise((resolve) => setTimeout(resolve, 50));
}

for (const kind of ['docker', 'podman'] as const satisfies readonly LabKind[]) {
  describeWithLab(`the client where ${kind} fails`, [kind], () => {
    let folder: string;
    let lab: LabEngine | null = null;
    let control: AbortController;
    let events: EngineEvent[];
    beforeEach(() => {
      folder = labFolder();
      control = new AbortController();
      events = [];
    });
    afterEach(async () => {
      control.abort();
      await lab?.stop();
      lab = null;
    });
    const start = async (as: LabKind = kind) => {
      lab = await startedEngine(as, folder);
      return lab;
    };
    const open = () =>
      createEngine({ env: { DOCKER_HOST: `unix://${folder}/engine.sock` }, limits: shortLimits });
    const follow = (engine: Engine) =>
      engine.watch(choice, (event) => events.push(event), control.signal);
    const last = () => events.at(-1);

    it('finds it when it starts late, knows that it crashed, and finds it again', async () => {
      const engine = open();
      follow(engine);
      await until(() => last()?.kind === 'down');
      const first = await start();
      await until(() => last()?.kind === 'up');
      await first.kill();
      await until(() => last()?.kind === 'down');
      await assert.rejects(engine.images(choice, control.signal), EngineProblem);
      await start();
      await until(() => last()?.kind === 'up');
      assert.deepEqual(await engine.images(choice, control.signal), []);
    });

    it('knows that it was stopped', async () => {
      const first = await start();
      follow(open());
      await until(() => last()?.kind === 'up');
      await first.quit();
      await until(() => last()?.kind === 'down');
    });

    it('says that it does not answer where it stands still, and goes on when it goes on', async () => {
      const first = await start();
      await ensureBaseImage(baseImage, first.env);
      const engine = open();
      follow(engine);
      await until(() => last()?.kind === 'up');
      await freeze(first);
      for (const ask of asks.slice(1, 3)) {
        await assert.rejects(ask(engine, control.signal), /did not answer in time\.$/);
      }
      first.thaw();
      assert.ok(await engine.image(choice, baseImage, control.signal));
    });

    it('ends every kind of question with a sentence where it crashes in the middle', async () => {
      // Podman has no build cache to ask for.
      for (const ask of asks.filter((_, at) => kind === 'docker' || at !== 3)) {
        const first = await start();
        await ensureBaseImage(baseImage, first.env);
        const engine = open();
        if (ask !== asks[0]) await engine.about(choice, control.signal);
        await freeze(first);
        const asked = ask(engine, control.signal);
        const failed = assert.rejects(asked, (error) => {
          assert.ok(error instanceof EngineProblem, String(error));
          assert.match(error.message, /\.$/);
          return true;
        });
        await new Promise((resolve) => setTimeout(resolve, 50));
        await first.kill();
        await failed;
      }
    });

    if (kind === 'docker') {
      it('tells the other store of one that took its place', async () => {
        const first = await start();
        follow(open());
        await until(() => last()?.kind === 'up');
        await first.kill();
        await until(() => last()?.kind === 'down');
        await start('docker-store');
        await until(() => last()?.kind === 'up');
        const event = last();
        assert.equal(event?.kind === 'up' && event.info.store, 'containerd');
      });
    }
  });
}

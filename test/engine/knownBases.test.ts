/**
 * Plans with base images as the engine knows them: what they say of a child must equal the child that
 * the engine builds: all history texts, their order, which entries are empty, the number of layers,
 * and the whole configuration; and no text may hang on something unknown.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../../server/src/engine/engine.ts';
import { createEngine } from '../../server/src/host/engine.ts';
import { toldByEngine } from '../../server/src/images/told.ts';
import { historyMatches } from '../../server/src/model/historyForms.ts';
import type { BaseImage } from '../../server/src/model/plan.ts';
import { readTree, writeTree } from '../support/files.ts';
import { imageSteps, planOf } from '../support/plans.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, imageConfig } from './engine.ts';
import { type BaseCase, baseCases } from './knownBaseCases.ts';
import {
  describeWithLab,
  type EngineClient,
  type LabEngine,
  type LabKind,
  machineEngine,
  startedEngine,
} from './labs/engines.ts';
import { comparable, comparableImage, platform } from './predicted.ts';

describeWithEngine('a plan whose base image the engine knows', () =>
  plansOn(async () => machineEngine),
);
for (const kind of ['docker-store', 'docker-26', 'podman'] as const) {
  describeWithLab(`a plan whose base image ${kind} knows`, [kind], () =>
    plansOn(() => startedEngine(kind), kind),
  );
}

function plansOn(start: () => Promise<EngineClient & Partial<LabEngine>>, kind?: LabKind): void {
  const folder = mkdtempSync(join(tmpdir(), 'layers-bases-'));
  const made: string[] = [];
  const choice = { endpoint: null };
  const { signal } = new AbortController();
  let client: EngineClient & Partial<LabEngine>;
  let engine: Engine;

  before(async () => {
    client = await start();
    engine = createEngine({ env: { ...process.env, ...client.env } });
    await ensureBaseImage(baseImage, client.env);
  });
  after(async () => {
    if (made.length > 0) await client.docker(['image', 'rm', '--force', ...made]);
    rmSync(folder, { recursive: true, force: true });
    await client.stop?.();
  });

  async function known(name: string) {
    const found = await engine.image(choice, name, signal);
    assert.ok(found, name);
    const facts = toldByEngine(found, await engine.about(choice, signal), null);
    const { told, layers, size, basis, reason } = facts;
    assert.ok(told);
    assert.equal(layers, found.diffIds.length);
    assert.equal(basis, 'measured');
    const isCertain = !reason.includes('not certain');
    // What the layers take is the whole of it, so that each entry was joined with its layer.
    const bytes = told.layers.reduce((sum, layer) => sum + (layer.bytes ?? Number.NaN), 0);
    if (isCertain) assert.equal(bytes, size?.bytes);
    return { told, image: told.image, isCertain };
  }

  async function build(name: string, text: string, { args, target, by }: Partial<BaseCase> = {}) {
    const context = join(folder, 'context');
    writeTree(context, readTree(`${text}\n-- a.txt --\na file\n-- src/b.txt --\nanother\n`));
    made.push(name);
    await client.dockerOk(
      [
        ...['build', '--quiet', '--tag', name],
        ...(target ? ['--target', target] : []),
        ...Object.entries(args ?? {}).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
        context,
      ],
      { env: { DOCKER_BUILDKIT: by === 'legacy' || kind === 'podman' ? '0' : '1' } },
    );
    rmSync(context, { recursive: true, force: true });
  }

  async function commit(name: string, text: string) {
    made.push(name);
    const container = (await client.dockerOk(['create', baseImage, 'true'])).trim();
    const changes = text.split('\n').flatMap((line) => ['--change', line]);
    await client.dockerOk(['commit', ...changes, container, name]);
    await client.dockerOk(['rm', container]);
  }

  /** Children are another builder's there; what is told of the bases has to come out. */
  async function onPodman(prefix: string, { bases }: BaseCase) {
    for (const index of bases.keys()) {
      const { told, isCertain } = await known(`${prefix}:${index}`);
      assert.ok(isCertain, told.image.history.map(({ createdBy }) => createdBy).join('\n'));
      assert.equal(told.store, 'podman');
    }
  }

  for (const [at, one] of baseCases.entries()) {
    if (kind === 'podman' ? one.notPodman : kind === 'docker-26' && one.since28) continue;
    it(`${one.title}: what is built on it is exactly as planned`, async () => {
      const prefix = `dockerfile-layers-test/known-${at}`;
      const written = (text: string) =>
        text.replaceAll('BASE', baseImage).replaceAll('OWN', prefix);
      for (const [index, text] of one.bases.entries()) {
        const name = `${prefix}:${index}`;
        if (one.by === 'commit') await commit(name, text);
        else await build(name, written(text), one.by ? { by: one.by } : {});
      }
      if (kind === 'podman') return onPodman(prefix, one);
      const child = written(one.child);
      const references = [...child.matchAll(/(?:FROM|--from=)\s*(\S+\/\S+:\S+)/g)].map(
        ([, name = '']) => name,
      );
      const images = new Map<string, BaseImage>();
      let isCertain = true;
      for (const name of references) {
        const told = await known(name);
        images.set(name, told.image);
        isCertain &&= told.isCertain;
      }
      // Only the builder of before BuildKit leaves entries open.
      assert.ok(isCertain || one.by === 'legacy');
      const plan = planOf(child, {
        platform,
        buildPlatform: platform,
        buildArgs: new Map(Object.entries(one.args ?? {})),
        ...(one.target ? { target: one.target } : {}),
        images: (reference) => images.get(reference),
      });
      const { by: _, ...choices } = one;
      const name = `${prefix}:child`;
      await build(name, child, choices);
      const steps = imageSteps(plan, plan.target).filter(({ createdBy }) => createdBy !== null);
      const stage = plan.stages[plan.target];
      let bottom = stage;
      while (bottom && bottom.base.stage !== null) bottom = plan.stages[bottom.base.stage];
      const below = bottom?.base.image ?? null;
      assert.ok(stage && below);
      assert.deepEqual(
        steps.filter(({ createdByExact }) => !createdByExact).map(({ createdBy }) => createdBy),
        [],
        'texts that are not exact',
      );
      const { image, told } = await known(name);
      const own = { ...stage.config, argsEscaped: image.config.argsEscaped ?? false };
      assert.deepEqual(comparable({ ...own, ...image.config }), comparable(own));
      assert.equal(below.layers + stage.layers, told.layers.length);
      const texts = steps.map(({ createdBy }, index) =>
        inForm(createdBy ?? '', image.history[below.history.length + index]?.createdBy ?? ''),
      );
      assert.deepEqual(
        [...below.history.map(({ createdBy }) => createdBy), ...texts],
        image.history.map(({ createdBy }) => createdBy),
      );
      const effects = steps.map(({ effect }) => effect !== 'layer');
      assert.deepEqual(
        effects,
        image.history.slice(below.history.length).map(({ emptyLayer }) => emptyLayer),
      );
      if (kind) return;
      // What the engine does not tell stands in the image itself.
      const built = await imageConfig(name, folder);
      assert.deepEqual(comparable(stage.config), comparableImage(built.config));
      const empty = built.history.map((row) => row.empty_layer ?? false);
      if (isCertain)
        assert.deepEqual([...below.history.map((row) => row.emptyLayer), ...effects], empty);
      else assert.deepEqual(effects, empty.slice(below.history.length));
    });
  }
}

/** The newest BuildKit's text, or another form of the same entry that this engine writes. */
function inForm(createdBy: string, observed: string): string {
  return historyMatches(createdBy, observed) ? observed : createdBy;
}

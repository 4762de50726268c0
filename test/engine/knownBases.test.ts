/**
 * Plans with base images as the engine knows them: what they say of a child must equal the child that
 * the engine builds: all history texts, their order, which entries are empty, the number of layers,
 * and the whole configuration; and no text may hang on something unknown.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '../../server/src/host/engine.ts';
import { toldByEngine } from '../../server/src/images/told.ts';
import { historyMatches } from '../../server/src/model/historyForms.ts';
import type { BaseImage } from '../../server/src/model/plan.ts';
import { readTree, writeTree } from '../support/files.ts';
import { imageSteps, planOf } from '../support/plans.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, docker, dockerOk, imageConfig } from './engine.ts';
import { type BaseCase, baseCases } from './knownBaseCases.ts';
import { comparable, comparableImage, platform } from './predicted.ts';

describeWithEngine('a plan whose base image the engine knows', () => {
  const folder = mkdtempSync(join(tmpdir(), 'layers-bases-'));
  const made: string[] = [];
  const engine = createEngine({ env: process.env });
  const choice = { endpoint: null };
  const { signal } = new AbortController();

  before(() => ensureBaseImage());
  after(async () => {
    if (made.length > 0) await docker(['image', 'rm', '--force', ...made]);
    rmSync(folder, { recursive: true, force: true });
  });

  async function known(name: string): Promise<{ image: BaseImage; isCertain: boolean }> {
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
    return { image: told.image, isCertain };
  }

  async function build(name: string, text: string, { args, target, by }: Partial<BaseCase> = {}) {
    const context = join(folder, 'context');
    writeTree(context, readTree(`${text}\n-- a.txt --\na file\n-- src/b.txt --\nanother\n`));
    made.push(name);
    await dockerOk(
      [
        'build',
        '--quiet',
        '--tag',
        name,
        ...(target ? ['--target', target] : []),
        ...Object.entries(args ?? {}).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
        context,
      ],
      { env: { DOCKER_BUILDKIT: by === 'legacy' ? '0' : '1' } },
    );
    rmSync(context, { recursive: true, force: true });
  }

  async function commit(name: string, text: string) {
    made.push(name);
    const container = (await dockerOk(['create', baseImage, 'true'])).trim();
    const changes = text.split('\n').flatMap((line) => ['--change', line]);
    await dockerOk(['commit', ...changes, container, name]);
    await dockerOk(['rm', container]);
  }

  for (const [at, one] of baseCases.entries()) {
    it(`${one.title}: history, configuration and layers of the child are exactly as built`, async () => {
      const prefix = `dockerfile-layers-test/known-${at}`;
      const written = (text: string) =>
        text.replaceAll('BASE', baseImage).replaceAll('OWN', prefix);
      for (const [index, text] of one.bases.entries()) {
        const name = `${prefix}:${index}`;
        if (one.by === 'commit') await commit(name, text);
        else await build(name, written(text), one.by ? { by: one.by } : {});
      }
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
      await build(`${prefix}:child`, child, choices);
      const built = await imageConfig(`${prefix}:child`, folder);
      const steps = imageSteps(plan, plan.target).filter(({ createdBy }) => createdBy !== null);
      const stage = plan.stages[plan.target];
      let bottom = stage;
      while (bottom && bottom.base.stage !== null) bottom = plan.stages[bottom.base.stage];
      const below = bottom?.base.image ?? null;
      assert.ok(stage && below);
      const { history } = built;
      assert.deepEqual(
        [
          ...below.history.map(({ createdBy, emptyLayer }) => [createdBy, isCertain && emptyLayer]),
          ...steps.map(({ createdBy, effect }, index) => [
            inForm(createdBy ?? '', history[below.history.length + index]?.created_by ?? ''),
            effect !== 'layer',
          ]),
        ],
        history.map((row, index) => [
          row.created_by ?? '',
          (isCertain || index >= below.history.length) && (row.empty_layer ?? false),
        ]),
      );
      assert.deepEqual(
        steps.filter(({ createdByExact }) => !createdByExact).map(({ createdBy }) => createdBy),
        [],
        'texts that are not exact',
      );
      assert.equal(below.layers + stage.layers, built.rootfs.diff_ids.length);
      assert.deepEqual(comparable(stage.config), comparableImage(built.config));
      // Afterwards the engine tells of the child what was predicted of it.
      const { image } = await known(`${prefix}:child`);
      assert.deepEqual(
        comparable({ ...stage.config, ...image.config }),
        comparableImage(built.config),
      );
    });
  }
});

/** The newest BuildKit's text, or another form of the same entry that this engine writes. */
function inForm(createdBy: string, observed: string): string {
  return historyMatches(createdBy, observed) ? observed : createdBy;
}

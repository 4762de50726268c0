/**
 * Every fixture Dockerfile is built by the engine; what we predicted without it must equal what
 * it made: history texts, their order, which entries are empty, the number of layers, the image
 * config, and the size of every COPY, ADD and WORKDIR.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFileSystem } from '../../server/src/host/nodeFileSystem.ts';
import { historyMatches } from '../../server/src/model/historyForms.ts';
import { readTree, writeTree } from '../support/files.ts';
import { ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, dockerOk, imageConfig, imageHistory } from './engine.ts';
import { analyzeFolder } from './predicted.ts';

const fixtures = join(import.meta.dirname, '../fixtures/builds');

interface Options {
  readonly target?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
}

describeWithEngine('predictions against a real build', () => {
  /** COPY, ADD and WORKDIR layers of all fixtures, and those whose size was said before the build. */
  let layers = 0;
  let sized = 0;
  before(() => ensureBaseImage());

  for (const file of readdirSync(fixtures).sort()) {
    const name = file.replace(/\.txt$/, '');
    it(`${name}: history, config and sizes are as predicted`, async () => {
      const all = readTree(readFileSync(join(fixtures, file), 'utf8'));
      const options = all.files.find((entry) => entry.path === 'options');
      const { target, buildArgs = {} } = JSON.parse(options?.content.toString() ?? '{}') as Options;
      const tree = { ...all, files: all.files.filter((entry) => entry !== options) };
      const folder = mkdtempSync(join(tmpdir(), 'layers-history-'));
      const image = `dockerfile-layers-test/history-${name}:1`;
      try {
        const context = join(folder, 'context');
        writeTree(context, tree);
        const predicted = await analyzeFolder(nodeFileSystem, context, { target, buildArgs });
        await dockerOk([
          'build',
          '--quiet',
          '--tag',
          image,
          ...(target ? ['--target', target] : []),
          ...Object.entries(buildArgs).flatMap(([key, value]) => [
            '--build-arg',
            `${key}=${value}`,
          ]),
          context,
        ]);
        const rows = await imageHistory(image);
        const config = await imageConfig(image, folder);
        const baseRows = rows.length - predicted.entries.length;
        assert.ok(
          baseRows >= 0 && baseRows <= 1,
          `${rows.length} rows, ${predicted.entries.length} predicted`,
        );
        const own = rows.slice(baseRows);
        // The newest BuildKit's text, or another form of the same entry that some version writes.
        const texts = predicted.entries.map(({ createdBy }, index) => {
          const observed = own[index]?.createdBy ?? '';
          return historyMatches(createdBy, observed) ? observed : createdBy;
        });
        assert.deepEqual(
          texts,
          own.map((row) => row.createdBy),
        );
        assert.deepEqual(
          predicted.entries.map((entry) => entry.isEmptyLayer),
          config.history.slice(baseRows).map((row) => row.empty_layer ?? false),
        );
        assert.equal(
          predicted.entries.filter((entry) => !entry.isEmptyLayer).length + baseRows,
          config.rootfs.diff_ids.length,
        );
        for (const [index, entry] of predicted.entries.entries()) {
          if (/^(COPY|ADD|WORKDIR) /.test(entry.createdBy) && !entry.isEmptyLayer) {
            layers++;
            if (entry.bytes !== null) sized++;
          }
          if (entry.bytes !== null) assert.equal(entry.bytes, own[index]?.bytes, entry.createdBy);
        }
        assert.deepEqual(predicted.config, predicted.configOf(config.config));
      } finally {
        await dockerOk(['image', 'rm', '--force', image]).catch(() => {});
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }

  it('says the size of nearly every COPY, ADD and WORKDIR before the build', () => {
    assert.ok(layers > 60, `${layers} layers`);
    assert.ok(sized / layers > 0.9, `${sized} of ${layers} have a size`);
  });
});

/**
 * What a hover says of files that a RUN stores again: the layer of that RUN is as big as said, and
 * a deletion takes nothing off the layer below.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rewrites } from '../../server/src/features/copyOnWrite.ts';
import { nodeFileSystem } from '../../server/src/host/nodeFileSystem.ts';
import { readTree, writeTree } from '../support/files.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, dockerOk, imageHistory } from './engine.ts';
import { analysisOf } from './predicted.ts';

const context = '-- app/a 300kB --\n-- app/sub/b 4097B --\n-- one.bin 70kB --\n';

/** The RUN under test, behind COPY of a folder and of a file. */
const commands = [
  'chown -R 65534:65534 /app',
  'chown -R nobody /app && chown 65534 /one.bin',
  'chown -R root:root /app',
  'chmod -R u+r /app',
  'chmod -R 700 /app',
  'chmod 600 /one.bin',
  'touch /one.bin',
  'mv /app /moved',
  'rm -rf /app',
  'rm /one.bin',
  'rm -rf /app/*',
];

describeWithEngine('what a RUN stores again', () => {
  before(() => ensureBaseImage());

  for (const command of commands) {
    it(`is as big as said for ${command}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'layers-rewrite-'));
      const image = 'dockerfile-layers-test/rewrite:1';
      try {
        const dockerfile = `FROM ${baseImage}\nCOPY app /app\nCOPY one.bin /one.bin\nRUN ${command}\n`;
        writeTree(folder, readTree(`${dockerfile}${context}`));
        const analysis = await analysisOf(nodeFileSystem, folder);
        const [stage] = analysis.plan.stages;
        const run = stage?.steps.at(-1);
        assert.ok(stage && run);
        const told = rewrites(analysis, stage, run);
        assert.ok(told.length > 0, 'nothing was said');
        assert.ok(told.every(({ bytes, atMost }) => bytes !== null && !atMost));
        await dockerOk(['build', '--quiet', '--tag', image, folder]);
        const layer = (await imageHistory(image)).at(-1)?.bytes;
        const stored = told.filter(({ kind }) => kind !== 'remove');
        assert.equal(
          layer,
          stored.reduce((all, { bytes }) => all + (bytes ?? 0), 0),
        );
      } finally {
        await dockerOk(['image', 'rm', '--force', image]).catch(() => {});
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
});

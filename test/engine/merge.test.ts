/**
 * Every hand-made merge is built by the engine as it was and merged: both builds end alike, and the
 * two images have the same files, modes, contents and config.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mergeFixtures } from '../support/mergeFixtures.ts';
import { ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, docker, dockerOk } from './engine.ts';
import { imageFiles } from './imageFiles.ts';

describeWithEngine('merged RUN lines in a real build', () => {
  before(() => ensureBaseImage());

  for (const { name, title, before: original, expected } of mergeFixtures()) {
    if (!('text' in expected)) continue;
    it(`${title} (${name})`, async () => {
      const separate = await build(`${name}-separate`, original);
      const merged = await build(`${name}-merged`, expected.text);
      assert.deepEqual(merged.failure, separate.failure);
      assert.deepEqual(merged.files, separate.files);
      assert.deepEqual(merged.config, separate.config);
    });
  }
});

interface Built {
  /** Exit status of the command that failed; null when the build succeeded. */
  readonly failure: string | null;
  readonly files: readonly string[];
  readonly config: unknown;
}

async function build(name: string, dockerfile: string): Promise<Built> {
  const folder = mkdtempSync(join(tmpdir(), 'layers-merge-'));
  const image = `dockerfile-layers-test/merge-${name}:1`;
  try {
    writeFileSync(join(folder, 'Dockerfile'), dockerfile);
    const { status, stderr } = await docker(['build', '--no-cache', '--tag', image, folder]);
    if (status !== 0) {
      const code = /did not complete successfully: exit code: (\d+)/.exec(stderr)?.[1];
      return { failure: code ?? stderr, files: [], config: null };
    }
    const files = await imageFiles(image);
    const config = JSON.parse(
      await dockerOk(['image', 'inspect', '-f', '{{json .Config}}', image]),
    );
    return { failure: null, files, config };
  } finally {
    await docker(['image', 'rm', '--force', image]);
    rmSync(folder, { recursive: true, force: true });
  }
}

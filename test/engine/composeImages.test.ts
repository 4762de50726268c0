/** Images as Compose names and labels them are found for the Dockerfile that it builds. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyze } from '../../server/src/analysis.ts';
import { nodeDecompressors } from '../../server/src/host/decompress.ts';
import { createEngine } from '../../server/src/host/engine.ts';
import { nodeFileSystem } from '../../server/src/host/nodeFileSystem.ts';
import { readSettings, settingDefaults } from '../../server/src/settings.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, docker, dockerOk } from './engine.ts';
import { platform } from './predicted.ts';

describeWithEngine('the image that Compose built', () => {
  const folder = mkdtempSync(join(tmpdir(), 'layers-compose-'));
  // A name that no image of anybody else has.
  const name = `layers-test-shop-${process.pid}`;
  const project = join(folder, name.toUpperCase());
  const dockerfile = join(project, 'api', 'Dockerfile');
  const salt = String(Date.now());
  const text = (last: string) =>
    `FROM ${baseImage} AS base\nRUN echo ${salt} > /a\nFROM base AS dev\nRUN echo dev > /b\nFROM base AS prod\nCOPY a.txt /${last}\n`;
  const made = [
    `${name}-api`,
    `${name}_api:other`,
    'layers-compose-test/dev:2',
    `layers-compose-test/unrelated:${salt}`,
  ];

  before(async () => {
    await ensureBaseImage();
    mkdirSync(join(project, 'api'), { recursive: true });
    writeFileSync(join(project, 'api', 'a.txt'), 'a');
  });
  after(async () => {
    await docker(['image', 'rm', '--force', ...made]);
    rmSync(folder, { recursive: true, force: true });
  });

  async function build(image: string, ...more: readonly string[]) {
    await dockerOk(['build', '--quiet', '--tag', image, ...more, join(project, 'api')]);
  }

  async function recognized(target: string | null = null) {
    const { engine } = await analyze(
      {
        key: dockerfile,
        path: dockerfile,
        folder,
        within: null,
        text: text('edited'),
        version: 1,
        settings: readSettings({ ...settingDefaults, target }),
      },
      {
        files: nodeFileSystem,
        decompressors: nodeDecompressors,
        buildPlatform: platform,
        engine: createEngine({ env: process.env }),
      },
    );
    const found = engine.recognized;
    assert.ok(found?.state === 'found', found?.reason ?? engine.state.reason);
    return { foundBy: found.foundBy, references: found.laid.image.references };
  }

  it('is found by the name of project and service, by `image`, and by the target that is built', async () => {
    writeFileSync(
      join(project, 'compose.yaml'),
      `services:
  api:
    build: ./api
  dev:
    image: layers-compose-test/dev:\${TAG:-2}
    build: { context: ., dockerfile: api/Dockerfile, target: dev }
`,
    );
    writeFileSync(dockerfile, text('built'));
    await build(`${name}-api`);
    await build('layers-compose-test/dev:2', '--target', 'dev');
    // Another one is newer and nearer to the text as it is now, but is not what Compose built.
    writeFileSync(dockerfile, text('edited'));
    await build(`layers-compose-test/unrelated:${salt}`);
    assert.deepEqual(await recognized(), {
      foundBy: 'compose',
      references: [`${name}-api:latest`],
    });
    assert.deepEqual(await recognized('dev'), {
      foundBy: 'compose',
      references: ['layers-compose-test/dev:2'],
    });
  });

  it('is found by the labels of project and service, whatever it is called', async () => {
    await docker([
      'image',
      'rm',
      '--force',
      `${name}-api`,
      `layers-compose-test/unrelated:${salt}`,
    ]);
    writeFileSync(dockerfile, text('labelled'));
    await build(
      `${name}_api:other`,
      ...['--label', `com.docker.compose.project=${name}`],
      ...['--label', 'com.docker.compose.service=api'],
    );
    assert.deepEqual(await recognized(), { foundBy: 'compose', references: [`${name}_api:other`] });
  });
});

/**
 * Many Dockerfiles are built, half of them are edited then, and their images are laid over the lines:
 * each line has its own layer's size, or none. Which image is whose is found by history alone.
 */

import assert from 'node:assert/strict';
import { recognizeImage } from '../../server/src/engine/recognizer.ts';
import { createEngine } from '../../server/src/host/engine.ts';
import { ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, docker, dockerOk } from './engine.ts';
import { measuredCases } from './measuredCases.ts';
import {
  type BuiltCase,
  buildCase,
  judgeLines,
  type MeasuringEngine,
  planOf,
  summariesOf,
} from './measuredLines.ts';

const never = new AbortController().signal;

function machineEngine(): MeasuringEngine {
  const engine = createEngine({ env: process.env });
  return {
    build: async (folder, name, { target, buildArgs }) => {
      await dockerOk([
        'buildx',
        'build',
        '--quiet',
        '--load',
        '--tag',
        name,
        ...(target === null ? [] : ['--target', target]),
        ...Object.entries(buildArgs).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
        folder,
      ]);
    },
    image: (name) => engine.image({ endpoint: null }, name, never),
  };
}

describeWithEngine('layers of built images on the lines of their Dockerfiles', () => {
  const engine = machineEngine();
  const built: BuiltCase[] = [];
  const names: string[] = [];
  const sums = { right: 0, unsure: 0, wrong: 0, files: 0, edited: 0 };
  const blind = { right: 0, unsure: 0, wrong: 0 };

  before(() => ensureBaseImage());

  after(async () => {
    if (names.length > 0) await docker(['image', 'rm', '--force', ...names]);
  });

  for (const [at, measured] of measuredCases.entries()) {
    it(`stand where they belong: ${measured.name}`, async () => {
      const name = `dockerfile-layers-test/lines-${at}:1`;
      names.push(name, ...(measured.base ? [measured.base.name] : []));
      const made = await buildCase(measured, name, engine);
      built.push(made);
      for (const text of [measured.built, measured.edited]) {
        if (!text) continue;
        const judged = judgeLines(made, text, true);
        assert.deepEqual(judged.wrong, []);
        const other = judgeLines(made, text, false);
        assert.deepEqual(other.wrong, [], 'with an unknown base image');
        // A file that was edited counts as it is now.
        if (measured.edited && text === measured.built) {
          assert.deepEqual(judged.unsure, [], 'before the edit');
          continue;
        }
        sums.right += judged.right;
        sums.unsure += judged.unsure.length;
        for (const line of judged.unsure) console.log(`        unsure: ${line}`);
        blind.right += other.right;
        blind.unsure += other.unsure.length;
      }
      sums.files++;
      if (measured.edited) sums.edited++;
    });
  }

  it('are right, or said to be unsure in few cases', () => {
    const { right, unsure, wrong, files, edited } = sums;
    console.log(
      `      ${files} Dockerfiles, ${edited} of them edited: ${right} lines right, ${unsure} unsure, ${wrong} wrong; with an unknown base image: ${blind.right} right, ${blind.unsure} unsure.`,
    );
    assert.ok(files >= 60 && edited * 2 >= files, `${files} files, ${edited} edited`);
    assert.ok(unsure / (right + unsure) <= 0.05, `${unsure} unsure, ${right} right`);
  });

  it('are taken from the image that the file was built to, found by its history', async () => {
    const images = summariesOf(built);
    const count = { sure: 0, likely: 0, none: 0 };
    for (const { measured, image, base, images: known } of built) {
      for (const text of [measured.built, measured.edited]) {
        if (!text) continue;
        const found = await recognizeImage({
          plan: planOf(measured, text, known),
          images,
          hints: { choice: null, setting: null, recorded: [], names: [] },
          image: (id) => engine.image(id),
          base: base && { diffIds: base.diffIds, rows: base.history.length },
          signal: never,
          now: 0,
        });
        if (found.state === 'none') count.none++;
        else if (!found.sure) count.likely++;
        else {
          count.sure++;
          assert.equal(found.laid.image.id, image.id, measured.name);
        }
        if (text === measured.built && found.state === 'none') {
          assert.equal(found.state, 'found', `${measured.name}: ${found.reason}`);
        }
      }
    }
    console.log(`      ${count.sure} found, ${count.likely} probably, ${count.none} not found.`);
  });
});

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { layersOfSteps, readBuildMetadata } from '../../../server/src/builder/buildMetadata.ts';
import { planOf } from '../../support/plans.ts';

const recordings = join(import.meta.dirname, '../../../../shared/docker/fixtures/demo');
const digest = `sha256:${'a'.repeat(64)}`;

/** As buildx writes it: lines of operations, and the layers of each. */
function metadata(
  locations: Readonly<Record<string, readonly number[]>>,
  layers: Readonly<Record<string, number>>,
): string {
  return JSON.stringify({
    'containerimage.digest': digest,
    'buildx.build.provenance': {
      metadata: {
        'https://mobyproject.org/buildkit@v1#metadata': {
          source: {
            locations: Object.fromEntries(
              Object.entries(locations).map(([name, lines]) => [
                name,
                { locations: lines.map((line) => ({ ranges: [{ start: { line } }] })) },
              ]),
            ),
          },
          layers: Object.fromEntries(
            Object.entries(layers).map(([name, count]) => [`${name}:0`, [Array(count).fill({})]]),
          ),
        },
      },
    },
  });
}

function linesOf(text: string, dockerfile: string): Readonly<Record<number, number>> {
  const found = layersOfSteps(planOf(dockerfile), readBuildMetadata(text).layers);
  return Object.fromEntries(
    [...found].map(([{ instruction }, layer]) => [instruction.lines.start, layer]),
  );
}

describe('what a builder says at the end of a build', () => {
  it('is the image, and the layer that each line of it made', () => {
    const dockerfile = 'FROM a AS one\nRUN x\nRUN y\nFROM one\nENV A=1\nCOPY b /\n';
    const text = metadata(
      { step0: [1], step1: [2], step2: [3], step3: [6] },
      { step0: 3, step1: 4, step2: 5, step3: 6 },
    );
    assert.equal(readBuildMetadata(text).image, digest);
    assert.deepEqual(linesOf(text, dockerfile), { 2: 3, 3: 4, 6: 5 });
  });

  it('says nothing of a line that two operations stand on, as copies that are linked do', () => {
    const text = metadata({ step1: [2], step2: [2], step3: [3] }, { step1: 1, step2: 2, step3: 3 });
    assert.deepEqual(linesOf(text, 'FROM a\nCOPY --link b /\nRUN x\n'), { 3: 2 });
  });

  it('is nothing where it is damaged, old or hostile', () => {
    const nothing = { image: null, layers: [] };
    for (const text of ['', '[]', 'null', '{', '{"containerimage.digest":7}', '7']) {
      assert.deepEqual(readBuildMetadata(text), nothing, text);
    }
    const old = JSON.stringify({ 'containerimage.digest': digest, 'image.name': 'x' });
    assert.deepEqual(readBuildMetadata(old), { image: digest, layers: [] });
    const odd = metadata({ step1: [-1, 0.5], step2: [2] }, { step1: 2, step2: 0 });
    assert.deepEqual(readBuildMetadata(odd).layers, []);
    const other = old.replace(digest, 'sha256:short');
    assert.equal(readBuildMetadata(other).image, null);
  });

  const names = existsSync(join(recordings, 'Dockerfile'))
    ? ['engine28-overlay2', 'engine28-containerd']
    : [];
  for (const name of names) {
    it(`tells lines and layers of the build recorded in ${name}`, () => {
      const read = (file: string) => readFileSync(join(recordings, file), 'utf8');
      const text = read(`${name}/metadata-provenance-max.json`);
      const lines = linesOf(text, read('Dockerfile'));
      // WORKDIR, two COPY --from, COPY of a heredoc and ADD, on a base of one layer.
      assert.deepEqual(lines, { 21: 1, 23: 2, 24: 3, 25: 4, 28: 5 });
    });
  }
});

/** Which image a file was built to, by when builds on this machine began. */

import assert from 'node:assert/strict';
import type { EngineImage, HistoryRow } from '../../../server/src/engine/engine.ts';
import type { NotedStart } from '../../../server/src/engine/notedBuilds.ts';
import { recognizeImage } from '../../../server/src/engine/recognizer.ts';
import { linux, planOf } from '../../support/plans.ts';

const file = '/project/Dockerfile';
const now = [
  'FROM base',
  'RUN install the shop and its parts',
  'RUN a line that is new',
  'CMD ["x"]',
];
const text = `${now.join('\n')}\n`;
const shop = 'RUN /bin/sh -c install the shop and its parts # buildkit';

function imageOf(name: string, createdAt: number, rows: readonly string[]): EngineImage {
  const history = ['', ...rows].map(
    (createdBy, at): HistoryRow => ({
      createdBy,
      comment: createdBy ? 'buildkit.dockerfile.v0' : '',
      createdAt,
      bytes: at,
      emptyLayer: null,
    }),
  );
  return {
    id: `sha256:${Buffer.from(name).toString('hex').padStart(64, '0')}`,
    references: [`${name}:1`],
    digests: [],
    createdAt,
    labels: {},
    platform: linux,
    diffIds: history
      .filter(({ createdBy }) => !createdBy.startsWith('CMD'))
      .map((_, at) => `sha256:${name}${at}`),
    history,
    config: {},
    store: 'classic',
    driver: 'overlay2',
    folders: null,
  };
}

function start(dockerfile: string, startedAt: number, its: string | null = null): NotedStart {
  return { dockerfile, startedAt, text: async () => its };
}

/** `app`, `app?` where that is not sure; `none`. */
async function foundOf(images: readonly EngineImage[], builds: readonly NotedStart[]) {
  const found = await recognizeImage({
    plan: planOf(text),
    images,
    hints: { choice: null, setting: null, recorded: [], names: [] },
    image: async (id) => images.find((image) => image.id === id) ?? null,
    noted: async () => ({ file, builds }),
    signal: new AbortController().signal,
    now: 0,
  });
  if (found.state === 'none') return 'none';
  const [name = ''] = found.laid.image.references[0]?.split(':') ?? [];
  return name + (found.sure ? '' : '?');
}

describe('the image of a file that was edited, by builds that were noted', () => {
  const app = imageOf('app', 60_000, [shop, 'RUN /bin/sh -c an old line # buildkit', 'CMD ["x"]']);

  it('is surely the one that was made when the file was built', async () => {
    assert.equal(await foundOf([app], []), 'app?');
    assert.equal(await foundOf([app], [start(file, 59_000)]), 'app');
  });

  it('is not surely one that was there before the file was built, or came long after', async () => {
    assert.equal(await foundOf([app], [start(file, 61_000)]), 'app?');
    const later = { ...app, createdAt: 60_000_000 };
    assert.equal(await foundOf([later], [start(file, 59_000)]), 'app?');
  });

  it('is told apart from those of files that are like it by the time', async () => {
    const like = imageOf('like', 70_000, [shop, 'CMD ["x"]']);
    const builds = [start(file, 59_000), start('/like/Dockerfile', 69_000, text)];
    assert.equal(await foundOf([app, like], builds), 'app');
    // Only the other one is there.
    assert.equal(await foundOf([like], builds), 'like?');
  });

  it('is not sure where a file that is like it was being built at the same time', async () => {
    const other = (at: number, its: string | null) => [
      start(file, 59_000),
      start('/like/Dockerfile', at, its),
    ];
    assert.equal(await foundOf([app], other(59_900, text)), 'app?');
    assert.equal(await foundOf([app], other(59_900, null)), 'app');
    const longer = [start(file, 39_000), start('/gone/Dockerfile', 59_900)];
    assert.equal(await foundOf([app], longer), 'app?');
    assert.equal(await foundOf([app], other(59_900, 'FROM base\nRUN nothing of it\n')), 'app');
    assert.equal(await foundOf([app], other(20_000, text)), 'app?');
    const its = imageOf('its', 30_000, [shop]);
    assert.equal(await foundOf([app, its], other(20_000, text)), 'app');
  });

  it("is not surely an older one where a newer of the same name may be another file's", async () => {
    const newer = { ...imageOf('newer', 70_000, [shop, 'CMD ["x"]']), references: ['app:2'] };
    const builds = [start(file, 59_000), start('/like/Dockerfile', 69_000, text)];
    assert.equal(await foundOf([newer, { ...app, references: [] }], builds), 'app?');
    const named = { ...newer, references: ['newer:1'] };
    assert.equal(await foundOf([named, app], builds), 'app');
  });

  it('may be an older one with a name where a build after the newer took one from cache', async () => {
    const rows = [shop, 'RUN /bin/sh -c a line that is new # buildkit', 'CMD ["x"]'];
    const whole = imageOf('whole', 60_000, rows);
    const newer = { ...imageOf('newer', 70_000, rows), references: [] };
    const builds = [start(file, 59_000), start(file, 69_000)];
    assert.equal(await foundOf([newer, whole], [...builds, start(file, 80_000)]), 'whole?');
    assert.equal(await foundOf([newer, whole], []), 'whole?');
    assert.equal(await foundOf([newer, whole], builds), '');
    assert.equal(await foundOf([whole], [...builds, start(file, 80_000)]), 'whole');
  });

  it('is no image that has nothing of the file', async () => {
    const image = imageOf('other', 60_000, ['RUN /bin/sh -c something else # buildkit']);
    assert.equal(await foundOf([image], [start(file, 59_000)]), 'none');
  });
});

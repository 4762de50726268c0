/** Which image is taken as the one that was built from a Dockerfile, and how sure that is. */

import assert from 'node:assert/strict';
import type { EngineImage, HistoryRow } from '../../../server/src/engine/engine.ts';
import {
  type RecognizeRequest,
  recognizeImage,
  relay,
} from '../../../server/src/engine/recognizer.ts';
import { linux, planOf } from '../../support/plans.ts';

const text = [
  'FROM base AS build',
  'RUN compile --all --into /usr/local/shop',
  'FROM build',
  'RUN install the shop and all its parts',
  'COPY assets/shop /srv/shop/assets',
  'CMD ["serve"]',
  '',
].join('\n');

const history = [
  'RUN /bin/sh -c compile --all --into /usr/local/shop # buildkit',
  'RUN /bin/sh -c install the shop and all its parts # buildkit',
  'COPY assets/shop /srv/shop/assets # buildkit',
  'CMD ["serve"]',
];

const others = ['RUN /bin/sh -c something else # buildkit', 'CMD ["other"]'];

let made = 0;

function imageOf(rows: readonly string[], changes: Partial<EngineImage> = {}): EngineImage {
  made += 1;
  const entries = ['', ...rows].map(
    (createdBy, at): HistoryRow => ({
      createdBy,
      comment: createdBy ? 'buildkit.dockerfile.v0' : 'Imported from -',
      createdAt: 0,
      bytes: /^(RUN|COPY|$)/.test(createdBy) ? 100 + at : 0,
      emptyLayer: null,
    }),
  );
  const id = made.toString(16).padStart(64, '0');
  return {
    id: `sha256:${id}`,
    references: [],
    digests: [],
    createdAt: made,
    labels: {},
    platform: linux,
    diffIds: entries.filter(({ bytes }) => bytes).map((_, at) => `sha256:layer${at}`),
    history: entries,
    config: {},
    store: 'classic',
    driver: 'overlay2',
    folders: null,
    ...changes,
  };
}

type Hints = RecognizeRequest['hints'];

function recognize(
  images: readonly EngineImage[],
  hints: Partial<Hints> = {},
  changes: Partial<RecognizeRequest> = {},
) {
  return recognizeImage({
    plan: planOf(text),
    images,
    hints: { choice: null, setting: null, recorded: [], names: [], ...hints },
    image: async (name) =>
      images.find(({ id, references }) => id === name || references.includes(name)) ?? null,
    base: { diffIds: ['sha256:layer0'], rows: 1 },
    signal: new AbortController().signal,
    now: 0,
    ...changes,
  });
}

describe('the image that was built from a Dockerfile', () => {
  it('is found by its history, the newest of several builds', async () => {
    const older = imageOf(history);
    const newer = imageOf(history, { references: ['shop:1'] });
    const found = await recognize([older, imageOf(others), newer]);
    assert.ok(found.state === 'found' && found.sure);
    assert.equal(found.laid.image.id, newer.id);
    assert.equal(found.foundBy, 'history');
    assert.deepEqual(
      found.others.map(({ id }) => id),
      [older.id],
    );
  });

  it('is only likely where images of two names have the same history', async () => {
    const one = imageOf(history, { references: ['shop:1'] });
    const two = imageOf(history, { references: ['warehouse:1'] });
    const found = await recognize([one, two]);
    assert.ok(found.state === 'found');
    assert.equal(found.sure, false);
    assert.match(found.reason, /2 images of different names/);
    assert.deepEqual(
      found.others.map(({ id }) => id),
      [one.id],
    );
  });

  it('is one image with two names', async () => {
    const image = imageOf(history, { references: ['shop:1', 'registry.test/shop:1'] });
    const older = imageOf(history, { references: ['registry.test/shop:0'] });
    const found = await recognize([older, image]);
    assert.ok(found.state === 'found' && found.sure);
  });

  it('is only likely where the file says nothing of its own', async () => {
    const plan = planOf('FROM base\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD ["node", "a.js"]\n');
    const rows = [
      'WORKDIR /app',
      'COPY . . # buildkit',
      'RUN /bin/sh -c npm ci # buildkit',
      'CMD ["node" "a.js"]',
    ];
    const image = imageOf(rows, { diffIds: [0, 1, 2, 3].map((at) => `sha256:layer${at}`) });
    const found = await recognize([image], {}, { plan });
    assert.ok(found.state === 'found');
    assert.equal(found.sure, false);
    assert.match(found.reason, /another file may have the same/);
  });

  it('is only likely where most lines are in it, but not all', async () => {
    const edited = planOf(text.replace('CMD', 'RUN one thing more\nCMD'));
    const found = await recognize([imageOf(history)], {}, { plan: edited });
    assert.ok(found.state === 'found');
    assert.equal(found.sure, false);
    assert.match(found.reason, /Most of its history/);
  });

  it('is not found among images of other files', async () => {
    const found = await recognize([imageOf(others), imageOf([])]);
    assert.equal(found.state, 'none');
    assert.match(found.reason, /No image in the engine/);
  });

  it('is not the build of another stage', async () => {
    const found = await recognize([imageOf(history.slice(0, 1))]);
    assert.equal(found.state, 'none');
  });

  it('is not an image for another platform', async () => {
    const arm = { ...linux, arch: 'arm64' };
    assert.equal((await recognize([imageOf(history, { platform: arm })])).state, 'none');
  });

  it('is the one that the user chose, whatever else there is', async () => {
    const chosen = imageOf(history.slice(0, 3), { references: ['old:1'] });
    const found = await recognize([chosen, imageOf(history)], { choice: 'old:1' });
    assert.ok(found.state === 'found' && found.sure);
    assert.equal(found.foundBy, 'choice');
    assert.equal(found.laid.image.id, chosen.id);
  });

  it('is chosen by the beginning of its id', async () => {
    const chosen = imageOf(history, { id: `sha256:abcdef12${'0'.repeat(56)}` });
    const found = await recognize([chosen], { setting: 'abcdef12' });
    assert.ok(found.state === 'found' && found.foundBy === 'setting');
  });

  it('says so when the chosen image is a build of another stage', async () => {
    const chosen = imageOf(history.slice(0, 1), { references: ['parts:1'] });
    const found = await recognize([chosen], { choice: 'parts:1' });
    assert.ok(found.state === 'found');
    assert.match(found.reason, /a build of the stage build/);
  });

  it('says so when the chosen image is gone, and looks for another', async () => {
    const found = await recognize([imageOf(history)], { choice: 'gone:1' });
    assert.ok(found.state === 'found' && found.foundBy === 'history');
    assert.match(found.reason, /no image gone:1/);
  });

  it('is what a remembered build made, also after edits', async () => {
    const recorded = imageOf([...history.slice(0, 2), 'COPY a /a # buildkit', 'CMD ["serve"]']);
    const found = await recognize([recorded], { recorded: ['sha256:gone', recorded.id] });
    assert.ok(found.state === 'found' && found.sure);
    assert.equal(found.foundBy, 'record');
  });

  it('is a newer image than the remembered one where that is exactly the file', async () => {
    const recorded = imageOf(history.slice(0, 3));
    const newer = imageOf(history);
    const found = await recognize([recorded, newer], { recorded: [recorded.id] });
    assert.ok(found.state === 'found' && found.sure);
    assert.equal(found.laid.image.id, newer.id);
  });

  it('is the image of a Compose service, unless another file made that', async () => {
    const names = [{ name: 'shop-web', by: 'compose' }] as const;
    const own = imageOf(history, { references: ['shop-web:latest'] });
    const same = imageOf(history, { references: ['other:1'] });
    const found = await recognize([own, same], { names });
    assert.ok(found.state === 'found' && found.sure);
    assert.equal(found.foundBy, 'compose');
    assert.equal(found.laid.image.id, own.id);
    const foreign = imageOf(others, { references: ['shop-web:latest'] });
    assert.equal((await recognize([foreign], { names })).state, 'none');
  });

  it('stays sure after an edit, when it is looked for again', async () => {
    const image = imageOf(history, { references: ['shop:1'] });
    const plan = planOf(text.replace('install the shop', 'install a shop'));
    const found = await recognize([image], {}, { plan, before: image.id });
    assert.ok(found.state === 'found' && found.sure);
    assert.match(found.reason, /before it was edited/);
    const newer = imageOf(
      history.map((row) => row.replace('install the shop', 'install a shop')),
      { references: ['shop:2'] },
    );
    const later = await recognize([image, newer], {}, { plan, before: image.id });
    assert.ok(later.state === 'found' && later.sure);
    assert.equal(later.laid.image.id, newer.id);
  });

  it('is laid anew over an edited file without asking', async () => {
    const found = await recognize([imageOf(history)]);
    const plan = planOf(text.replace('install the shop', 'install a shop'));
    const again = relay(found, plan);
    assert.ok(again.state === 'found' && again.sure);
    assert.equal(again.laid.rows.size, 3);
    assert.equal(again.laid.changed.size, 1);
    assert.deepEqual(again.laid.base, { rows: 1, layers: 1 });
  });

  it('is looked for among the newest first, a few at a time, and among others only once', async () => {
    const images = Array.from({ length: 2000 }, (_, at) =>
      imageOf(others, { references: [`other${at}:1`] }),
    );
    const byId = new Map(images.map((image) => [image.id, image]));
    let open = 0;
    let most = 0;
    let asked = 0;
    const image = async (id: string) => {
      asked++;
      most = Math.max(most, ++open);
      await Promise.resolve();
      open--;
      return byId.get(id) ?? null;
    };
    assert.equal((await recognize(images, {}, { image })).state, 'none');
    assert.ok(asked > 0 && asked <= 2000, `${asked} asked`);
    assert.ok(most <= 4, `${most} at once`);
    asked = 0;
    const own = imageOf(history);
    byId.set(own.id, own);
    const found = await recognize([...images, own], {}, { image });
    assert.ok(found.state === 'found' && found.sure);
    assert.equal(asked, 1);
    const plan = planOf('FROM base\nRUN something quite different here\n');
    assert.equal((await recognize([...images, own], {}, { image, plan })).state, 'none');
    assert.equal(asked, 1);
  });

  it('is found behind many newer ones', async () => {
    const own = imageOf(history, { references: ['shop:1'] });
    const images = Array.from({ length: 1500 }, (_, at) =>
      imageOf(['RUN /bin/sh -c build another # buildkit'], { references: [`another${at}:1`] }),
    );
    const found = await recognize([own, ...images]);
    assert.ok(found.state === 'found' && found.sure);
    assert.equal(found.laid.image.id, own.id);
  });

  it('is not known while the engine does not answer, which is the reason given', async () => {
    const image = imageOf(history);
    const found = await recognize(
      [image],
      {},
      {
        image: () => Promise.reject(new Error('The engine stopped.')),
      },
    );
    assert.equal(found.state, 'none');
    assert.match(found.reason, /The engine stopped\./);
  });

  it('is not looked for any more when that is given up', async () => {
    const controller = new AbortController();
    controller.abort(new Error('given up'));
    await assert.rejects(
      recognize([imageOf(history)], {}, { signal: controller.signal }),
      /given up/,
    );
  });

  it('cannot be found for a file that adds nothing to its base image', async () => {
    const found = await recognize([imageOf([])], {}, { plan: planOf('FROM base\n') });
    assert.equal(found.state, 'none');
    assert.match(found.reason, /adds nothing/);
  });
});

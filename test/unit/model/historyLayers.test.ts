import assert from 'node:assert/strict';
import { layersOfRows } from '../../../server/src/model/historyLayers.ts';

const buildkit = (createdBy: string, bytes: number | null = 0) => ({
  createdBy,
  comment: 'buildkit.dockerfile.v0',
  bytes,
  emptyLayer: null,
});
const plain = (createdBy: string, bytes: number | null = 0) => ({
  createdBy,
  comment: '',
  bytes,
  emptyLayer: null,
});

describe('the layers that entries of a history stand for', () => {
  it('are as the configuration of the image says', () => {
    const rows = [true, false, true, false].map((emptyLayer) => ({ ...plain('?'), emptyLayer }));
    assert.deepEqual(layersOfRows(rows, 2), [null, 0, null, 1]);
  });

  it('are told by the kind of BuildKit’s instructions, also where they take nothing', () => {
    const rows = [
      { ...plain('', 1000), comment: 'Imported from -' },
      buildkit('ENV A=1'),
      buildkit('WORKDIR /'),
      buildkit('WORKDIR /app'),
      buildkit('RUN /bin/sh -c true # buildkit'),
      buildkit('COPY . . # buildkit', 7),
      buildkit('CMD ["sh"]'),
    ];
    assert.deepEqual(layersOfRows(rows, 4), [0, null, null, 1, 2, 3, null]);
  });

  it('are told by their bytes, whatever wrote the text', () => {
    const rows = [plain('bazel build ...', 12), plain('created by hand'), plain('jib 3.4', 4)];
    assert.deepEqual(layersOfRows(rows, 2), [0, null, 1]);
    assert.deepEqual(layersOfRows(rows, 3), [0, 1, 2]);
  });

  it('come out by their number, for builders that leave out what changes nothing', () => {
    const rows = [
      plain('/bin/sh -c #(nop) ADD file:1 in / ', 100),
      plain('/bin/sh -c #(nop)  CMD ["bash"]'),
      plain('/bin/sh -c true'),
      plain('/bin/sh -c #(nop) WORKDIR /app'),
    ];
    assert.deepEqual(layersOfRows(rows, 1), [0, null, null, null]);
    assert.deepEqual(layersOfRows(rows, 3), [0, null, 1, 2]);
  });

  it('are certain below and above what cannot be told apart', () => {
    const rows = [
      plain('base', 100),
      plain('/bin/sh -c true'),
      plain('/bin/sh -c :'),
      plain('top', 5),
      plain('/bin/sh -c #(nop) ENV A=1'),
    ];
    assert.deepEqual(layersOfRows(rows, 3), [0, undefined, undefined, 2, null]);
  });

  it('are unknown where the number of layers contradicts the entries', () => {
    assert.deepEqual(layersOfRows([plain('a', 1), plain('b', 1)], 1), [undefined, undefined]);
    assert.deepEqual(layersOfRows([plain('a', 1)], 2), [undefined]);
    assert.deepEqual(layersOfRows([], 2), []);
  });

  it('are known of a registry’s history, which has no bytes', () => {
    const rows = [
      { createdBy: '# debian.sh', comment: '', bytes: null, emptyLayer: false },
      { createdBy: 'CMD ["bash"]', comment: '', bytes: null, emptyLayer: true },
    ];
    assert.deepEqual(layersOfRows(rows, 1), [0, null]);
  });
});

/** How big an image is of which a registry told the compressed sizes. */

import assert from 'node:assert/strict';
import type { BaseFacts } from '../../../server/src/images/baseFacts.ts';
import { unpackedSize } from '../../../server/src/images/unpackedSize.ts';

const compressed = [30_000_000, 2_000_000];

describe('the unpacked size of an image in a registry', () => {
  it('is estimated by the lengths of the archives of its layers, with a narrow band', () => {
    const { figure, reason } = unpackedSize(
      compressed,
      'linux',
      null,
      null,
      [80_000_000, 5_000_000],
    );
    assert.deepEqual(figure, { bytes: 82_025_000, low: 72_250_000, high: 85_000_000 });
    assert.match(
      reason,
      /^Its layers are archives of 85\.0 MB when unpacked from the 32\.0 MB that they have compressed; of such archives 97 % are usually files \(85 to 100 %\)\.$/,
    );
  });

  it('is estimated by a ratio where the length of one archive is not known', () => {
    const { figure, reason } = unpackedSize(compressed, 'linux', null, null, [80_000_000, null]);
    assert.equal(figure?.bytes, Math.round(32_000_000 * 2.66));
    assert.match(reason, /by the ratio of official images/);
  });

  it('stays the table’s where that is of these very layers', () => {
    const size = { bytes: 81_000_000, low: 78_570_000, high: 83_430_000 };
    const table: BaseFacts = {
      size,
      reason: 'As published.',
      layers: 2,
      compressedLayers: compressed,
      distribution: null,
      packages: null,
      date: '2026-09-19',
    };
    const { figure, reason } = unpackedSize(
      compressed,
      'linux',
      null,
      table,
      [80_000_000, 5_000_000],
    );
    assert.deepEqual([figure, reason], [size, 'As published.']);
  });

  it('is not estimated for other systems', () => {
    assert.equal(unpackedSize(compressed, 'windows', null, null, [1, 1]).figure, null);
  });
});

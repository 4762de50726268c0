import assert from 'node:assert/strict';
import type { Measured } from '../../../server/src/engine/measured.ts';
import type { Step } from '../../../server/src/model/plan.ts';
import type { StepSizes } from '../../../server/src/size/estimate.ts';
import { type MeasuredOptions, measuredSizes } from '../../../server/src/size/measuredSizes.ts';
import { computed, type Size, unknown } from '../../../server/src/size/size.ts';

const step = { effect: 'layer' } as Step;

const measured: Measured = {
  bytes: 91,
  store: 'classic',
  source: 'image',
  sure: true,
  reason: 'Measured.',
  layer: null,
  before: null,
};

const estimate: Size = {
  basis: 'estimated',
  bytes: 84,
  low: 80,
  high: 90,
  atLeast: false,
  reason: 'Counted packages.',
};

function sizeOf(
  size: Size,
  found: Partial<Measured> | null,
  options: Partial<MeasuredOptions> = {},
): Size {
  const sizes = { get: () => size } as unknown as StepSizes;
  const laid = measuredSizes(sizes, {
    of: () => (found ? { ...measured, ...found } : undefined),
    figures: 'files',
    changed: () => false,
    ...options,
  });
  return laid.get(step) as Size;
}

describe('a measurement of file contents', () => {
  it('takes the place of an estimate, which stands beside it', () => {
    assert.deepEqual(sizeOf(estimate, {}), {
      basis: 'measured',
      bytes: 91,
      low: 91,
      high: 91,
      atLeast: false,
      reason: 'Measured.',
      estimated: estimate,
    });
  });

  it('takes the place of what is not known', () => {
    const size = sizeOf(unknown('Nobody knows.'), {});
    assert.equal(size.basis, 'measured');
    assert.equal(size.estimated, undefined);
  });

  it('stands beside what is counted in the context, where other files are taken now', () => {
    const size = sizeOf(computed(70, 'One file.'), {}, { changed: () => true });
    assert.equal(size.basis, 'computed');
    assert.equal(size.bytes, 70);
    assert.deepEqual(size.measured, { bytes: 91, store: 'classic', reason: 'Measured.' });
  });

  it('that is only likely is no measurement of the line', () => {
    assert.equal(sizeOf(unknown('Nobody knows.'), { sure: false }).basis, 'estimated');
    assert.equal(sizeOf(computed(70, 'One file.'), { sure: false }).bytes, 70);
  });

  it('that may be of another build does not take the place of an estimate that it contradicts', () => {
    const open = { sure: false, source: 'cache' } as const;
    assert.equal(sizeOf(estimate, open), estimate);
    assert.equal(sizeOf(estimate, { ...open, bytes: 89 }).bytes, 89);
    assert.equal(sizeOf(estimate, { ...open, store: 'containerd' }), estimate);
    assert.equal(sizeOf({ ...estimate, atLeast: true }, open).bytes, 91);
    assert.equal(sizeOf(estimate, { ...open, source: 'image' }).bytes, 91);
  });

  it('leaves figures alone where there is none', () => {
    assert.equal(sizeOf(estimate, null), estimate);
  });
});

describe('a measurement of other things than file contents', () => {
  const store = 'containerd';

  it('stands beside an exact figure of file contents', () => {
    const size = sizeOf(computed(70, 'One file.'), { store });
    assert.equal(size.bytes, 70);
    assert.equal(size.store, undefined);
    assert.equal(size.measured?.store, store);
  });

  it('takes the place of an estimate and names its store', () => {
    const size = sizeOf(estimate, { store });
    assert.deepEqual([size.basis, size.bytes, size.store], ['measured', 91, store]);
  });

  it('is shown everywhere where the user wants figures of the engine', () => {
    const size = sizeOf(computed(70, 'One file.'), { store }, { figures: 'engine' });
    assert.deepEqual([size.basis, size.bytes, size.store], ['measured', 91, store]);
    assert.equal(size.estimated?.bytes, 70);
  });
});

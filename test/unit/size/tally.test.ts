import assert from 'node:assert/strict';
import { computed, type Size, unknown } from '../../../server/src/size/size.ts';
import { sum } from '../../../server/src/size/tally.ts';

const estimated = (bytes: number): Size => ({
  basis: 'estimated',
  bytes,
  low: bytes / 2,
  high: bytes * 2,
  atLeast: false,
  reason: 'Estimated.',
});

const measured = (bytes: number, store?: string, before?: Size): Size => ({
  basis: 'measured',
  bytes,
  low: bytes,
  high: bytes,
  atLeast: false,
  reason: 'Measured.',
  ...(store && { store }),
  ...(before && { estimated: before }),
});

const counted = (bytes: number, inStore: number, store = 'containerd'): Size => ({
  ...computed(bytes, 'Counted.'),
  measured: { bytes: inStore, store, reason: 'Measured.' },
});

describe('a sum of figures', () => {
  it('of which all are measured in bytes of files is measured', () => {
    const total = sum([measured(100), measured(20, undefined, estimated(30))], 'layers');
    assert.equal(total.basis, 'measured');
    assert.equal(total.bytes, 120);
    assert.equal(total.store, undefined);
    assert.equal(total.reason, 'The sum of 2 layers.');
  });

  it('never adds what a store counts to bytes of files: an estimate in bytes of files counts instead', () => {
    const total = sum([computed(100, ''), measured(4096, 'containerd', estimated(30))], 'layers');
    assert.deepEqual(
      [total.basis, total.bytes, total.low, total.high, total.atLeast, total.store],
      ['estimated', 130, 115, 160, false, undefined],
    );
  });

  it('says that a line is left out which is known in another kind of bytes only', () => {
    const total = sum([computed(100, ''), measured(4096, 'containerd')], 'layers');
    assert.deepEqual([total.bytes, total.atLeast, total.store], [100, true, undefined]);
    assert.equal(
      total.reason,
      'The sum of 2 layers, of which 1 is known only in bytes that are counted in another way.',
    );
    assert.equal(total.unknownLines, 1);
  });

  it('is as the store counts, and names it, where all lines are shown so', () => {
    const total = sum(
      [measured(8192, 'podman'), measured(4096, 'podman', estimated(30))],
      'layers',
    );
    assert.deepEqual([total.basis, total.bytes, total.store], ['measured', 12288, 'podman']);
  });

  it('is as the store counts where only so it is whole', () => {
    const total = sum([counted(100, 4096), measured(8192, 'containerd')], 'layers');
    assert.deepEqual([total.bytes, total.store, total.atLeast], [12288, 'containerd', false]);
  });

  it('has the sum of the store beside that of the files where both are whole', () => {
    const total = sum([counted(100, 4096), measured(8192, 'containerd', estimated(30))], 'layers');
    assert.deepEqual([total.bytes, total.store], [130, undefined]);
    assert.deepEqual(total.measured, {
      bytes: 12288,
      store: 'containerd',
      reason: 'The sum of 2 layers.',
    });
  });

  it('never adds figures of two stores', () => {
    const total = sum([measured(8192, 'containerd'), measured(5120, 'podman')], 'layers');
    assert.deepEqual([total.bytes, total.atLeast, total.store], [8192, true, 'containerd']);
    const other = sum([measured(8192, 'containerd'), counted(100, 5120, 'podman')], 'layers');
    assert.deepEqual([other.bytes, other.atLeast, other.store], [100, true, undefined]);
  });

  it('that is whole in neither way is a lower bound of bytes of files', () => {
    const sizes = [counted(100, 4096), measured(8192, 'containerd'), unknown('Nobody knows.')];
    const total = sum(sizes, 'layers');
    assert.deepEqual([total.bytes, total.atLeast, total.store], [100, true, undefined]);
    assert.equal(
      total.reason,
      'The sum of 3 layers, of which 1 is not known and 1 is known only in bytes that are counted in another way.',
    );
  });

  it('without any known figure is unknown', () => {
    assert.equal(sum([unknown('Nobody knows.')], 'layers').basis, 'unknown');
  });
});

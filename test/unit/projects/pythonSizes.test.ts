import assert from 'node:assert/strict';
import { pythonFigure, wheelFits } from '../../../server/src/projects/pythonSizes.ts';
import { wheelName } from '../../../server/src/projects/wheels.ts';

describe('The figure of Python packages', () => {
  // Two real installs, the furthest from their figures: bytes of wheels, of sources, on the disk.
  for (const [name, bytes, py, installed] of [
    ['flask gunicorn', 3_031_387, 2_908_859, 6_911_128],
    ['pytest', 6_567_944, 6_478_772, 13_024_348],
  ] as const) {
    it(`has what an install of ${name} weighs inside its band`, () => {
      const { low, high } = pythonFigure({ bytes, py }, 'Because.');
      assert.ok(low <= installed && installed <= high, `${low} ${installed} ${high}`);
      assert.ok(high / low < 1.17, 'and the band is no wider than what was measured');
    });
  }

  it('without bytecode is what the wheels unpack to', () => {
    assert.equal(pythonFigure({ bytes: 500, py: 100 }, '').withoutBytecode?.bytes, 500);
    assert.equal(pythonFigure({ bytes: 500, py: 100 }, '').bytes, 620);
  });
});

describe('The name of a wheel', () => {
  it('says which package it has, however its dashes are written', () => {
    assert.equal(
      wheelName('Ruamel_Yaml.Clib-0.2-cp312-cp312-linux_x86_64.whl'),
      'ruamel-yaml-clib',
    );
  });

  it('says where it runs', () => {
    const fits = (end: string, arch = 'amd64', isMusl = false) =>
      wheelFits(`a-1-cp312-cp312-${end}.whl`, arch, isMusl);
    assert.ok(fits('any', 'arm64'));
    assert.ok(fits('manylinux_2_17_x86_64.manylinux2014_x86_64'));
    assert.ok(!fits('manylinux_2_17_aarch64'));
    assert.ok(fits('manylinux_2_17_aarch64', 'arm64'));
    assert.ok(!fits('macosx_11_0_x86_64') && !fits('win_amd64'));
    assert.ok(!fits('musllinux_1_2_x86_64') && fits('musllinux_1_2_x86_64', 'amd64', true));
  });
});

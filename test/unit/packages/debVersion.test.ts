import assert from 'node:assert/strict';
import { compareDebVersions, debVersionFits } from '../../../server/src/packages/debVersion.ts';
import { compareRpmVersions } from '../../../server/src/packages/rpmVersion.ts';

describe('versions of packages', () => {
  const debian: readonly (readonly [string, '<' | '=' | '>', string])[] = [
    ['1.0', '=', '1.0'],
    ['1.0', '<', '1.1'],
    ['1.9', '<', '1.10'],
    ['1:0.1', '>', '9.9'],
    ['1.0~rc1', '<', '1.0'],
    ['1.0~rc1-1', '<', '1.0-0'],
    ['1.0~~', '<', '1.0~'],
    ['1.0', '<', '1.0+b1'],
    ['1.0a', '<', '1.0+'],
    ['1.0-1', '<', '1.0-1+deb12u1'],
    ['2.36-9+deb12u4', '<', '2.36-9+deb12u10'],
    ['007', '=', '7'],
    ['1.0-1', '>', '1.0'],
    ['1.2-3-4', '>', '1.2-3'],
    ['0:1.0', '=', '1.0'],
  ];
  for (const [a, sign, b] of debian) {
    it(`of Debian are ordered as dpkg orders them: ${a} ${sign} ${b}`, () => {
      const order = Math.sign(compareDebVersions(a, b));
      assert.equal(order, { '<': -1, '=': 0, '>': 1 }[sign]);
      assert.equal(Math.sign(compareDebVersions(b, a)), -order || 0);
    });
  }

  it('of Debian meet relations', () => {
    assert.ok(debVersionFits('2.36-9', '>=', '2.36'));
    assert.ok(!debVersionFits('2.36-9', '=', '2.36-8'));
    assert.ok(debVersionFits('1.0', '<<', '1.0+'));
    assert.ok(!debVersionFits('1.0', '>>', '1.0'));
  });

  const rpm: readonly (readonly [string, '<' | '=' | '>', string])[] = [
    ['1.0', '<', '1.0.1'],
    ['2.0.1', '=', '2.0.1'],
    ['5.5p1', '<', '5.5p10'],
    ['10xyz', '<', '10.1xyz'],
    ['xyz.4', '<', '8'],
    ['1.0~rc1', '<', '1.0'],
    ['1.0^', '>', '1.0'],
    ['1.0^git1', '<', '1.01'],
    ['1.05', '=', '1.5'],
    ['a', '<', 'b'],
  ];
  for (const [a, sign, b] of rpm) {
    it(`of RPM packages are ordered as rpm orders them: ${a} ${sign} ${b}`, () => {
      const version = (text: string) => ({ epoch: 0, version: text, release: '1' });
      const order = Math.sign(compareRpmVersions(version(a), version(b)));
      assert.equal(order, { '<': -1, '=': 0, '>': 1 }[sign]);
    });
  }
});

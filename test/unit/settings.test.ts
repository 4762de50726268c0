import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readBytes, readSettings, settingDefaults } from '../../server/src/settings.ts';

const manifest = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
) as { contributes?: { configuration?: unknown } };

/** All declared properties of the manifest, whether its configuration is one group or several. */
function declared(): Record<string, { default?: unknown }> {
  const groups = [manifest.contributes?.configuration ?? []].flat() as {
    properties?: Record<string, { default?: unknown }>;
  }[];
  return Object.assign({}, ...groups.map((group) => group.properties ?? {}));
}

describe('settings', () => {
  it('have their defaults when nothing is set', () => {
    const settings = readSettings(undefined);
    assert.equal(settings.inlayHints.enable, true);
    assert.equal(settings.inlayHints.minimumBytes, 0);
    assert.equal(settings.contextPath, null);
    assert.deepEqual(readSettings({}), settings);
    assert.deepEqual(readSettings(settingDefaults), settings);
  });

  it('are read nested, as an editor sends them', () => {
    const settings = readSettings({
      inlayHints: { effect: { enable: 'layers' }, size: { enable: 'large', minimum: '5 MiB' } },
      context: { path: ' ../app ' },
      buildArgs: { VERSION: '1', bad: 2 },
      size: { units: 'binary' },
    });
    assert.equal(settings.inlayHints.effect, 'layers');
    assert.equal(settings.inlayHints.minimumBytes, 5 * 1024 * 1024);
    assert.equal(settings.contextPath, '../app');
    assert.deepEqual([...settings.buildArgs], [['VERSION', '1']]);
    assert.equal(settings.units, 'binary');
  });

  it('are read with dotted keys, as other editors may send them', () => {
    const settings = readSettings({ 'inlayHints.size.enable': 'off', 'merge.style': 'heredoc' });
    assert.equal(settings.inlayHints.size, 'off');
    assert.equal(settings.mergeStyle, 'heredoc');
  });

  it('fall back one by one when they are of a wrong type', () => {
    const settings = readSettings({
      inlayHints: { enable: 'yes', effect: 7, size: { enable: 'huge', minimum: [] }, cache: null },
      context: { path: 5 },
      target: {},
      platform: '',
      buildArgs: ['A=1'],
      merge: { style: 'heredoc' },
      diagnostics: true,
      outline: 1,
    });
    assert.deepEqual(settings, { ...readSettings({}), mergeStyle: 'heredoc' });
    for (const value of [null, 3, 'x', [], true]) {
      assert.deepEqual(readSettings(value), readSettings({}));
    }
  });

  it('mean ten megabytes by "large" unless a minimum is set', () => {
    const minimum = (size: unknown) =>
      readSettings({ inlayHints: { size } }).inlayHints.minimumBytes;
    assert.equal(minimum({ enable: 'large' }), 10_000_000);
    assert.equal(minimum({ enable: 'large', minimum: '1kB' }), 1000);
    assert.equal(minimum({ enable: 'all' }), 0);
  });

  it('take sizes with decimal and binary units', () => {
    const sizes: readonly [unknown, number | undefined][] = [
      ['0', 0],
      ['10MB', 10_000_000],
      ['1.5 GiB', 1_610_612_736],
      ['200k', 200_000],
      ['7b', 7],
      [12, 12],
      ['ten', undefined],
      ['5 iB', undefined],
      [-1, undefined],
      [Number.NaN, undefined],
      [null, undefined],
    ];
    for (const [written, bytes] of sizes) assert.equal(readBytes(written), bytes, String(written));
  });

  it('have the same defaults in the manifest', () => {
    const properties = declared();
    for (const [key, value] of Object.entries(settingDefaults)) {
      assert.ok(properties[`dockerfileLayers.${key}`], `the manifest does not declare ${key}`);
      assert.deepEqual(properties[`dockerfileLayers.${key}`]?.default, value, key);
    }
  });
});

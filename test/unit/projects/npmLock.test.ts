import assert from 'node:assert/strict';
import { chosen } from '../../../server/src/projects/fits.ts';
import { readNpmLock } from '../../../server/src/projects/npmLock.ts';
import type { JavaScriptLock } from '../../../server/src/projects/projectFacts.ts';
import { linux } from '../../support/plans.ts';

function lockOf(root: unknown): JavaScriptLock {
  const reading = readNpmLock(JSON.stringify(root), 'package-lock.json');
  assert.ok(reading.ok);
  return reading.lock;
}

const all = { dev: false, optional: false, peer: false };
const paths = (lock: JavaScriptLock, omit = all, libc: 'glibc' | 'musl' = 'glibc') =>
  chosen(lock.packages, { platform: linux, libc }, omit).map(({ path }) => path);

describe('package-lock.json', () => {
  const lock = lockOf({
    lockfileVersion: 3,
    packages: {
      '': { name: 'a', hasInstallScript: true },
      'node_modules/plain': { version: '1.0.0' },
      'node_modules/tool': { version: '1.0.0', dev: true },
      'node_modules/both': { version: '1.0.0', devOptional: true },
      'node_modules/maybe': { version: '1.0.0', optional: true },
      'node_modules/mac': { version: '1.0.0', optional: true, os: ['darwin'] },
      'node_modules/not-windows': { version: '1.0.0', os: ['!win32'] },
      'node_modules/arm': { version: '1.0.0', optional: true, cpu: ['arm64'] },
      'node_modules/musl': { version: '1.0.0', optional: true, os: ['linux'], libc: ['musl'] },
      'node_modules/gnu': { version: '1.0.0', optional: true, os: ['linux'], libc: ['glibc'] },
      'node_modules/linked': { link: true, resolved: 'packages/linked' },
      'packages/linked': { version: '1.0.0' },
      'packages/linked/node_modules/plain': { version: '2.0.0' },
      'node_modules/plain/node_modules/inside': { version: '1.0.0', inBundle: true },
      '../outside/node_modules/x': { version: '1.0.0' },
    },
  });

  it('counts what fits a Debian image on amd64, and nothing that is linked or bundled', () => {
    assert.deepEqual(paths(lock), [
      'node_modules/plain',
      'node_modules/tool',
      'node_modules/both',
      'node_modules/maybe',
      'node_modules/not-windows',
      'node_modules/gnu',
      'packages/linked/node_modules/plain',
    ]);
  });

  it('takes packages for musl on Alpine', () => {
    const found = paths(lock, all, 'musl');
    assert.ok(found.includes('node_modules/musl') && !found.includes('node_modules/gnu'));
  });

  it('leaves out what --omit=dev leaves out, and what both kinds need only with both', () => {
    assert.ok(!paths(lock, { ...all, dev: true }).includes('node_modules/tool'));
    assert.ok(paths(lock, { ...all, dev: true }).includes('node_modules/both'));
    assert.ok(!paths(lock, { ...all, dev: true, optional: true }).includes('node_modules/both'));
  });

  it('knows workspaces and scripts of the project', () => {
    assert.deepEqual(lock.workspaces, ['packages/linked']);
    assert.equal(lock.projectScripts, true);
  });

  it('leaves out what only an optional package of another platform needs', () => {
    const chain = lockOf({
      lockfileVersion: 3,
      packages: {
        '': { dependencies: { image: '1', asked: '1' } },
        'node_modules/image': {
          version: '1.0.0',
          dependencies: { shared: '1' },
          optionalDependencies: { wasm: '1' },
        },
        'node_modules/wasm': {
          version: '1.0.0',
          optional: true,
          cpu: ['wasm32'],
          dependencies: { runtime: '1', shared: '1', asked: '1' },
        },
        'node_modules/runtime': { version: '1.0.0', optional: true, dependencies: { deeper: '1' } },
        'node_modules/deeper': { version: '1.0.0', optional: true, dependencies: { runtime: '1' } },
        'node_modules/shared': { version: '1.0.0', optional: true },
        'node_modules/asked': { version: '1.0.0', optional: true },
      },
    });
    assert.deepEqual(paths(chain), [
      'node_modules/image',
      'node_modules/shared',
      'node_modules/asked',
    ]);
  });

  it('of version 1 is read with its nested packages', () => {
    const old = lockOf({
      lockfileVersion: 1,
      dependencies: {
        a: { version: '1.0.0', dependencies: { b: { version: '2.0.0', dev: true } } },
        c: { version: 'file:../c' },
        d: { version: '1.0.0', bundled: true },
      },
    });
    assert.deepEqual(paths(old), ['node_modules/a', 'node_modules/a/node_modules/b']);
    assert.deepEqual(paths(old, { ...all, dev: true }), ['node_modules/a']);
  });

  it('adds up to the bytes of the record that npm writes', () => {
    const root = {
      name: 'a',
      version: '1.0.0',
      lockfileVersion: 3,
      requires: true,
      packages: {
        'node_modules/a': { version: '1.0.0', license: 'MIT', engines: { node: '>=6' } },
        'node_modules/é': { version: '1.0.0', os: ['linux', 'darwin'] },
      },
    };
    const { packages, ownBytes } = lockOf(root);
    const sum = packages.reduce((bytes, one) => bytes + one.recordBytes, ownBytes);
    assert.equal(sum, Buffer.byteLength(`${JSON.stringify(root, null, 2)}\n`));
  });

  it('with names that objects have anyway is read like any other', () => {
    const text =
      '{"lockfileVersion":3,"packages":{"node_modules/__proto__":{"version":"1.0.0"},"node_modules/constructor":{"version":"1"}}}';
    const reading = readNpmLock(text, 'package-lock.json');
    assert.ok(reading.ok);
    assert.deepEqual(
      reading.lock.packages.map(({ name }) => name),
      ['__proto__', 'constructor'],
    );
    assert.equal(({} as { version?: string }).version, undefined);
  });

  it('that is hostile gives a sentence or a part, never an error', () => {
    const deep = `{"lockfileVersion":3,"packages":{"node_modules/a":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}}`;
    assert.ok(readNpmLock(deep, 'package-lock.json').ok);
    const nested = `{"dependencies":${'{"a":{"version":"1","dependencies":'.repeat(20_000)}{}${'}}'.repeat(20_000)}}`;
    assert.ok(readNpmLock(nested, 'package-lock.json').ok);
    for (const text of ['', '[', 'null', '[]', '"x"', '{"packages":']) {
      const reading = readNpmLock(text, 'package-lock.json');
      assert.ok(!reading.ok && /not valid JSON/.test(reading.reason), text);
    }
    for (const odd of [
      '{"packages":[]}',
      '{"packages":{"node_modules/a":7}}',
      '{"dependencies":3}',
    ]) {
      const reading = readNpmLock(odd, 'package-lock.json');
      assert.ok(reading.ok && reading.lock.packages.length === 0);
    }
  });

  it('with too many packages says that the rest is not counted', () => {
    const packages = Object.fromEntries(
      Array.from({ length: 60_001 }, (_, index) => [`node_modules/p${index}`, { version: '1' }]),
    );
    assert.match(lockOf({ lockfileVersion: 3, packages }).unread ?? '', /more than 60000 packages/);
  });
});

/**
 * Sums over lock entries and real installs of them, of November 2026 (npm 11, Linux on amd64):
 * unpacked sizes, the record, what lay in node_modules.
 */
const installs: readonly (readonly [string, number, number, number])[] = [
  ['express', 45365434, 206291, 45572419],
  ['express without development', 7375196, 43818, 7419051],
  ['next', 301174843, 174691, 301350134],
  ['vite and react', 86253209, 99608, 86344117],
  ['a language server', 52304036, 64416, 52359570],
];

describe('unpacked sizes of lock entries', () => {
  for (const [name, unpacked, record, measured] of installs) {
    it(`are with the record what ${name} takes on the disk`, () => {
      assert.ok(Math.abs(unpacked + record - measured) / measured < 0.0003);
    });
  }
});

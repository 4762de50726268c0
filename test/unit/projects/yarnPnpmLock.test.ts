import assert from 'node:assert/strict';
import { chosen } from '../../../server/src/projects/fits.ts';
import { readLock } from '../../../server/src/projects/locks.ts';
import type { JavaScriptLock } from '../../../server/src/projects/projectFacts.ts';
import { linux } from '../../support/plans.ts';

function lockOf(manager: 'yarn' | 'pnpm', text: string, manifest: unknown = null): JavaScriptLock {
  const reading = readLock(manager, text, 'lock', manifest);
  assert.ok(reading.ok, reading.ok ? '' : reading.reason);
  return reading.lock;
}

const all = { dev: false, optional: false, peer: false };
const paths = (lock: JavaScriptLock, omit = all) =>
  chosen(lock.packages, { platform: linux, libc: 'glibc' }, omit)
    .map(({ path, version }) => `${path} ${version}`)
    .sort();

const yarnLock = `# yarn lockfile v1

"@esbuild/darwin-arm64@0.21.5":
  version "0.21.5"
  resolved "https://example.com/darwin.tgz#abc"

"@esbuild/linux-x64@0.21.5":
  version "0.21.5"

a@^1.0.0, a@^1.1.0:
  version "1.2.0"
  dependencies:
    c "^2.0.0"

b@1:
  version "1.0.0"
  dependencies:
    c "^1.0.0"
    esbuild "0.21.5"

c@^1.0.0:
  version "1.9.0"

c@^2.0.0, "c@^2.1.0":
  version "2.9.0"

d@*:
  version "4.0.0"
  dependencies:
    a "^1.1.0"
    c "^2.1.0"

esbuild@0.21.5:
  version "0.21.5"
  optionalDependencies:
    "@esbuild/darwin-arm64" "0.21.5"
    "@esbuild/linux-x64" "0.21.5"
`;

describe('yarn.lock', () => {
  const manifest = { dependencies: { a: '^1.0.0', d: '*' }, devDependencies: { b: '1' } };

  it('puts the version that most need at the top, and others below who needs them', () => {
    assert.deepEqual(paths(lockOf('yarn', yarnLock, manifest)), [
      'node_modules/@esbuild/linux-x64 0.21.5',
      'node_modules/a 1.2.0',
      'node_modules/b 1.0.0',
      'node_modules/b/node_modules/c 1.9.0',
      'node_modules/c 2.9.0',
      'node_modules/d 4.0.0',
      'node_modules/esbuild 0.21.5',
    ]);
  });

  it('leaves out what only development reaches', () => {
    assert.deepEqual(paths(lockOf('yarn', yarnLock, manifest), { ...all, dev: true }), [
      'node_modules/a 1.2.0',
      'node_modules/c 2.9.0',
      'node_modules/d 4.0.0',
    ]);
  });

  it('of Yarn 2 and later is recognised', () => {
    const reading = readLock('yarn', '__metadata:\n  version: 8\n', 'yarn.lock', null);
    assert.ok(!reading.ok && /Yarn 2 or later/.test(reading.reason));
  });

  it('with a circle of packages comes to an end', () => {
    const circle =
      'a@1:\n  version "1"\n  dependencies:\n    b "1"\n\nb@1:\n  version "1"\n  dependencies:\n    a "1"\n';
    const lock = lockOf('yarn', circle, { dependencies: { a: '1' } });
    assert.deepEqual(paths(lock), ['node_modules/a 1', 'node_modules/b 1']);
  });
});

describe('pnpm-lock.yaml', () => {
  const nine = `lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      a:
        specifier: ^1
        version: 1.0.0(peer@1.0.0)
    devDependencies:
      tool:
        specifier: '*'
        version: 3.0.0
packages:
  a@1.0.0:
    resolution: {integrity: sha512-x}
  '@s/b@2.0.0':
    resolution: {integrity: sha512-y}
  peer@1.0.0:
    resolution: {integrity: sha512-z}
  native@1.0.0:
    resolution: {integrity: sha512-w}
    cpu: [arm64]
    os: [linux]
  tool@3.0.0:
    resolution: {integrity: sha512-v}
snapshots:
  a@1.0.0(peer@1.0.0):
    dependencies:
      other: '@s/b@2.0.0'
      peer: 1.0.0
    optionalDependencies:
      native: 1.0.0
  '@s/b@2.0.0': {}
  peer@1.0.0: {}
  native@1.0.0:
    optional: true
  tool@3.0.0:
    dependencies:
      '@s/b': 2.0.0
`;

  it('of version 9 tells by the graph what production needs', () => {
    const names = (omit: typeof all) =>
      chosen(lockOf('pnpm', nine).packages, { platform: linux, libc: null }, omit).map(
        ({ name }) => name,
      );
    assert.deepEqual(names(all), ['a', '@s/b', 'peer', 'tool']);
    assert.deepEqual(names({ ...all, dev: true }), ['a', '@s/b', 'peer']);
  });

  it('of versions 5 and 6 says itself what only development needs', () => {
    const six = `lockfileVersion: '6.0'\npackages:\n  /a@1.0.0(b@1.0.0):\n    dev: true\n  /@s/b@1.0.0:\n    dev: false\n`;
    const five = `lockfileVersion: 5.4\npackages:\n  /a/1.0.0_b@1.0.0:\n    dev: true\n  /@s/b/1.0.0:\n    dev: false\n`;
    for (const text of [six, five]) {
      const { packages } = lockOf('pnpm', text);
      assert.deepEqual(
        packages.map(({ name, version, dev }) => [name, version, dev]),
        [
          ['a', '1.0.0', true],
          ['@s/b', '1.0.0', false],
        ],
      );
    }
  });

  it('that is hostile or of another kind gives a sentence', () => {
    const bomb = `a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\nlockfileVersion: 9\n`;
    for (const text of [bomb, '{', 'lockfileVersion: 99', `${'['.repeat(100_000)}`, '']) {
      const reading = readLock('pnpm', text, 'pnpm-lock.yaml', null);
      assert.ok(!reading.ok && reading.reason.endsWith('.'), text.slice(0, 20));
    }
  });
});

describe('bun.lock', () => {
  it('is recognised', () => {
    const reading = readLock('bun', '{}', 'bun.lock', null);
    assert.ok(!reading.ok && /Bun/.test(reading.reason));
  });
});

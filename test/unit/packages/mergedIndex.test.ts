import assert from 'node:assert/strict';
import type { IndexContent } from '../../../server/src/packages/indexContent.ts';
import { decodeIndex, encodeIndex } from '../../../server/src/packages/indexText.ts';
import { mergedIndex } from '../../../server/src/packages/mergedIndex.ts';
import type { PackageFacts, PackageIndex } from '../../../server/src/packages/packageIndex.ts';
import { plainClosure } from '../../../server/src/packages/plainClosure.ts';

const nothing = { fixed: 0, perPackage: 0, debconf: 0, bytecode: 0 };

function facts(name: string, more: Partial<PackageFacts> = {}): PackageFacts {
  const sizes = { files: 1024, documentation: 0, control: 0, python: 0, extra: 0, archive: 512 };
  const flags = { templates: false, measured: false, essential: false };
  return { name, ...sizes, ...flags, depends: [], recommends: [], ...more };
}

function index(packages: readonly PackageFacts[], more: Partial<IndexContent> = {}): PackageIndex {
  const decoded = decodeIndex(
    encodeIndex({
      key: { distribution: 'debian', suite: 'trixie', arch: 'amd64' },
      family: 'deb',
      date: '2026-11-20',
      source: 'test',
      partial: false,
      terms: { plain: nothing, slim: nothing },
      lists: null,
      base: null,
      provides: new Map(),
      packages,
      ...more,
    }),
  );
  assert.ok(decoded.ok);
  return decoded.index;
}

describe('downloaded and bundled package data together', () => {
  const measured = { measured: true, files: 2048, archive: 512 };

  it('keeps what was measured where it is the same version', () => {
    const both = mergedIndex(index([facts('a')]), index([facts('a', measured)]));
    assert.equal(both.package('a')?.files, 2048);
    assert.equal(both.package('a')?.measured, true);
  });

  it('takes the declared size of a version that is newer', () => {
    const both = mergedIndex(
      index([facts('a', { archive: 10_240, files: 4096 })]),
      index([facts('a', { ...measured, extra: 256 })]),
    );
    assert.equal(both.package('a')?.files, 4096);
    assert.equal(both.package('a')?.measured, false);
    assert.equal(both.package('a')?.extra, 256);
  });

  it('prefers the bundled one where the download is older', () => {
    const both = mergedIndex(
      index([facts('a', { archive: 1024 }), facts('b')], { date: '2025-01-01', lists: 5 }),
      index([facts('a', measured)], { lists: 7 }),
    );
    assert.equal(both.package('a')?.files, 2048);
    assert.ok(both.package('b'));
    assert.equal(both.lists, 7);
  });

  it('knows the plain image and the terms from the bundled one', () => {
    const both = mergedIndex(
      index([facts('a'), facts('b')], { base: ['a', 'b'] }),
      index([facts('a')], { base: ['a'] }),
    );
    assert.deepEqual(both.base, ['a']);
  });
});

describe('packages that others bring along', () => {
  const all = index(
    [
      facts('a', { depends: [['b'], ['x', 'c']], recommends: [['d']] }),
      facts('b', { depends: [['a']] }),
      facts('c'),
      facts('d', { depends: [['e']] }),
      facts('e'),
      facts('f', { depends: [['virtual']] }),
    ],
    { provides: new Map([['virtual', ['c', 'e']]]) },
  );
  const names = (roots: readonly string[], before: readonly string[], how: 'no' | 'yes') =>
    [...plainClosure(all, roots, new Set(before), how).names].sort().join(' ');

  it('are all that is needed, also in circles', () => {
    assert.equal(names(['a'], [], 'no'), 'a b c');
  });

  it('are those that are recommended too, where that is asked for', () => {
    assert.equal(names(['a'], [], 'yes'), 'a b c d e');
  });

  it('are none where one that fits is there already', () => {
    assert.equal(names(['f'], ['e'], 'no'), 'e f');
    assert.equal(names(['f'], [], 'no'), 'c f');
  });

  it('leave out what nobody has', () => {
    const { missing } = plainClosure(all, ['a', 'nope'], new Set(), 'no');
    assert.deepEqual(missing, ['nope']);
  });

  it('may need all of several to be there', () => {
    const alpine = index([
      facts('python3', { recommends: [['python3-pyc', 'pyc']] }),
      facts('pyc', { recommends: [['python3-pyc', 'python3']] }),
      facts('python3-pyc'),
    ]);
    const found = (roots: readonly string[]) =>
      [...plainClosure(alpine, roots, new Set(), 'together').names].sort().join(' ');
    assert.equal(found(['python3']), 'python3');
    assert.equal(found(['python3', 'pyc']), 'pyc python3 python3-pyc');
  });
});

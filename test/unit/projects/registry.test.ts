import assert from 'node:assert/strict';
import { askPackageSizes } from '../../../server/src/analysis/packageSizes.ts';
import { readNpmLock } from '../../../server/src/projects/npmLock.ts';
import type { PackageSize } from '../../../server/src/projects/packageSize.ts';
import {
  descriptionAddress,
  readSizes,
  unpackedOf,
  writeSizes,
} from '../../../server/src/projects/registry.ts';

function packagesOf(entries: Readonly<Record<string, object>>) {
  const packages = Object.fromEntries(
    Object.entries(entries).map(([name, one]) => [
      `node_modules/${name}`,
      { version: '1.0.0', ...one },
    ]),
  );
  const reading = readNpmLock(
    JSON.stringify({ lockfileVersion: 3, packages }),
    'package-lock.json',
  );
  assert.ok(reading.ok);
  return reading.lock.packages;
}

const [plain, scoped, alias, git, none] = packagesOf({
  a: { resolved: 'https://r.example/npm/a/-/a-1.0.0.tgz', integrity: 'sha512-a' },
  '@s/b': { resolved: 'https://r.example/@s%2fb/-/b-1.0.0.tgz', integrity: 'sha512-b' },
  other: { resolved: 'https://r.example/@s/b/-/b-1.0.0.tgz', integrity: 'sha512-c' },
  g: { resolved: 'git+ssh://git@example.com/g.git#abc' },
  n: {},
});

describe('sizes that registries say', () => {
  it('are asked for where the package file comes from', () => {
    const addresses = [plain, scoped, alias, git, none].map(
      (one) => one && descriptionAddress(one),
    );
    assert.deepEqual(addresses, [
      'https://r.example/npm/a/1.0.0',
      'https://r.example/@s%2fb/1.0.0',
      'https://r.example/@s%2fb/1.0.0',
      null,
      null,
    ]);
  });

  it('are taken from the description, else the length of the file is', async () => {
    const asked: string[] = [];
    const sizes = await askPackageSizes(
      packagesOf({
        a: { resolved: 'https://r.example/a/-/a-1.0.0.tgz', integrity: 'sha512-a' },
        b: { resolved: 'https://r.example/b/-/b-1.0.0.tgz', integrity: 'sha512-b' },
        c: { resolved: 'https://r.example/c/-/c-1.0.0.tgz', integrity: 'sha512-c' },
      }),
      {
        async description(address) {
          asked.push(address);
          if (address.includes('/c/')) throw new Error('away');
          return address.includes('/a/') ? { dist: { unpackedSize: 7000 } } : { dist: {} };
        },
        length: async (address) => (address.includes('/c/') ? null : 500),
      },
      new AbortController().signal,
    );
    assert.deepEqual(
      [...sizes],
      [
        ['sha512-a', { unpacked: 7000, archive: null, source: 'registry' }],
        ['sha512-b', { unpacked: null, archive: 500, source: 'registry' }],
      ],
    );
    assert.equal(asked.length, 3);
  });

  it('of another kind than a number of bytes are none', () => {
    for (const odd of [
      null,
      [],
      {},
      { dist: null },
      { dist: { unpackedSize: -1 } },
      { dist: { unpackedSize: '7' } },
      { dist: { unpackedSize: 1e300 } },
    ]) {
      assert.equal(unpackedOf(odd), null);
    }
  });

  it('are read again as they were stored, and damaged ones are left out', () => {
    const sizes = new Map<string, PackageSize>([
      ['sha512-a', { unpacked: 7, archive: null, source: 'registry' }],
      ['__proto__', { unpacked: null, archive: 9, source: 'registry' }],
      ['sha512-b', { unpacked: 1, archive: 1, source: 'cache' }],
    ]);
    const again = readSizes(writeSizes(sizes));
    assert.deepEqual(again.get('sha512-a'), sizes.get('sha512-a'));
    assert.equal(again.has('sha512-b'), false);
    for (const text of [
      '',
      '[]',
      '{"version":2,"sizes":{}}',
      '{"version":1,"sizes":{"a":[-1,"x"],"b":7}}',
    ]) {
      assert.equal(readSizes(text).size, 0, text);
    }
  });
});

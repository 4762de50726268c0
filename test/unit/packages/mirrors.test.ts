import assert from 'node:assert/strict';
import { readDebRelease } from '../../../server/src/packages/debRelease.ts';
import {
  indexName,
  readIndexName,
  sourcesOf,
  updatable,
} from '../../../server/src/packages/mirrors.ts';

const addresses = (name: string, given: Readonly<Record<string, readonly string[]>> = {}) => {
  const key = readIndexName(name);
  assert.ok(key, name);
  const sources = sourcesOf(key, new Map(Object.entries(given)));
  return typeof sources === 'string' ? sources : sources.map(({ addresses: all }) => all);
};

describe('mirrors of packages', () => {
  it('are public ones over HTTPS, but for Ubuntu, whose hosts promise none', () => {
    for (const distribution of updatable) {
      const found = addresses(`${distribution}/9/amd64`);
      assert.ok(Array.isArray(found) && found.length > 0, distribution);
      for (const address of found.flat()) {
        assert.match(address, distribution === 'ubuntu' ? /^http:/ : /^https:/);
        assert.doesNotMatch(address, /undefined|\/\/[^/]*\/\//);
      }
    }
  });

  it('of Debian are the release, its updates and its security archive', () => {
    const found = addresses('debian/trixie/arm64') as readonly (readonly string[])[];
    assert.deepEqual(
      found.map(([first]) => first),
      [
        'https://deb.debian.org/debian/dists/trixie',
        'https://deb.debian.org/debian/dists/trixie-updates',
        'https://deb.debian.org/debian-security/dists/trixie-security',
      ],
    );
    assert.equal(addresses('debian/sid/amd64').length, 1);
  });

  it('of Ubuntu are others for other architectures', () => {
    const first = (name: string) => (addresses(name) as readonly (readonly string[])[])[0]?.[0];
    assert.equal(first('ubuntu/noble/amd64'), 'http://archive.ubuntu.com/ubuntu/dists/noble');
    assert.equal(first('ubuntu/noble/arm64'), 'http://ports.ubuntu.com/ubuntu-ports/dists/noble');
  });

  it('are those of the settings where these name some', () => {
    assert.deepEqual(addresses('alpine/3.22/arm64', { alpine: ['http://a/alpine/', 'http://b'] }), [
      ['http://a/alpine/v3.22/main/aarch64', 'http://b/v3.22/main/aarch64'],
      ['http://a/alpine/v3.22/community/aarch64', 'http://b/v3.22/community/aarch64'],
    ]);
    assert.deepEqual(addresses('fedora/44/amd64', { fedora: ['http://m'] }), [
      ['http://m/releases/44/Everything/x86_64/os'],
      ['http://m/updates/44/Everything/x86_64'],
    ]);
  });

  it('of CentOS that is no longer made lie in the vault', () => {
    const found = addresses('centos/7/amd64') as readonly (readonly string[])[];
    assert.ok(found[0]?.includes('https://vault.centos.org/7.9.2009/os/x86_64'));
    const stream = addresses('centos/9/amd64') as readonly (readonly string[])[];
    assert.equal(stream[0]?.[0], 'https://mirror.stream.centos.org/9-stream/BaseOS/x86_64/os');
  });

  it('are not known for every distribution and architecture, and that is said', () => {
    assert.match(addresses('gentoo/x/amd64') as string, /^No mirror is known .*gentoo.*\.$/);
    assert.match(addresses('constructor/x/amd64') as string, /^No mirror is known/);
    assert.match(addresses('debian/sid/vax') as string, /architecture vax are not known\.$/);
  });

  it('are asked for releases whose names are safe in paths and addresses', () => {
    for (const name of [
      'debian',
      'debian/x',
      'a/../c',
      'debian/../etc/amd64',
      'a/b/c/d',
      'A/b/c',
      '/b/c',
    ]) {
      assert.equal(readIndexName(name), undefined, name);
    }
    const key = readIndexName('opensuse-leap/15.6/amd64');
    assert.equal(key && indexName(key), 'opensuse-leap/15.6/amd64');
  });
});

describe('the Release file of an archive', () => {
  it('gives its day and SHA-256 alone', () => {
    const text = `Date: Sat, 12 Sep 2026 07:55:41 UTC\nAcquire-By-Hash: yes\nMD5Sum:\n ${'a'.repeat(32)} 5 main/x\nSHA256:\n ${'b'.repeat(64)} 7 main/x\n bad 7 main/y\n-----BEGIN PGP SIGNATURE-----\nSHA256:\n ${'c'.repeat(64)} 7 main/z\n`;
    const release = readDebRelease(text);
    assert.equal(release.day, '2026-09-12');
    assert.equal(release.byHash, true);
    assert.deepEqual([...release.files], [['main/x', { sha256: 'b'.repeat(64), bytes: 7 }]]);
  });

  it('without a date has none', () => {
    assert.equal(readDebRelease('Date: soon\n').day, null);
  });
});

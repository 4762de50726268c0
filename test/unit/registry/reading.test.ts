/** Texts of registries: challenges, tokens, waiting times, references, platforms. */

import assert from 'node:assert/strict';
import type { Platform } from '../../../server/src/model/plan.ts';
import { formatPlatform } from '../../../server/src/model/platform.ts';
import { readChallenges } from '../../../server/src/registry/challenge.ts';
import { fittingPlatforms, readPlatform } from '../../../server/src/registry/choosePlatform.ts';
import { readDigest } from '../../../server/src/registry/digest.ts';
import { placeOf, requestHost, shownPlace } from '../../../server/src/registry/place.ts';
import { when } from '../../../server/src/registry/problem.ts';
import { readRetryAfter } from '../../../server/src/registry/retryAfter.ts';
import { readToken, scopesOf } from '../../../server/src/registry/token.ts';

describe('a challenge', () => {
  const read = (header: string) =>
    readChallenges(header).map(({ scheme, parameters }) => [
      scheme,
      Object.fromEntries(parameters),
    ]);

  it('of Docker Hub is read', () => {
    assert.deepEqual(
      read(
        'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      ),
      [
        [
          'bearer',
          {
            realm: 'https://auth.docker.io/token',
            service: 'registry.docker.io',
            scope: 'repository:a/b:pull,push',
          },
        ],
      ],
    );
  });

  it('may be one of several, in any order', () => {
    assert.deepEqual(read('Negotiate, Basic realm="a, b", Bearer realm="c"'), [
      ['negotiate', {}],
      ['basic', { realm: 'a, b' }],
      ['bearer', { realm: 'c' }],
    ]);
    assert.deepEqual(
      read('Basic Bearer realm=x').map(([scheme]) => scheme),
      ['basic', 'bearer'],
    );
  });

  it('is read with and without quotes, with spaces and escapes', () => {
    assert.deepEqual(read('BEARER  Realm = https://x/y , service="a\\"b\\\\"'), [
      ['bearer', { realm: 'https://x/y', service: 'a"b\\' }],
    ]);
  });

  it('says the first of two values for one name', () => {
    assert.deepEqual(read('Bearer realm="a",realm="b"'), [['bearer', { realm: 'a' }]]);
  });

  it('that is malformed is none, in linear time', () => {
    for (const header of ['', ',,,', '"', '=', 'a=b', '\u0000', 'Bearer realm="never closed'])
      read(header);
    const start = performance.now();
    for (const piece of ['a=', '"', ',', 'a ', '\\', 'a="', ' ']) read(piece.repeat(100_000));
    assert.ok(performance.now() - start < 2000);
  });
});

describe('a token', () => {
  const now = 1_000_000_000_000;

  it('is good as long as is said, else for a minute', () => {
    assert.deepEqual(readToken('{"token":"a","expires_in":300}', now), {
      value: 'a',
      until: now + 295_000,
    });
    assert.deepEqual(readToken('{"access_token":"a"}', now), { value: 'a', until: now + 55_000 });
    assert.equal(readToken('{"token":"a","expires_in":1e99}', now)?.until, now + 86_400_000 - 5000);
  });

  it('counts from when it was issued, but for clocks that are wrong', () => {
    const issued = (ms: number) =>
      JSON.stringify({ token: 'a', expires_in: 100, issued_at: new Date(now + ms).toISOString() });
    assert.equal(readToken(issued(-20_000), now)?.until, now + 75_000);
    for (const wrong of [50_000, -3_600_000]) {
      assert.equal(readToken(issued(wrong), now)?.until, now + 95_000);
    }
  });

  it('that no header can hold is none', () => {
    for (const text of [
      '',
      '{}',
      '{"token":""}',
      '{"token":"a b"}',
      '{"token":"ä"}',
      '{"token":["a"]}',
      '[]',
      'x',
    ]) {
      assert.equal(readToken(text, now), undefined);
    }
  });

  it('is asked for reading the repository, and for nothing else that a challenge wants', () => {
    const own = 'repository:a/b:pull';
    assert.deepEqual(scopesOf(undefined, 'a/b'), [own]);
    assert.deepEqual(scopesOf('repository:a/b:pull,push,delete', 'a/b'), [own]);
    assert.deepEqual(scopesOf('repository:other:pull registry:catalog:* aws', 'a/b'), [own, 'aws']);
  });
});

describe('the time that a registry wants to be left alone', () => {
  const now = Date.UTC(2026, 10, 21, 12);

  it('is read as seconds, as a date, and as a time since 1970', () => {
    assert.equal(readRetryAfter('5', now), 5000);
    assert.equal(readRetryAfter(' 0.5 ', now), 500);
    assert.equal(readRetryAfter('Sat, 21 Nov 2026 12:01:00 GMT', now), 60_000);
    assert.equal(readRetryAfter('Sat, 21 Nov 2026 11:00:00 GMT', now), 0);
    assert.equal(readRetryAfter(String(now / 1000 + 30), now), 30_000);
  });

  it('is not known where nothing sensible is said, and never for ever', () => {
    for (const header of [undefined, '', 'soon', '-5', 'NaN', '2026']) {
      assert.ok([null, 2_026_000].includes(readRetryAfter(header, now) as number), header);
    }
    assert.equal(readRetryAfter('999999999', now), 7 * 24 * 3600 * 1000);
    assert.equal(readRetryAfter('Fri, 31 Dec 9999 23:59:59 GMT', now), 7 * 24 * 3600 * 1000);
  });

  it('is told in words', () => {
    assert.equal(when(1, now), 'in 1 s');
    assert.equal(when(90_000, now), 'in 90 s');
    assert.equal(when(3_600_000, now), 'at 13:00 UTC');
    assert.equal(when(48 * 3_600_000, now), 'on 2026-11-23 at 12:00 UTC');
  });
});

describe('a reference', () => {
  const hex = 'a'.repeat(64);
  for (const [reference, host, repository, name, shown] of [
    ['alpine', 'docker.io', 'library/alpine', 'latest', 'alpine:latest'],
    ['docker.io/alpine:3.20', 'docker.io', 'library/alpine', '3.20', 'alpine:3.20'],
    ['index.docker.io/library/alpine', 'docker.io', 'library/alpine', 'latest', 'alpine:latest'],
    ['grafana/grafana:1', 'docker.io', 'grafana/grafana', '1', 'grafana/grafana:1'],
    ['ghcr.io/a/b/c', 'ghcr.io', 'a/b/c', 'latest', 'ghcr.io/a/b/c:latest'],
    ['localhost/a', 'localhost', 'a', 'latest', 'localhost/a:latest'],
    ['127.0.0.1:5000/a:t', '127.0.0.1:5000', 'a', 't', '127.0.0.1:5000/a:t'],
    ['[::1]:5000/a', '[::1]:5000', 'a', 'latest', '[::1]:5000/a:latest'],
    [`alpine@sha256:${hex}`, 'docker.io', 'library/alpine', null, `alpine@sha256:${hex}`],
    [`alpine:1@sha256:${hex}`, 'docker.io', 'library/alpine', '1', `alpine:1@sha256:${hex}`],
  ] as const) {
    it(`${reference.slice(0, 40)} is found where the docker CLI finds it`, () => {
      const found = placeOf(reference);
      assert.ok(found.ok);
      const { place } = found;
      assert.deepEqual([place.host, place.repository, place.tag], [host, repository, name]);
      assert.equal(shownPlace(place), shown);
    });
  }

  it('of Docker Hub is asked for at another host', () => {
    assert.equal(requestHost('docker.io'), 'registry-1.docker.io');
    assert.equal(requestHost('quay.io'), 'quay.io');
  });

  it('with a digest of another algorithm is refused with a sentence', () => {
    for (const text of [
      `a@md5:${'a'.repeat(32)}`,
      `a@sha256:${'A'.repeat(64)}`,
      'A',
      'a b',
      '/',
      '',
    ]) {
      const found = placeOf(text);
      assert.ok(!found.ok);
      assert.match(found.reason, /\.$/);
    }
    assert.ok(readDigest(`sha512:${'a'.repeat(128)}`));
    for (const text of [
      `sha256:${'a'.repeat(63)}`,
      `sha256:${'g'.repeat(64)}`,
      `sha256:${hex}\n`,
      '../x',
    ]) {
      assert.equal(readDigest(text), undefined);
    }
  });
});

describe('the platform of an image', () => {
  const fitting = (platform: Platform) => fittingPlatforms(platform).map(formatPlatform);
  const linux = (arch: string, variant = ''): Platform => ({ os: 'linux', arch, variant });

  it('is the one that is asked for, else what runs on it, as containerd chooses', () => {
    assert.deepEqual(fitting(linux('amd64')), ['linux/amd64', 'linux/386']);
    assert.deepEqual(fitting(linux('amd64', 'v3')), [
      'linux/amd64/v3',
      'linux/amd64/v2',
      'linux/amd64',
      'linux/386',
    ]);
    assert.deepEqual(fitting(linux('arm', 'v7')), ['linux/arm/v7', 'linux/arm/v6', 'linux/arm/v5']);
    assert.deepEqual(fitting(linux('arm')), ['linux/arm/v7', 'linux/arm/v6', 'linux/arm/v5']);
    assert.deepEqual(fitting(linux('arm', 'v5')), ['linux/arm/v5']);
    assert.deepEqual(fitting(linux('arm64')), [
      'linux/arm64',
      'linux/arm/v8',
      'linux/arm/v7',
      'linux/arm/v6',
      'linux/arm/v5',
    ]);
    assert.deepEqual(fitting(linux('arm64', 'v8')), fitting(linux('arm64')));
    assert.deepEqual(fitting(linux('s390x')), ['linux/s390x']);
    assert.deepEqual(fitting(linux('riscv64', 'rva23')), ['linux/riscv64/rva23']);
  });

  it('is read by its usual names', () => {
    const read = (os: unknown, architecture: unknown, variant?: unknown) => {
      const platform = readPlatform({ os, architecture, variant });
      return platform && formatPlatform(platform);
    };
    assert.equal(read('linux', 'x86_64'), 'linux/amd64');
    assert.equal(read('linux', 'aarch64', 'v8'), 'linux/arm64');
    assert.equal(read('Linux', 'ARM', '6'), 'linux/arm/v6');
    assert.equal(read('linux', 'arm'), 'linux/arm/v7');
    assert.equal(read('windows', 'amd64'), 'windows/amd64');
    for (const [os, arch] of [
      ['', 'amd64'],
      ['linux', ''],
      [1, 2],
      ['a b', 'c'],
      ['linux', '\u001b[31m'],
    ]) {
      assert.equal(read(os, arch), null);
    }
  });
});

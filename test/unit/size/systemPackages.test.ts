import assert from 'node:assert/strict';
import { analyze } from '../../../server/src/analysis.ts';
import { nodeDecompressors } from '../../../server/src/host/decompress.ts';
import { gatherApk, readApkPackages } from '../../../server/src/packages/apkIndex.ts';
import type { GatheredPackages } from '../../../server/src/packages/indexContent.ts';
import { decodeIndex, encodeIndex } from '../../../server/src/packages/indexText.ts';
import type { IndexKey, PackageIndex } from '../../../server/src/packages/packageIndex.ts';
import { gatherRpm, readRpmPackages } from '../../../server/src/packages/rpmIndex.ts';
import { noTerms } from '../../../server/src/packages/terms.ts';
import { readSettings } from '../../../server/src/settings.ts';
import type { Size } from '../../../server/src/size/size.ts';
import { memoryFileSystem } from '../../support/memoryFileSystem.ts';
import { primaryXml } from '../../support/mirrors.ts';
import { linux } from '../../support/plans.ts';

const apkText = [
  ['musl', 600, ''],
  ['busybox', 800, 'D:musl'],
  ['apk-tools', 200, 'D:musl'],
  ['curl', 1000, 'D:libcurl'],
  ['libcurl', 3000, 'D:musl'],
  ['gcc', 100_000, 'D:libgcc musl'],
  ['libgcc', 2000, ''],
  ['python3', 40_000, 'D:libgcc'],
]
  .map(
    ([name, kb, rest]) => `P:${name}\nV:1-r0\nI:${Number(kb) * 1024}\nS:10\n${rest || 'U:x'}\n\n`,
  )
  .join('');

const rpmText = primaryXml([
  { name: 'glibc', installed: 10_000_000 },
  { name: 'bash', installed: 8_000_000, requires: ['glibc'] },
  { name: 'dnf', installed: 1_000_000, requires: ['bash'] },
  {
    name: 'git',
    installed: 20_000_000,
    requires: ['git-core', 'glibc'],
    recommends: ['git-extras'],
  },
  { name: 'git-core', installed: 30_000_000 },
  { name: 'git-extras', installed: 5_000_000 },
  { name: 'bind-utils', installed: 1_000_000, files: ['/usr/bin/dig'] },
]);

async function* once(text: string) {
  yield Buffer.from(text);
}

async function indexOf(key: IndexKey): Promise<PackageIndex> {
  let gathered: GatheredPackages;
  if (key.distribution === 'alpine') {
    const found = new Map();
    await readApkPackages(once(apkText), found);
    gathered = gatherApk(found);
  } else {
    const found = new Map();
    await readRpmPackages(once(rpmText), 'x86_64', found);
    gathered = gatherRpm(found);
  }
  const family = key.distribution === 'alpine' ? ('apk' as const) : ('rpm' as const);
  const decoded = decodeIndex(
    encodeIndex({
      key,
      family,
      date: '2026-11-20',
      source: 'test mirror',
      partial: false,
      terms: noTerms,
      lists: family === 'apk' ? 2_500_000 : null,
      ...gathered,
    }),
  );
  assert.ok(decoded.ok);
  return decoded.index;
}

/** Sizes of the layers of a Dockerfile, in order. */
async function sizesOf(dockerfile: string, hasData = true): Promise<readonly Size[]> {
  const analysis = await analyze(
    {
      key: 'test',
      path: null,
      folder: null,
      within: null,
      text: dockerfile,
      version: 1,
      settings: readSettings({}),
    },
    {
      files: memoryFileSystem(),
      decompressors: nodeDecompressors,
      buildPlatform: linux,
      packages: async (key) =>
        hasData
          ? { state: 'known', value: await indexOf(key) }
          : { state: 'unavailable', reason: 'There is no package data. Update it.' },
      base: async (reference) => {
        const [id = '', suite = ''] = reference.split(':');
        return {
          state: 'known',
          value: {
            size: null,
            reason: 'A test image.',
            layers: 1,
            compressedLayers: null,
            distribution: { id, suite, slim: false },
            packages: [],
            date: null,
          },
        };
      },
    },
  );
  const steps = analysis.plan.stages.flatMap(({ steps }) => steps);
  return steps.map((step) => analysis.sizes.get(step)).filter((size) => size !== undefined);
}

const mb = ({ bytes }: Size = { bytes: null } as Size) =>
  bytes === null ? null : Math.round(bytes / 1024 / 100) / 10;

describe('RUN apk add', () => {
  const run = async (...lines: readonly string[]) =>
    sizesOf(`FROM alpine:v3.23\n${lines.map((line) => `RUN ${line}\n`).join('')}`);

  it('counts the packages and what they need, without what the image has', async () => {
    const [size] = await run('apk add --no-cache curl');
    assert.equal(mb(size), 4);
    assert.equal(size?.basis, 'estimated');
    assert.equal(size?.atLeast, false);
    assert.match(
      size?.reason ?? '',
      /\(alpine v3\.23 of 2026-11-20, test mirror\), not measured by us\.$/,
    );
    assert.deepEqual(
      size?.parts?.map(({ label }) => label),
      ['packages: curl and 1 more'],
    );
  });

  it('counts the index that stays without --no-cache, and not when it is removed', async () => {
    const [kept] = await run('apk add curl');
    const [gone] = await run('apk add curl && rm -rf /var/cache/apk/*');
    const [mounted] = await run('--mount=type=cache,target=/var/cache/apk apk add curl');
    assert.ok((kept?.bytes ?? 0) - (gone?.bytes ?? 0) > 2_400_000);
    assert.equal(gone?.bytes, mounted?.bytes);
    assert.equal(mb(gone), 4);
  });

  it('counts nothing twice on a later line', async () => {
    const [, second] = await run('apk add --no-cache gcc', 'apk add --no-cache python3');
    assert.equal(mb(second), 40);
  });

  it('forgets what a group brought when the same line takes it back', async () => {
    const [size] = await run(
      'apk add --no-cache --virtual .build-deps gcc curl && apk add --no-cache python3 && apk del .build-deps',
    );
    assert.equal(mb(size), 42);
  });

  it('forgets it where the name stands behind an option in one word', async () => {
    const [size] = await run(
      'apk add --no-cache --virtual=.b gcc && apk add --no-cache python3 && apk del --no-cache .b',
    );
    assert.equal(mb(size), 42);
  });

  it('wins nothing by removing on a later line, and counts again what is installed again', async () => {
    const [, gone, again] = await run(
      'apk add --no-cache curl',
      'apk del curl',
      'apk add --no-cache curl',
    );
    assert.equal(gone?.bytes, 0);
    assert.equal(mb(again), 4);
  });

  it('takes versions, repositories and conflicts for what they are', async () => {
    const [size] = await run("apk add --no-cache 'curl=1-r0' 'python3~=3' '!gcc'");
    assert.equal(mb(size), 46);
    const [tagged] = await run('apk add --no-cache curl jq@edge');
    assert.equal(tagged?.atLeast, true);
    assert.equal(mb(tagged), 4);
  });

  it('names what no index has, and what may be meant', async () => {
    const [size] = await run('apk add --no-cache crul');
    assert.equal(size?.basis, 'unknown');
    assert.equal(size?.reason, 'There is no package `crul` in alpine v3.23. Did you mean `curl`?');
  });

  it('has a wider band for releases whose sizes were rounded', async () => {
    const [size] = await sizesOf('FROM alpine:v3.20\nRUN apk add --no-cache gcc\n');
    assert.ok((size?.low ?? 0) < (size?.bytes ?? 0) * 0.86);
    assert.ok((size?.high ?? 0) < (size?.bytes ?? 0) * 1.06);
  });

  it('says that a name may be of a source that the line adds', async () => {
    const [size] = await run(
      'echo https://example.com/edge >> /etc/apk/repositories && apk add --no-cache curl jq',
    );
    assert.match(size?.reason ?? '', /it may come from a package source that was added/);
  });

  it('is unknown for upgrades', async () => {
    const [size] = await run('apk upgrade --no-cache');
    assert.equal(size?.basis, 'unknown');
  });

  it('is unknown without data, with the reason', async () => {
    const [size] = await sizesOf('FROM alpine:v3.23\nRUN apk add --no-cache curl\n', false);
    assert.equal(size?.basis, 'unknown');
    assert.equal(size?.reason, 'There is no package data. Update it.');
  });
});

describe('RUN dnf install', () => {
  const run = async (...lines: readonly string[]) =>
    sizesOf(`FROM almalinux:9\n${lines.map((line) => `RUN ${line}\n`).join('')}`);
  const million = ({ bytes }: Size = { bytes: null } as Size) => Math.round((bytes ?? -1) / 1e6);

  it('counts packages with weak dependencies, and says what it does not know', async () => {
    const [size] = await run('dnf install -y git && dnf clean all');
    assert.equal(million(size), 55);
    assert.equal(size?.atLeast, true);
    assert.match(size?.reason ?? '', /not measured by us/);
    assert.match(size?.reason ?? '', /package database is stored again/);
    assert.deepEqual(
      size?.parts?.map(({ label }) => label),
      ['packages: git and 2 more', 'package database'],
    );
  });

  for (const option of ['--setopt=install_weak_deps=False', '--setopt install_weak_deps=0']) {
    it(`leaves weak dependencies out with ${option}`, async () => {
      const [size] = await run(`dnf -y ${option} install git && rm -rf /var/cache/dnf`);
      assert.equal(million(size), 50);
    });
  }

  it('says that metadata stays until it is cleaned', async () => {
    const [size] = await run('yum install -y git');
    assert.ok(size?.parts?.some(({ label }) => label === 'metadata of repositories'));
  });

  it('finds packages by command, by version and by architecture', async () => {
    const [size] = await run(
      'microdnf install /usr/bin/dig git-core-1.0 glibc.x86_64 && microdnf clean all',
    );
    assert.equal(million(size), 31);
  });

  it('takes back what the same line removes', async () => {
    const [size] = await run('dnf install -y git bind-utils && dnf remove -y git && dnf clean all');
    assert.equal(million(size), 1);
  });

  it('names groups, addresses and patterns as unknown', async () => {
    const [size] = await run(
      "dnf install -y bind-utils @development 'php-*' https://example.com/x.rpm && dnf clean all",
    );
    assert.equal(million(size), 1);
    assert.equal(size?.atLeast, true);
    const labels = size?.parts?.filter(({ bytes }) => bytes === null).map(({ label }) => label);
    assert.deepEqual(labels?.sort(), [
      'package @development',
      'package database',
      'package https://example.com/x.rpm',
      'package php-*',
    ]);
  });

  it('speaks zypper, tdnf and groups of them too', async () => {
    const [zypper, tdnf, pattern] = await run(
      'zypper --non-interactive install --no-recommends git && zypper clean --all',
      'tdnf install -y bind-utils && tdnf clean all',
      'zypper -n in -t pattern devel_basis && rm -rf /var/cache/zypp/*',
    );
    assert.equal(million(zypper), 50);
    assert.equal(million(tdnf), 1);
    assert.equal(pattern?.basis, 'unknown');
  });

  it('is unknown for updates', async () => {
    const [size] = await run('dnf update -y && dnf clean all');
    assert.equal(size?.basis, 'unknown');
  });
});

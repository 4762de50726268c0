import assert from 'node:assert/strict';
import type { EngineImage, EngineInfo, HistoryRow } from '../../../server/src/engine/engine.ts';
import {
  baseOf,
  ofOtherPlatform,
  otherPlatform,
  toldByEngine,
  toldByRegistry,
} from '../../../server/src/images/told.ts';
import type { RegistryImage } from '../../../server/src/registry/registry.ts';
import { known } from '../../support/baseImages.ts';
import { linux } from '../../support/plans.ts';

const info: EngineInfo = {
  product: 'Docker Engine',
  version: '28.5.2',
  api: '1.51',
  driver: 'overlay2',
  store: 'classic',
  platform: linux,
  endpoint: 'unix:///var/run/docker.sock',
  foundBy: 'the usual place',
  virtual: false,
  id: null,
};

const row = (
  createdBy: string,
  bytes: number | null,
  emptyLayer: boolean | null = null,
): HistoryRow => ({
  createdBy,
  comment: 'buildkit.dockerfile.v0',
  createdAt: 1000,
  bytes,
  emptyLayer,
});

const diffs = ['a', 'b', 'c', 'd', 'e'].map((digit) => `sha256:${digit.repeat(64)}`);

const slim: EngineImage = {
  id: 'sha256:1',
  references: ['node:22-slim'],
  digests: ['node@sha256:2'],
  createdAt: 5,
  labels: {},
  platform: linux,
  diffIds: diffs.slice(0, 3),
  history: [
    row("# debian.sh --arch 'amd64' out/ 'bookworm' '@1757289600'", 74_800_000),
    row('ENV NODE_VERSION=22', 0),
    row('RUN /bin/sh -c useradd node # buildkit', 9000),
    row('COPY entry.sh /usr/local/bin/ # buildkit', 388),
    row('CMD ["node"]', 0),
  ],
  config: { env: ['PATH=/bin', 'NODE_VERSION=22'] },
  store: 'classic',
  driver: 'overlay2',
  folders: ['/l/a', '/l/b', '/l/c'],
};

describe('a base image that an engine has', () => {
  it('is as big as its history says, which is measured, with what was estimated beside', () => {
    const table = known('node:22-slim');
    const facts = toldByEngine(slim, info, table);
    assert.deepEqual(facts.size, { bytes: 74_809_388, low: 74_809_388, high: 74_809_388 });
    assert.equal(facts.basis, 'measured');
    assert.equal(facts.store, undefined);
    assert.deepEqual(facts.estimated, { size: table.size, reason: table.reason });
    assert.equal(
      facts.reason,
      'Measured by Docker Engine 28.5.2: the bytes of the files in its layers, as its image store counts them (overlay2).',
    );
  });

  it('has the text, the bytes, the diff ID and the folder of each layer', () => {
    const { told } = toldByEngine(slim, info, null);
    assert.deepEqual(
      told?.layers.map(({ bytes, createdBy, diffId, folder }) => [
        bytes,
        createdBy.slice(0, 8),
        diffId,
        folder,
      ]),
      [
        [74_800_000, '# debian', diffs[0], '/l/a'],
        [9000, 'RUN /bin', diffs[1], '/l/b'],
        [388, 'COPY ent', diffs[2], '/l/c'],
      ],
    );
    assert.deepEqual(told?.digests, ['sha256:2']);
    assert.deepEqual(
      told?.image.history.map(({ emptyLayer }) => emptyLayer),
      [false, true, false, false, true],
    );
  });

  it('names its store where that counts something else than bytes of files', () => {
    const facts = toldByEngine({ ...slim, store: 'containerd', driver: 'overlayfs' }, info, null);
    assert.equal(facts.store, 'containerd');
    assert.match(facts.reason, /in the containerd image store \(overlayfs\)\.$/);
  });

  it('keeps the packages of the table as long as it is made of the same release', () => {
    const table = known('node:22-slim');
    assert.deepEqual(toldByEngine(slim, info, table).packages, table.packages);
    const trixie = slim.history.map((one) => ({
      ...one,
      createdBy: one.createdBy.replace('bookworm', 'trixie'),
    }));
    const moved = toldByEngine({ ...slim, history: trixie }, info, table);
    assert.deepEqual(moved.distribution, { id: 'debian', suite: 'trixie', slim: true });
    // By its history, which installs nothing.
    assert.deepEqual(moved.packages, []);
  });

  it('tells its distribution by its own history where no table knows it', () => {
    const facts = toldByEngine(slim, info, known('registry.example.com/team/base:7'));
    assert.deepEqual(facts.distribution, { id: 'debian', suite: 'bookworm', slim: true });
  });

  it('tells its distribution by what Fedora’s and Red Hat’s base images set', () => {
    const of = (config: EngineImage['config']) =>
      toldByEngine(
        { ...slim, history: [row('a', 1), row('b', 1), row('c', 1)], config },
        info,
        null,
      ).distribution;
    assert.deepEqual(of({ env: ['A=1', 'DISTTAG=f41container'] }), {
      id: 'fedora',
      suite: '41',
      slim: false,
    });
    const labels = { 'com.redhat.component': 'ubi9-minimal-container' };
    assert.deepEqual(of({ labels }), { id: 'rhel', suite: '9', slim: false });
    assert.equal(of({ labels: { 'com.redhat.component': 'nodejs-container' } }), null);
    assert.equal(of({}), null);
  });

  it('tells its distribution by the first entries of Ubuntu’s and Alpine’s images', () => {
    const of = (...texts: string[]) =>
      toldByEngine({ ...slim, history: texts.map((text) => row(text, 1)) }, info, null)
        .distribution;
    const label = 'LABEL org.opencontainers.image.';
    assert.deepEqual(
      of('ARG RELEASE', `${label}ref.name=ubuntu`, `${label}version=24.04`, 'ADD file:1 in /'),
      {
        id: 'ubuntu',
        suite: 'noble',
        slim: true,
      },
    );
    assert.equal(of(`${label}version=24.04`), null);
    assert.deepEqual(
      of('ADD alpine-minirootfs-3.22.1-x86_64.tar.gz / # buildkit', 'CMD ["/bin/sh"]'),
      {
        id: 'alpine',
        suite: 'v3.22',
        slim: false,
      },
    );
    assert.equal(of('COPY x /', 'ADD alpine-minirootfs-3.22.1-x86_64.tar.gz /'), null);
  });

  it('leaves texts open where it is not certain which entries made which layers', () => {
    const history = [
      row('a', 5),
      { ...row('b', 0), comment: '' },
      { ...row('c', 0), comment: '' },
      row('d', 4),
    ];
    const { told, reason, size } = toldByEngine({ ...slim, history }, info, null);
    assert.deepEqual(
      told?.layers.map(({ createdBy }) => createdBy),
      ['a', '', 'd'],
    );
    assert.match(reason, /Which entries of its history made which layers is not certain\.$/);
    assert.equal(size?.bytes, 9);
  });

  it('that has no history, or is not unpacked, has no measured size', () => {
    const table = known('node:22-slim');
    const bare = toldByEngine({ ...slim, history: [] }, info, table);
    assert.deepEqual(bare.size, table.size);
    assert.equal(bare.basis, undefined);
    assert.equal(bare.layers, 3);
    const packed = slim.history.map((one) => ({ ...one, bytes: 0 }));
    const facts = toldByEngine({ ...slim, store: 'containerd', history: packed }, info, null);
    assert.equal(facts.size, null);
    assert.match(facts.reason, /does not tell/);
  });

  it('has its border to what is built on it by diff IDs', () => {
    const { told } = toldByEngine(slim, info, null);
    assert.ok(told);
    assert.deepEqual(baseOf(told), { diffIds: slim.diffIds, rows: 5 });
  });
});

describe('the platform of an image', () => {
  const arm = (variant: string) => ({ os: 'linux', arch: 'arm', variant });
  it('is another one where system or architecture are, which is said', () => {
    assert.equal(otherPlatform(linux, linux), null);
    assert.equal(
      otherPlatform({ ...linux, arch: 'arm64' }, linux),
      'The image is for linux/arm64, not for linux/amd64.',
    );
    assert.ok(otherPlatform({ ...linux, os: 'windows' }, linux));
  });
  it('may be an older variant, or what the processor runs besides, as for the builder', () => {
    const of = (arch: string, variant = '') => ({ os: 'linux', arch, variant });
    assert.equal(otherPlatform(arm('v6'), arm('v7')), null);
    assert.equal(otherPlatform(arm('v6'), arm('')), null);
    assert.ok(otherPlatform(arm(''), arm('v6')));
    assert.ok(otherPlatform(arm('v7'), arm('v6')));
    assert.equal(otherPlatform(of('arm64', 'v8'), of('arm64')), null);
    assert.equal(otherPlatform(of('arm64'), of('arm64', 'v9')), null);
    assert.equal(otherPlatform(arm('v7'), of('arm64')), null);
    assert.ok(otherPlatform(of('arm64'), arm('v7')));
    assert.equal(otherPlatform(of('386'), linux), null);
    assert.ok(otherPlatform(linux, of('386')));
    assert.ok(otherPlatform(of('amd64', 'v2'), linux));
    assert.equal(otherPlatform(of('amd64', 'v2'), of('amd64', 'v3')), null);
    assert.ok(otherPlatform(of('riscv64'), of('ppc64le')));
  });
  it('that is not the wanted one is said beside what is known otherwise', () => {
    const facts = ofOtherPlatform(
      slim,
      info,
      { ...linux, arch: 'arm64' },
      known('node:22-slim', 'arm64'),
    );
    assert.match(
      facts.reason,
      /\. Docker Engine 28\.5\.2 has the image for linux\/amd64, not for linux\/arm64\.$/,
    );
    assert.equal(facts.told, undefined);
  });
});

describe('a base image that a registry tells of', () => {
  const image: RegistryImage = {
    reference: 'node:22-slim',
    digest: 'sha256:3',
    indexDigest: 'sha256:4',
    platform: linux,
    platforms: ['linux/amd64', 'linux/arm64'],
    layers: [30_000_000, 3000, 50_000_000, 1_700_000, 400].map((compressed, at) => ({
      digest: `sha256:${at}`,
      compressed,
    })),
    diffIds: diffs,
    history: [
      row("# debian.sh --arch 'amd64' out/ 'bookworm' '@1757289600'", null, false),
      row('RUN one', null, false),
      row('RUN two', null, false),
      row('ENV A=1', null, true),
      row('RUN three', null, false),
      row('COPY four', null, false),
    ],
    config: { env: [] },
    createdAt: 7,
    askedAt: Date.UTC(2026, 10, 21),
  };

  it('has compressed sizes that are called so, and an estimate by the ratio of the same image', () => {
    const table = known('node:22-slim');
    const facts = toldByRegistry(image, 'docker.io', table);
    const compressed = 81_703_400;
    assert.deepEqual(facts.compressedLayers, [30_000_000, 3000, 50_000_000, 1_700_000, 400]);
    assert.equal(facts.basis, undefined);
    const total = table.compressedLayers?.reduce((sum, one) => sum + one, 0) ?? 0;
    assert.equal(facts.size?.bytes, Math.round((compressed * (table.size?.bytes ?? 0)) / total));
    assert.match(
      facts.reason,
      /^Unpacked from the 81\.7 MB that it has compressed, by the ratio of node:22-slim \(2\.\d\d, within 15 %\)\. docker\.io told the compressed sizes on 2026-11-21\.$/,
    );
    assert.deepEqual(
      facts.told?.layers.map(({ createdBy }) => createdBy),
      [
        "# debian.sh --arch 'amd64' out/ 'bookworm' '@1757289600'",
        'RUN one',
        'RUN two',
        'RUN three',
        'COPY four',
      ],
    );
    assert.deepEqual(facts.told?.platforms, ['linux/amd64', 'linux/arm64']);
  });

  it('has the figure of the table where that is of these very layers', () => {
    const table = known('node:22-slim');
    const layers = (table.compressedLayers ?? []).map((compressed, at) => ({
      digest: `sha256:${at}`,
      compressed,
    }));
    const facts = toldByRegistry({ ...image, layers }, 'docker.io', table);
    assert.deepEqual(facts.size, table.size);
  });

  it('that no table knows is estimated by the ratio of all, with a wide band', () => {
    const facts = toldByRegistry(image, 'ghcr.io', known('ghcr.io/team/base:1'));
    assert.equal(facts.size?.bytes, Math.round(81_703_400 * 2.48));
    assert.equal(facts.size?.low, Math.round((facts.size?.bytes ?? 0) * 0.55));
    assert.match(facts.reason, /by the ratio of official images \(2\.48, within 45 %\)/);
    assert.deepEqual(facts.distribution, { id: 'debian', suite: 'bookworm', slim: true });
  });

  it('of Windows is not estimated', () => {
    const windows = { os: 'windows', arch: 'amd64', variant: '' };
    const facts = toldByRegistry({ ...image, platform: windows }, 'mcr.microsoft.com', null);
    assert.equal(facts.size, null);
    assert.match(
      facts.reason,
      /^Only its compressed size is known, 81\.7 MB; images of windows are not estimated\./,
    );
  });

  it('keeps the size that the user set for it', () => {
    const set = {
      ...known('ghcr.io/team/base:1'),
      size: { bytes: 9, low: 9, high: 9 },
      reason: 'As set.',
    };
    assert.equal(toldByRegistry(image, 'ghcr.io', set).size?.bytes, 9);
  });
});

import assert from 'node:assert/strict';
import {
  cacheEntries,
  cacheEntry,
  containerSizes,
  engineImage,
  imageSummary,
} from '../../../server/src/engine/answers.ts';
import { aboutEngine, negotiate, platformOf } from '../../../server/src/engine/answersAbout.ts';
import { engineEvents } from '../../../server/src/engine/answersEvents.ts';
import { errorSaying, saying } from '../../../server/src/engine/answersJson.ts';

const classic = { store: 'classic', driver: 'overlay2' } as const;

describe('an image as an engine tells it', () => {
  const inspected = {
    Id: `sha256:${'a'.repeat(64)}`,
    RepoTags: ['shop:1', '<none>:<none>'],
    RepoDigests: ['shop@sha256:0', '<none>@<none>'],
    Created: '2026-11-21T00:24:25.549900797Z',
    Architecture: 'arm64',
    Variant: 'v8',
    Os: 'linux',
    Config: {
      User: 'nobody',
      Env: ['PATH=/bin'],
      WorkingDir: '/app',
      Cmd: ['--serve'],
      Entrypoint: null,
      ExposedPorts: { '80/tcp': {} },
      Volumes: null,
      Labels: { a: 'b', __proto__: 'c' },
      OnBuild: ['RUN x'],
      Healthcheck: { Test: ['CMD', 'x'], Interval: 30_000_000_000 },
      ArgsEscaped: true,
    },
    GraphDriver: { Name: 'overlay2', Data: { UpperDir: '/3', LowerDir: '/2:/1' } },
    RootFS: { Type: 'layers', Layers: ['sha256:1', 'sha256:2', 'sha256:3'] },
  };
  const history = [
    { CreatedBy: 'CMD ["--serve"]', Comment: 'c', Created: 1_795_220_665, Size: 0 },
    { CreatedBy: 'COPY a /a', Comment: '', Created: 0, Size: 12 },
    { CreatedBy: 'old', Created: -62_135_596_800, Size: -1 },
  ];

  it('has its history with the oldest entry first, and a size or time that was not told is none', () => {
    const image = engineImage(inspected, history, classic);
    assert.deepEqual(
      image?.history.map(({ createdBy, bytes, createdAt }) => [createdBy, bytes, createdAt]),
      [
        ['old', null, null],
        ['COPY a /a', 12, null],
        ['CMD ["--serve"]', 0, 1_795_220_665_000],
      ],
    );
  });

  it('has its config, names that are some, and the folders of its layers from the base up', () => {
    const image = engineImage(inspected, history, classic);
    assert.deepEqual(image?.references, ['shop:1']);
    assert.deepEqual(image?.digests, ['shop@sha256:0']);
    assert.equal(image?.createdAt, Date.UTC(2026, 10, 21, 0, 24, 25, 549));
    assert.deepEqual(image?.platform, { os: 'linux', arch: 'arm64', variant: 'v8' });
    assert.deepEqual(image?.folders, ['/1', '/2', '/3']);
    assert.deepEqual(image?.config.cmd, ['--serve']);
    assert.equal(image?.config.entrypoint, null);
    assert.deepEqual(image?.config.exposedPorts, ['80/tcp']);
    assert.deepEqual(image?.config.onBuild, ['RUN x']);
    assert.equal(image?.config.healthcheck?.interval, 30_000_000_000);
    assert.equal(image?.config.argsEscaped, true);
  });

  it('has no folders where there are not as many as layers', () => {
    const GraphDriver = { Name: 'overlay2', Data: { UpperDir: '/3', LowerDir: '/2' } };
    assert.equal(engineImage({ ...inspected, GraphDriver }, history, classic)?.folders, null);
    const none = { Name: 'overlayfs', Data: null };
    const image = engineImage({ ...inspected, GraphDriver: none }, history, classic);
    assert.equal(image?.folders, null);
    assert.equal(image?.driver, 'overlayfs');
  });

  it('tells nothing of a config that is not there', () => {
    assert.deepEqual(engineImage({ Id: 'x' }, [], classic)?.config, {});
  });

  it('has no size for what containerd has not unpacked, and 0 for metadata beside what it has', () => {
    const bytes = (sizes: readonly number[], store: 'classic' | 'containerd') =>
      engineImage(
        { Id: 'x', RootFS: { Layers: ['sha256:1', 'sha256:2'] } },
        sizes.map((Size) => ({ Size })),
        { store, driver: 'overlayfs' },
      )?.history.map((row) => row.bytes);
    assert.deepEqual(bytes([0, 8192, 4096], 'containerd'), [4096, 8192, 0]);
    assert.deepEqual(bytes([0, 0, 4096], 'containerd'), [4096, null, null]);
    assert.deepEqual(bytes([0, 0, 0], 'containerd'), [null, null, null]);
    assert.deepEqual(bytes([0, 0, 0], 'classic'), [0, 0, 0]);
  });

  it('has the same form of id from Podman, which leaves out how the digest was made', () => {
    assert.equal(imageSummary({ Id: 'b'.repeat(64) })?.id, `sha256:${'b'.repeat(64)}`);
  });
});

describe('the build cache as an engine lists it', () => {
  const record = {
    ID: 'poxr',
    Type: 'regular',
    Description: '[build 3/4] COPY dir ./dir',
    InUse: false,
    Shared: true,
    Size: 4221,
    CreatedAt: '2026-11-21T00:24:25Z',
    LastUsedAt: null,
  };

  it('has the parents also where their key begins with a blank', () => {
    assert.deepEqual(cacheEntry({ ...record, ' Parents': ['a', 'b'] })?.parents, ['a', 'b']);
    assert.deepEqual(cacheEntry({ ...record, Parents: ['a'] })?.parents, ['a']);
    assert.deepEqual(cacheEntry({ ...record, Parent: 'a,b' })?.parents, ['a', 'b']);
    assert.deepEqual(cacheEntry(record)?.parents, []);
  });

  it('leaves out records without an id or with a size that is none', () => {
    const listed = {
      BuildCache: [record, { ...record, Size: -1 }, { ...record, ID: '' }, null, 7],
    };
    assert.deepEqual(
      cacheEntries(listed).map(({ id, bytes }) => [id, bytes]),
      [['poxr', 4221]],
    );
  });
});

describe('containers as an engine lists them', () => {
  const container = {
    Id: 'c',
    Names: ['/web'],
    Image: 'shop',
    ImageID: 'sha256:1',
    State: 'exited',
  };

  it('wrote nothing where the size of what they wrote is left out but that of their files is there', () => {
    const writes = (more: object) => containerSizes([{ ...container, ...more }])[0]?.writes;
    assert.equal(writes({ SizeRw: 12, SizeRootFs: 100 }), 12);
    assert.equal(writes({ SizeRootFs: 100 }), 0);
    assert.equal(writes({}), null);
    assert.equal(writes({ SizeRw: -1, SizeRootFs: 100 }), null);
  });

  it('are named without the slash', () => {
    assert.equal(containerSizes([container])[0]?.name, 'web');
  });
});

describe('what an engine says of itself', () => {
  const headers = { 'api-version': '1.51' };
  const version = {
    Version: '28.5.2',
    ApiVersion: '1.51',
    MinAPIVersion: '1.24',
    Os: 'linux',
    Arch: 'amd64',
  };
  const info = { ID: 'id', Driver: 'overlay2', DriverStatus: [['Backing Filesystem', 'extfs']] };
  const about = (more: object, greeting: object = headers, said: object = version) =>
    aboutEngine({ headers: { ...greeting }, version: said, info: { ...info, ...more } });

  it('tells whose bytes its figures count', () => {
    assert.equal(about({})?.store, 'classic');
    const status = [['driver-type', 'io.containerd.snapshotter.v1']];
    assert.equal(about({ Driver: 'overlayfs', DriverStatus: status })?.store, 'containerd');
    assert.equal(about({}, { 'libpod-api-version': '4.3.1' })?.store, 'podman');
    const podman = { ...version, Components: [{ Name: 'Podman Engine' }] };
    assert.equal(about({}, headers, podman)?.store, 'podman');
    assert.equal(about({}, headers, podman)?.product, 'Podman');
  });

  it('is not taken from an answer that does not name how images are stored', () => {
    assert.equal(about({ Driver: undefined }), null);
    assert.equal(about({ Driver: 7 }), null);
  });

  it('knows virtual machines by the name of their system', () => {
    assert.equal(about({ OperatingSystem: 'Docker Desktop' })?.virtual, true);
    assert.equal(about({ OperatingSystem: 'OrbStack' })?.virtual, true);
    assert.equal(about({ OperatingSystem: 'Debian GNU/Linux 12 (bookworm)' })?.virtual, false);
  });

  it('has an identity that stays, also with Podman, which makes up another id for every answer', () => {
    const podman = { 'libpod-api-version': '4.3.1' };
    const said = { Name: 'host', DockerRootDir: '/var/lib/containers/storage' };
    assert.equal(about({ ...said, ID: '1' }, podman)?.id, about({ ...said, ID: '2' }, podman)?.id);
    assert.equal(about({ ID: '1' }, podman)?.id, null);
  });

  it('has a platform in the words of builders', () => {
    assert.deepEqual(platformOf('linux', 'x86_64'), { os: 'linux', arch: 'amd64', variant: '' });
    assert.deepEqual(platformOf('linux', 'aarch64'), { os: 'linux', arch: 'arm64', variant: '' });
    const six = { os: 'linux', arch: 'arm', variant: 'v6' };
    assert.deepEqual(platformOf('linux', 'arm', 'armv6l'), six);
    assert.deepEqual(platformOf('linux', 'arm/v6'), six);
  });

  const spoken = (newest: unknown, oldest: unknown) =>
    negotiate({
      headers: { 'api-version': newest },
      version: { ApiVersion: newest, MinAPIVersion: oldest },
    });

  it('is spoken to in the newest version of the API that both sides know', () => {
    assert.deepEqual(spoken('1.45', '1.24'), { api: '1.45' });
    assert.deepEqual(spoken('1.60', '1.44'), { api: '1.51' });
    assert.deepEqual(Object.hasOwn(spoken('1.9', '1.1'), 'refused'), true);
    assert.deepEqual(negotiate({ headers: {}, version: { ApiVersion: '1.41' } }), { api: '1.41' });
  });

  it('is refused, and why, where the sides have no version in common', () => {
    const later = spoken('1.70', '1.60');
    assert.match('refused' in later ? later.refused : '', /from 1\.60 on; 1\.51 is the newest/);
    const earlier = spoken('1.12', '1.1');
    assert.match('refused' in earlier ? earlier.refused : '', /up to 1\.12; 1\.24 is the oldest/);
    for (const value of [undefined, null, 7, '', 'v1.41', '1.41.2', '../../x', '9'.repeat(400)]) {
      assert.ok('refused' in spoken(value, '1.24'), String(value));
    }
  });
});

describe('events of an engine', () => {
  const event = (Type: string, Action: string, ID = 'sha256:1') =>
    engineEvents(JSON.stringify({ Type, Action, Actor: { ID, Attributes: { name: 'x' } } }));

  it('tell images that came, went or were named', () => {
    for (const action of ['tag', 'untag', 'delete', 'pull', 'load', 'import', 'remove']) {
      assert.deepEqual(event('image', action), [{ kind: 'images', image: 'sha256:1' }], action);
    }
    assert.deepEqual(event('image', 'prune', ''), [{ kind: 'images', image: null }]);
  });

  it('tell that a build came to an end', () => {
    const built = [{ kind: 'images', image: 'sha256:1' }, { kind: 'built' }];
    assert.deepEqual(event('image', 'create'), built);
    assert.deepEqual(event('image', 'build'), built);
    assert.deepEqual(event('builder', 'prune'), [{ kind: 'built' }]);
  });

  it('tell nothing where nothing changed, or where the line is damaged', () => {
    assert.deepEqual(event('image', 'push'), []);
    assert.deepEqual(event('container', 'start'), []);
    for (const line of ['', '{', 'null', '[]', '7', '"x"', '{"Type":"image"}', '{"Type":7}']) {
      assert.deepEqual(engineEvents(line), [], line);
    }
  });
});

describe('words of an engine in a sentence', () => {
  it('are one line without signs that steer a terminal or turn the text around', () => {
    const said = saying('\u001b[31mbad\u001b[0m\r\nthing\u0007 \u202Eesrever');
    assert.equal(said, 'bad thing esrever.');
  });

  it('are shortened, and end with a full stop', () => {
    assert.ok(saying('x'.repeat(1_000_000)).length <= 301);
    assert.equal(saying('Is that so?'), 'Is that so?');
    assert.equal(saying(' \n '), 'It does not say why.');
  });

  it('come from the message of an error, and never from a web page', () => {
    assert.equal(errorSaying('{"message":"no such image"}'), 'no such image.');
    assert.equal(errorSaying('<html><script>x</script></html>'), 'It does not say why.');
    assert.equal(errorSaying('plain words'), 'plain words.');
  });
});

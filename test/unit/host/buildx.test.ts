import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildOrder, FoundBuilder } from '../../../server/src/builder/builder.ts';
import { buildArguments, createBuildx, historyRows } from '../../../server/src/host/buildx.ts';
import { factsOf } from '../../../server/src/host/foundBuilder.ts';
import type { RunResult } from '../../../server/src/host/processes.ts';

const result = (more: Partial<RunResult> = {}): RunResult => ({
  ended: 'exited',
  code: 0,
  signal: null,
  message: '',
  stdout: '',
  stderr: '',
  truncated: false,
  ...more,
});
const version = result({ stdout: 'github.com/docker/buildx 0.29.1 abc\n' });
const inspect = (driver: string) =>
  result({
    stdout: `Name:          mine\nDriver:        ${driver}\n\nNodes:\nName: x\nDriver: y\n`,
  });
const info = (value: object) =>
  result({ stdout: JSON.stringify({ ServerVersion: '28.5.2', ...value }) });
const order: BuildOrder = {
  context: '/src/app',
  dockerfile: '/src/app/docker/Dockerfile',
  target: null,
  platform: null,
  buildArgs: new Map(),
  more: [],
};

describe('the builder', () => {
  it('joins layers with containerd’s image store, not with overlay2, else nobody knows', () => {
    const of = (value: object) => factsOf(version, info(value), inspect('docker'));
    const facts = (mergesLayers: boolean | null, store?: string) => ({
      facts: { name: 'mine', mergesLayers, ...(store && { store }) },
      loads: true,
    });
    const snapshotter = [['driver-type', 'io.containerd.snapshotter.v1']];
    assert.deepEqual(
      of({ Driver: 'overlayfs', DriverStatus: snapshotter }),
      facts(true, 'containerd'),
    );
    assert.deepEqual(
      of({ Driver: 'overlay2', DriverStatus: [['Backing', 'x']] }),
      facts(false, 'classic'),
    );
    assert.deepEqual(of({ Driver: 'zfs' }), facts(null));
    assert.deepEqual(of({ Driver: 7, DriverStatus: 'x' }), facts(null));
  });

  it('is of before BuildKit 0.16, or not', () => {
    const isOld = (found: ReturnType<typeof factsOf>) => {
      const { facts, losesStops } = found as FoundBuilder;
      if (facts.hashesBelow) assert.match(losesStops ?? '', /^The builder is not asked: .*\.$/);
      return facts.hashesBelow === true;
    };
    const engine = (ServerVersion: unknown) =>
      isOld(factsOf(version, info({ ServerVersion }), inspect('docker')));
    assert.deepEqual(['26.1.5+dfsg1', '27.5.1'].map(engine), [true, true]);
    assert.deepEqual(['28.0.0', 'dev', '', null].map(engine), [false, false, false, false]);
    const apart = (line: string) => {
      const said = inspect('docker-container');
      return isOld(factsOf(version, info({}), { ...said, stdout: `${said.stdout}\n${line}\n` }));
    };
    assert.ok(apart('BuildKit version: v0.13.2'));
    assert.ok(apart('BuildKit:  v0.9.0-rc1'));
    assert.ok(!apart('BuildKit version: v0.16.0'));
    assert.ok(!apart('BuildKit version: 1.0.0'));
  });

  it('hears that a step is to stop, or may not', () => {
    const stops = (found: ReturnType<typeof factsOf>) => (found as FoundBuilder).losesStops;
    const engine = (ServerVersion: unknown) =>
      stops(factsOf(version, info({ ServerVersion }), inspect('docker')));
    assert.match(
      engine('26.1.5+dfsg1') ?? '',
      /: Docker Engine 26\.1\.5\+dfsg1 may not stop a step/,
    );
    assert.match(engine('dev') ?? '', /Docker Engine dev may not/);
    assert.match(engine(7) ?? '', /this Docker engine may not/);
    assert.equal(engine('28.0.1'), undefined);
    const nodes = (...versions: string[]) => {
      const said = inspect('remote');
      const lines = versions.map((number) => `\nBuildKit version: ${number}`);
      return stops(factsOf(version, info({}), { ...said, stdout: said.stdout + lines.join('') }));
    };
    assert.equal(nodes('v0.15.2', 'v0.32.2'), undefined);
    assert.match(
      nodes('v0.32.2', 'v0.14.1') ?? '',
      /BuildKit v0\.14\.1 of the builder mine may not/,
    );
    assert.match(nodes('v0.0.0+unknown') ?? '', /BuildKit v0\.0\.0\+unknown of the builder/);
  });

  it('of another driver needs no engine that answers, and loads nothing by itself', () => {
    const down = result({ code: 1, stdout: '' });
    const { losesStops, ...found } = factsOf(
      version,
      down,
      inspect('docker-container'),
    ) as FoundBuilder;
    assert.match(
      losesStops ?? '',
      /not known which BuildKit mine is\. .* --bootstrap mine starts it\.$/,
    );
    assert.deepEqual(found, {
      facts: { name: 'mine', mergesLayers: null },
      loads: false,
    });
  });

  for (const [title, answers, sentence] of [
    [
      'docker',
      [result({ ended: 'notFound' }), result(), result()],
      /^Docker is not installed\. Install Docker Desktop, or /,
    ],
    [
      'buildx',
      [result({ code: 1 }), info({}), result()],
      /^The docker command has no buildx plugin/,
    ],
    [
      'a buildx that is new enough',
      [result({ stdout: 'github.com/docker/buildx v0.12.1 x' }), info({}), result()],
      /^This needs buildx 0\.13 or newer; here is v0\.12\.1\./,
    ],
    [
      'the engine',
      [
        version,
        result({ code: 1, stdout: '{"ServerErrors":["Cannot connect. Is it running?"]}' }),
        result(),
      ],
      /^The Docker engine does not answer: Cannot connect\. Is it running\? Start it, /,
    ],
    [
      'the engine, in other words',
      [version, result({ code: 1, stderr: 'permission denied\nmore' }), result()],
      /^The Docker engine does not answer: permission denied\. Start it, /,
    ],
    [
      'the builder that is named',
      [version, info({}), result({ code: 1, stderr: 'ERROR: no builder "x" found\n' })],
      /^The builder cannot be used: no builder "x" found\. Choose another: docker buildx ls /,
    ],
    [
      'an answer in time',
      [result({ ended: 'timedOut', message: 'Late.' }), info({}), result()],
      /^Late\. See whether docker buildx version answers in a terminal, /,
    ],
    [
      'an answer of the engine in time',
      [version, result({ ended: 'timedOut', code: null, message: 'Late.' }), result()],
      /^The Docker engine does not answer: Late\. Start it, /,
    ],
    [
      'a docker that can be started',
      [result({ ended: 'failed', message: 'It could not be started.' }), info({}), result()],
      /^It could not be started\. Install Docker Desktop, /,
    ],
    [
      'a docker that is a program',
      [result({ code: 127, stderr: 'docker: 1: ELF: not found\nmore' }), info({}), result()],
      /^The docker command cannot be run: docker: 1: ELF: not found\. Install Docker Desktop, /,
    ],
  ] as const) {
    it(`says what to do without ${title}`, () => {
      const [first, second, third] = answers;
      const found = factsOf(first, second, third);
      assert.match('missing' in found ? found.missing : '', sentence);
    });
  }

  it('gets one argument for each word', () => {
    assert.deepEqual(buildArguments(order, { loads: true }), [
      ...['buildx', 'build', '--progress', 'rawjson', '--file', '/src/app/docker/Dockerfile'],
      '/src/app',
    ]);
    const full: BuildOrder = {
      ...order,
      target: 'final stage',
      platform: 'linux/arm64',
      buildArgs: new Map([
        ['A', 'x y'],
        ['B', '$(id); "'],
        ['C', ''],
      ]),
      more: ['-t', 'app'],
    };
    assert.deepEqual(buildArguments(full, { loads: true }), [
      ...['buildx', 'build', '-t', 'app', '--progress', 'rawjson'],
      ...['--file', '/src/app/docker/Dockerfile', '--target', 'final stage'],
      ...['--platform', 'linux/arm64'],
      ...['--build-arg', 'A=x y', '--build-arg', 'B=$(id); "', '--build-arg', 'C='],
      '/src/app',
    ]);
  });

  it('is told to load the image where it would not, unless the image goes elsewhere', () => {
    const loads = (...more: string[]) =>
      buildArguments({ ...order, more }, { loads: false }).includes('--load');
    assert.equal(loads(), true);
    assert.equal(loads('-t', 'app'), true);
    for (const word of ['--push', '--load', '-o', '-otype=local', '--output=x', '--output']) {
      assert.equal(
        buildArguments({ ...order, more: [word] }, { loads: false }).filter(
          (one) => one === '--load',
        ).length,
        word === '--load' ? 1 : 0,
      );
    }
  });
});

describe('the history of an image', () => {
  it('is read with exact bytes, the oldest row first', () => {
    const row = (CreatedBy: string, Size: string) => `${JSON.stringify({ CreatedBy, Size })}\n`;
    assert.deepEqual(historyRows(row('CMD x', '0') + row('RUN y', '1234567')), [
      { createdBy: 'RUN y', bytes: 1234567 },
      { createdBy: 'CMD x', bytes: 0 },
    ]);
    assert.deepEqual(historyRows(row('RUN y', '1.2MB')), []);
    assert.deepEqual(historyRows('oops'), []);
    assert.deepEqual(historyRows(''), []);
  });
});

describe('a build by a program that stands for docker', function () {
  this.timeout(20_000);
  if (process.platform === 'win32') return;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'buildx-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function program(script: string) {
    const path = join(folder, 'docker');
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return createBuildx(path);
  }
  const found = { facts: { name: 'x', mergesLayers: null }, loads: true };
  const here = () => ({ ...order, context: folder });
  const never = new AbortController().signal;

  it('hands on what is written to the error stream, and nothing else', async () => {
    let text = '';
    const builder = program('echo out; echo "{err}" >&2; exit 0');
    const end = await builder.build(here(), found, never, (piece) => {
      text += Buffer.from(piece).toString();
    });
    assert.deepEqual(end, { ended: 'succeeded', message: '' });
    assert.equal(text, '{err}\n');
  });

  it('fails with its exit code, and with a sentence when it is killed', async () => {
    assert.deepEqual(await program('exit 3').build(here(), found, never, () => {}), {
      ended: 'failed',
      message: '',
    });
    assert.deepEqual(await program('kill -9 $$').build(here(), found, never, () => {}), {
      ended: 'failed',
      message:
        "The builder's command was ended from outside (SIGKILL). That happens where memory runs out. Build again.",
    });
  });

  it('takes nothing from the environment that the analysis does not know of', async () => {
    process.env.DOCKER_DEFAULT_PLATFORM = 'linux/s390x';
    process.env.SOURCE_DATE_EPOCH = '1000';
    const print = `echo "[$DOCKER_DEFAULT_PLATFORM$SOURCE_DATE_EPOCH]" > ${folder}/seen`;
    await program(print).build(here(), found, never, () => {});
    delete process.env.DOCKER_DEFAULT_PLATFORM;
    delete process.env.SOURCE_DATE_EPOCH;
    assert.equal(readFileSync(join(folder, 'seen'), 'utf8'), '[]\n');
  });

  it('ends when it is cancelled', async () => {
    const abort = new AbortController();
    const builder = program('echo started >&2; sleep 30');
    const end = await builder.build(here(), found, abort.signal, () => abort.abort());
    assert.deepEqual(end, { ended: 'cancelled', message: 'The build was cancelled.' });
  });

  it('is asked three things before, and starts nothing', async () => {
    const builder = program(`echo "$@" >> ${folder}/asked
case "$1 $2" in
'buildx version') echo 'github.com/docker/buildx 0.29.1';;
'info --format') echo '{"Driver":"overlay2","ServerVersion":"28.5.2"}';;
'buildx inspect') printf 'Name: %s\\nDriver: docker\\n' "\${3:-default}";;
esac`);
    assert.deepEqual(await builder.find({ ...here(), more: ['--builder', 'b1'] }, never), {
      facts: { name: 'b1', mergesLayers: false, store: 'classic' },
      loads: true,
    });
    assert.deepEqual(readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n').sort(), [
      'buildx inspect b1',
      'buildx version',
      'info --format {{json .}}',
    ]);
  });
});

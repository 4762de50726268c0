import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { BuildOrder } from '../../../server/src/builder/builder.ts';
import {
  buildsSince,
  buildxSettings,
  makeBuildxFolder,
} from '../../../server/src/host/buildxFolder.ts';
import { createProber, probeArguments } from '../../../server/src/host/prober.ts';

const order: BuildOrder = {
  context: '/app',
  dockerfile: '/app/Dockerfile',
  target: null,
  platform: null,
  buildArgs: new Map(),
  more: [],
};

describe('the command that asks a builder', () => {
  it('has no output but the cache, whatever a build has', () => {
    const more =
      '-t app --tag=b --push --load -o out --output=x --iidfile f --metadata-file m --cache-to c'.split(
        ' ',
      );
    const args = probeArguments({ ...order, more });
    assert.deepEqual(args, [
      ...['buildx', 'build', '--output', 'type=cacheonly', '--progress', 'rawjson'],
      ...['--file', '/app/Dockerfile', '/app'],
    ]);
  });

  it('keeps what decides on the cache', () => {
    const more = ['--secret', 'id=a,src=b', '--builder=mine', '--ssh', 'default', '--no-cache'];
    const args = probeArguments({ ...order, more: [...more, '-t', 'x'], target: 'one' });
    assert.deepEqual(args.slice(2, 2 + more.length), more);
    assert.ok(args.join(' ').includes('--target one'));
    assert.ok(!args.includes('-t'));
  });
});

describe('a folder of settings for one use of buildx', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'buildx-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is the user’s own, but for the notes on builds', async () => {
    writeFileSync(join(folder, '.buildNodeID'), 'node');
    mkdirSync(join(folder, 'instances'));
    mkdirSync(join(folder, 'refs'));
    const made = await makeBuildxFolder(folder);
    assert.deepEqual(readdirSync(made.path).sort(), ['.buildNodeID', 'instances']);
    assert.equal(readFileSync(join(made.path, '.buildNodeID'), 'utf8'), 'node');
    mkdirSync(join(made.path, 'refs/one/node'), { recursive: true });
    writeFileSync(join(made.path, 'refs/one/node/abc1'), '{}');
    writeFileSync(join(made.path, 'refs/one/node/--all'), '{}');
    const names = (await made.names()).map(({ builder, ref }) => `${builder} ${ref}`);
    assert.deepEqual(names, ['one abc1']);
    await made.remove();
    assert.ok(!existsSync(made.path));
    assert.ok(existsSync(join(folder, '.buildNodeID')), 'what is the user’s stays');
  });

  it('needs no settings to be there', async () => {
    const made = await makeBuildxFolder(join(folder, 'none'));
    assert.deepEqual(await made.names(), []);
    await made.remove();
  });

  it('is found where the environment says', () => {
    assert.equal(buildxSettings({ BUILDX_CONFIG: '/x', DOCKER_CONFIG: '/y' }, '/h'), '/x');
    assert.equal(buildxSettings({ DOCKER_CONFIG: '/y' }, '/h'), join('/y', 'buildx'));
    assert.equal(buildxSettings({}, '/h'), join('/h', '.docker', 'buildx'));
  });

  it('tells which builds began since a time', async () => {
    const notes = join(folder, 'refs/default/default');
    mkdirSync(notes, { recursive: true });
    mkdirSync(join(folder, 'refs/__group__'));
    const note = (name: string, text: string, at: number) => {
      writeFileSync(join(notes, name), text);
      utimesSync(join(notes, name), at, at);
    };
    note('old', '{"LocalPath":"/old","DockerfilePath":""}', 1000);
    note('new', '{"LocalPath":"/new","DockerfilePath":""}', 5000);
    note('other', '{"LocalPath":"/new","DockerfilePath":"/d/x"}', 6000);
    note('damaged', '{', 6000);
    note('foreign', '{"LocalPath":1}', 6000);
    const found = await buildsSince(folder, 4_000_000);
    assert.deepEqual(found.map(({ context, dockerfile }) => `${context} ${dockerfile}`).sort(), [
      '/new /d/x',
      '/new null',
    ]);
    assert.deepEqual(await buildsSince(join(folder, 'none'), 0), []);
  });
});

describe('a builder that is asked', () => {
  let folder: string;
  let log: string;
  beforeEach(function () {
    if (process.platform === 'win32') this.skip();
    folder = mkdtempSync(join(tmpdir(), 'docker-'));
    log = join(folder, 'log');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const line = (name: string, more = '') =>
    `{"vertexes":[{"digest":"${name}","name":"${name}","inputs":["x"],"started":"2026-01-01T00:00:00Z"${more}}]}`;

  /** A client that does as it is told here, and notes what it was asked. */
  function client(build: string): string {
    const path = join(folder, 'docker');
    writeFileSync(
      path,
      `#!/bin/sh
echo "$@" >> ${log}
case "$1 $2" in
'buildx history') [ "$(grep -c history ${log})" -lt 2 ] ;;
'buildx build')
mkdir -p "$BUILDX_CONFIG/refs/mine/node"
echo '{}' > "$BUILDX_CONFIG/refs/mine/node/ref1"
${build}
;;
esac
`,
    );
    chmodSync(path, 0o755);
    return path;
  }
  const ask = async (build: string, limitMs = 20_000, signal = new AbortController().signal) => {
    const session = createProber(client(build), limitMs).start();
    const end = await session.ask({ ...order, context: folder }, signal);
    await session.end();
    return { ...end, log: readFileSync(log, 'utf8') };
  };

  it('is stopped at the first step that it begins to make', async () => {
    const start = performance.now();
    const { ended, vertices } = await ask(
      `echo '${line('[1/3] FROM a')}' >&2; echo '${line('[2/3] COPY a', ',"completed":"2026-01-01T00:00:00Z","cached":true')}' >&2; echo '${line('[3/3] RUN b')}' >&2; sleep 30`,
    );
    assert.equal(ended, 'stopped');
    assert.equal(vertices.size, 3);
    assert.ok(performance.now() - start < 8000);
  });

  it('is left to its end where it has all', async () => {
    const cached = line('[2/2] RUN b', ',"completed":"2026-01-01T00:00:00Z","cached":true');
    assert.equal((await ask(`echo '${cached}' >&2`)).ended, 'complete');
  });

  it('may come to its end just before it is stopped', async () => {
    const run = (name: string, more = '') => `echo '${line(name, more)}' >&2`;
    const done = run('[2/2] RUN b', ',"completed":"2026-01-01T00:00:01Z"');
    const build = `trap '${done.replaceAll("'", `'"'"'`)}; exit 0' INT; ${run('[2/2] RUN b')}; while :; do sleep 0.05; done`;
    const { ended, vertices } = await ask(build);
    assert.equal(ended, 'complete');
    assert.notEqual([...vertices.values()][0]?.completed, null);
    const silent = `trap 'exit 0' INT; ${run('[2/2] RUN b')}; while :; do sleep 0.05; done`;
    assert.equal((await ask(silent)).ended, 'stopped');
  });

  it('has not said yes where nothing that it says can be read', async () => {
    for (const output of ['true', 'echo \'[[[{"vertexes":\' >&2', 'head -c 100000 /dev/zero >&2']) {
      const { ended, message } = await ask(output);
      assert.equal(ended, 'failed', output);
      assert.equal(message, 'The builder said nothing that can be read.');
    }
  });

  it('loses the record of exactly this build, and nothing stays on the disk', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('dockerfile-layers-'));
    const { log } = await ask('true');
    const removed = log.split('\n').filter((each) => each.includes('history'));
    assert.deepEqual(removed, [
      'buildx history rm --builder mine ref1',
      'buildx history rm --builder mine ref1',
    ]);
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('dockerfile-layers-'));
    assert.deepEqual(
      after.filter((name) => !before.includes(name)),
      [],
    );
  });

  it('never has its history listed or looked at', async () => {
    assert.doesNotMatch((await ask('true')).log, /history (?:ls|inspect|logs|open|export)/);
  });

  it('says why it fails, in its own words', async () => {
    const { ended, message } = await ask(`echo 'ERROR: no such image' >&2; exit 1`);
    assert.deepEqual([ended, message], ['failed', 'no such image']);
    assert.equal((await ask('exit 1')).message, 'The builder gave no answer.');
  });

  it('is not waited for longer than the limit', async () => {
    const { ended, message } = await ask('sleep 30', 1000);
    assert.equal(ended, 'timedOut');
    assert.match(message, /did not answer within 1 seconds/);
  });

  it('is cancelled by who asked', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 100);
    assert.equal((await ask('sleep 30', 20_000, abort.signal)).ended, 'cancelled');
  });

  it('is missing where there is no such program', async () => {
    const session = createProber(join(folder, 'none')).start();
    const { ended, message } = await session.ask(
      { ...order, context: folder },
      new AbortController().signal,
    );
    await session.end();
    assert.equal(ended, 'failed');
    assert.match(message, /is not installed\.$/);
  });
});

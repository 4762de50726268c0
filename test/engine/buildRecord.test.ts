/** Build and Record with the real builder: what is remembered is what happened. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { CancellationTokenSource } from 'vscode-languageserver';
import { DidChangeConfigurationNotification } from 'vscode-languageserver-protocol/node';
import type { BuildRecord } from '../../server/src/cache/buildRecord.ts';
import { createBuildx } from '../../server/src/host/buildx.ts';
import { nodeDigests } from '../../server/src/host/contentDigest.ts';
import { type BuildResult, buildOutput, buildRequest } from '../../server/src/protocol.ts';
import { Editor } from '../lsp/editor.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, docker, dockerOk, imageHistory } from './engine.ts';

const tag = `dockerfile-layers-test/recorded:${process.pid}`;
const salt = `${process.pid}-${Date.now()}`;
// No RUN here needs a network, so none needs a bridge of the engine.
/** A text that no other run of the command makes. */
const mark = 'cat /proc/sys/kernel/random/uuid';

describeWithEngine('Build and Record', () => {
  let editor: Editor;
  let records: BuildRecord[];
  let output: string;
  /** Images that were made, also those that have no name any more. */
  const made = new Set<string>();
  before(() => ensureBaseImage());
  beforeEach(async () => {
    records = [];
    output = '';
    editor = new Editor({
      settings: { build: { arguments: ['-t', tag] } },
      ports: {
        builder: createBuildx(),
        digests: nodeDigests,
        records: {
          read: async () => [...records],
          add: async (record) => {
            records.unshift(record);
          },
        },
      },
    });
    editor.client.onNotification(buildOutput, ({ text }) => {
      output += text;
    });
    await editor.initialize();
  });
  afterEach(async () => {
    editor.close();
    await docker(['image', 'rm', '--force', tag, ...made]);
    made.clear();
  });

  async function build(token = new CancellationTokenSource().token): Promise<BuildResult> {
    const params = { textDocument: { uri: editor.uri } };
    const result = await editor.client.sendRequest(buildRequest, params, token);
    const { stdout } = await docker(['image', 'inspect', '--format', '{{.Id}}', tag]);
    if (stdout.trim()) made.add(stdout.trim());
    return result;
  }
  const outcomes = () => records[0]?.steps.map(({ outcome }) => outcome);
  const predicted = async () =>
    ((await editor.stack())?.stages ?? [])
      .flatMap(({ instructions }) => instructions)
      .flatMap(({ cache }) => cache?.prediction ?? [])
      .map((word) => (word === 'changed' || word === 'rebuild' ? 'ran' : word))
      .join(' ');
  const marks = async () =>
    (await dockerOk(['run', '--rm', '--network=none', tag, 'sh', '-c', 'cat /marks/*'])).split(
      '\n',
    );

  const project = `FROM ${baseImage} AS made
WORKDIR /made
COPY src ./src
RUN --network=none echo ${salt} && ${mark} > src/mark
FROM ${baseImage}
RUN --network=none echo ${salt} && mkdir /marks && ${mark} > /marks/1
COPY a.txt /
RUN --network=none ${mark} > /marks/2
COPY --from=made /made/src/mark /marks/3
RUN --network=none ${mark} > /marks/4
-- a.txt --
${salt}
-- src/b.txt --
${salt}
`;

  it('remembers which steps ran, and those are the ones whose results are new', async () => {
    await editor.open(project);
    const first = await build();
    assert.equal(first.outcome, 'built', first.message);
    assert.equal(first.recorded, true);
    assert.deepEqual(outcomes()?.slice(1), ['ran', 'ran', 'ran', 'ran', 'ran', 'ran', 'ran']);
    assert.ok(records[0]?.steps.slice(1).every(({ ms }) => ms !== null && ms > 0));
    const [last] = await imageHistory(tag).then((rows) => rows.slice(-1));
    const measured = (await engineMergesLayers()) ? null : last?.bytes;
    assert.equal(records[0]?.steps.at(-1)?.bytes, measured);
    assert.equal(records[0]?.builder?.mergesLayers, await engineMergesLayers());
    const before = await marks();

    assert.match((await build()).message, /all of 8 steps came from cache\.$/);
    assert.deepEqual(new Set(outcomes()), new Set(['cached']));
    assert.deepEqual(await marks(), before);

    editor.write('a.txt', `${salt} is longer now`);
    await build();
    // WORKDIR, COPY src, RUN; RUN, COPY a.txt, RUN, COPY --from, RUN
    const expected = ['cached', 'cached', 'cached', 'cached', 'ran', 'ran', 'ran', 'ran'];
    assert.deepEqual(outcomes(), expected);
    const after = await marks();
    const isNew = after.map((text, index) => text !== before[index]).slice(0, 4);
    assert.deepEqual(isNew, [false, true, false, true]);

    // A terminal build of the same finds all of it.
    const { stderr } = await docker(['buildx', 'build', '--progress=plain', '.'], {
      cwd: editor.folder,
    });
    assert.equal(stderr.match(/^#(\d+) \[.*\d\] (?!FROM).*\n#\1 CACHED$/gm)?.length, 8, stderr);
    assert.match(output, /^#\d+ \[made 2\/4\] WORKDIR \/made$/m);
    assert.match(output, /^#\d+ DONE \d+\.\ds$/m);
  });

  it('names the line that failed, and keeps what the builder has from before it', async () => {
    await editor.open(`FROM ${baseImage}
RUN --network=none echo ${salt} fails

# A comment
RUN --network=none echo "this is why" >&2 \\
  && exit 7
RUN --network=none echo after
`);
    const result = await build();
    assert.equal(result.outcome, 'failed');
    assert.equal(result.line, 4);
    assert.match(
      result.message,
      /^The build failed at line 5, RUN --network=none echo .*: process .* exit code: 7\.$/,
    );
    const [found, ...others] = (await editor.diagnostics()).filter(
      ({ code }) => code === 'build-failed',
    );
    assert.equal(others.length, 0);
    assert.equal(found?.range.start.line, 4);
    assert.match(String(found?.message), /exit code: 7\nIt printed last:\nthis is why$/);
    assert.deepEqual(outcomes(), ['ran']);

    await editor.edit('exit 7', 'exit 0');
    editor.write('Dockerfile', editor.text);
    assert.equal((await build()).outcome, 'built');
    assert.deepEqual(outcomes(), ['cached', 'ran', 'ran']);
    assert.deepEqual(
      (await editor.diagnostics()).filter(({ code }) => code === 'build-failed'),
      [],
    );
  });

  it('names the line of a file that is not there, and of a text that is no Dockerfile', async () => {
    await editor.open(
      `FROM ${baseImage}\nRUN --network=none echo ${salt} copy\nCOPY missing.txt /\n`,
    );
    const missing = await build();
    assert.equal(missing.line, 2);
    assert.match(missing.message, /"\/missing\.txt": not found\.$/);
    await editor.edit('COPY missing.txt', 'COPPY missing.txt');
    editor.write('Dockerfile', editor.text);
    const unknown = await build();
    assert.equal(unknown.line, 2);
    assert.match(unknown.message, /unknown instruction: COPPY/);
    assert.equal(unknown.recorded, false);
  });

  it('leaves no process when it is cancelled, and keeps what was done', async () => {
    const sleep = `sleep 3${process.pid}`;
    await editor.open(
      `FROM ${baseImage}\nRUN --network=none echo ${salt} done\nRUN --network=none ${sleep} || true\n`,
    );
    const source = new CancellationTokenSource();
    const running = build(source.token);
    await until(() => processes(sleep).length > 0);
    assert.ok(processes(editor.folder).length > 0, 'the client of the builder runs');
    const start = performance.now();
    source.cancel();
    const result = await running;
    assert.equal(result.outcome, 'cancelled');
    assert.ok(performance.now() - start < 8_000);
    assert.deepEqual(processes(editor.folder), []);
    await until(() => processes(sleep).length === 0);
    assert.deepEqual(processes(sleep), []);
    assert.deepEqual(outcomes(), ['ran']);

    await editor.edit(sleep, 'true');
    editor.write('Dockerfile', editor.text);
    await build();
    assert.deepEqual(outcomes(), ['cached', 'ran']);
  });

  it('builds what is chosen: target, arguments and a Dockerfile elsewhere', async () => {
    editor.settings = {
      target: 'one',
      buildArgs: { WHO: 'a b; "c"' },
      build: { arguments: ['-t', tag] },
      context: { path: '.' },
    };
    const drawing = `FROM ${baseImage} AS one
ARG WHO
COPY a.txt /
RUN --network=none echo ${salt} && echo "$WHO" > /who
FROM one
RUN --network=none exit 1
-- a.txt --
${salt}
-- docker/x --

`;
    await editor.open(drawing, editor.uriOf('docker/Dockerfile'));
    editor.write('docker/Dockerfile', editor.text);
    const result = await build();
    assert.equal(result.outcome, 'built', result.message);
    assert.equal(
      await dockerOk(['run', '--rm', '--network=none', tag, 'cat', '/who']),
      'a b; "c"\n',
    );
    assert.equal(records[0]?.target, 'one');
  });

  it('goes by the flags of the build as the builder does', async () => {
    const given = (...more: string[]) => ({ build: { arguments: ['-t', tag, ...more] } });
    editor.settings = given('--add-host', 'a:127.0.0.1', '--shm-size=100m');
    await editor.open(`FROM ${baseImage}
WORKDIR /flags
RUN --network=none echo ${salt} flags
COPY a.txt .
-- a.txt --
${salt} flags
`);
    assert.equal((await build()).recorded, true);
    for (const [more, expected] of [
      [['--shm-size', '100m', '--add-host=a:127.0.0.1'], 'cached cached cached'],
      [['--add-host', 'a:127.0.0.1', '--shm-size=100m'], 'cached cached cached'],
      [['--network=default'], 'cached ran ran'],
      [['--network=host', '--label=a=b'], 'cached cached cached'],
      [['--no-cache'], 'cached ran ran'],
    ] as const) {
      editor.settings = given(...more);
      await editor.client.sendNotification(DidChangeConfigurationNotification.type, {
        settings: null,
      });
      await until(async () => (await predicted()) === expected);
      assert.equal(await predicted(), expected, more.join(' '));
      assert.equal((await build()).outcome, 'built');
      assert.equal(outcomes()?.join(' '), expected, more.join(' '));
    }
  });

  it('says so where no engine answers', async () => {
    await editor.open(`FROM ${baseImage}\n`);
    const before = process.env.DOCKER_HOST;
    process.env.DOCKER_HOST = 'unix:///nonexistent/docker.sock';
    const result = await build();
    if (before === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = before;
    assert.equal(result.outcome, 'refused');
    assert.match(
      result.message,
      /^The Docker engine does not answer: Cannot connect .* Start it, /,
    );
  });
});

async function engineMergesLayers(): Promise<boolean> {
  const status = await dockerOk(['info', '--format', '{{json .DriverStatus}}']);
  return status.includes('io.containerd.snapshotter');
}

/** Command lines of processes that have the text, as far as this machine shows them. */
function processes(text: string): readonly string[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return line.includes(text) ? [line] : [];
    } catch {
      return [];
    }
  });
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await holds()) && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

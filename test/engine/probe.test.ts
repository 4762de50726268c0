/**
 * Asks the real builder what it has, through the language server as an editor does, and looks at what
 * is left behind. Times are printed; limits are generous, as engines of tests are slow.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CancellationTokenSource } from 'vscode-languageserver';
import { analyze } from '../../server/src/analysis.ts';
import { recordOf } from '../../server/src/cache/recordOf.ts';
import { createBuildx } from '../../server/src/host/buildx.ts';
import { buildxSettings } from '../../server/src/host/buildxFolder.ts';
import { nodeDigests } from '../../server/src/host/contentDigest.ts';
import { nodeDecompressors } from '../../server/src/host/decompress.ts';
import { buildPlatform } from '../../server/src/host/machine.ts';
import { nodeFileSystem } from '../../server/src/host/nodeFileSystem.ts';
import { createProber } from '../../server/src/host/prober.ts';
import { openRecordStore } from '../../server/src/host/recordStore.ts';
import { type ProbeResult, probeRequest } from '../../server/src/protocol.ts';
import { readSettings } from '../../server/src/settings.ts';
import { type Editor, until } from '../lsp/editor.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, docker, dockerOk } from './engine.ts';
import { type RecordingEditor, recordingEditor } from './recordingEditor.ts';

/** Makes steps of this run unlike those of all others. */
const run = `${process.pid}-${Date.now()}`;

describeWithEngine('asking the builder what is cached', () => {
  let editor: Editor;
  let recording: RecordingEditor;
  const times: string[] = [];

  before(() => ensureBaseImage());
  beforeEach(async () => {
    recording = await recordingEditor({
      builder: createBuildx(),
      prober: createProber(),
    });
    editor = recording.editor;
  });
  afterEach(() => recording.close());
  after(() => console.log(times.map((line) => `      ${line}`).join('\n')));

  const open: RecordingEditor['open'] = (...given) => recording.open(...given);
  const build = (...more: readonly string[]) =>
    dockerOk(['buildx', 'build', '-q', '-o', 'type=cacheonly', ...more, editor.folder]);
  async function ask(title: string, token?: CancellationTokenSource): Promise<ProbeResult> {
    const params = { textDocument: { uri: editor.uri } };
    const result = await editor.client.sendRequest(probeRequest, params, token?.token);
    times.push(`${title}: ${result.ms} ms`);
    return result;
  }
  const words = () => recording.words();

  async function leftovers() {
    const lines = async (args: readonly string[]) =>
      (await dockerOk(args)).trim().split('\n').sort();
    const refs = join(buildxSettings(process.env, homedir()), 'refs');
    const own = readdirSync(refs, { recursive: true, encoding: 'utf8' }).filter((name) => {
      const path = join(refs, name);
      // Notes of other builds on this machine come and go meanwhile.
      const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
      return isFile && readFileSync(path, 'utf8').includes(editor.folder);
    });
    return {
      images: await lines(['images', '-aq', '--no-trunc']),
      containers: await lines(['ps', '-aq', '--no-trunc']),
      temporary: readdirSync(tmpdir()).filter((name) => name.startsWith('dockerfile-layers-')),
      refs: own,
    };
  }

  it('finds all cached behind a build', async () => {
    await open(`FROM ${baseImage}\nRUN echo ${run} all\nCOPY a.txt /\nWORKDIR /w\n`, {
      'a.txt': run,
    });
    await build();
    const result = await ask('all cached');
    assert.equal(result.outcome, 'complete', result.message);
    assert.deepEqual([result.line, result.cached, result.recorded], [null, 3, true]);
  });

  it('stops a RUN that is not cached, and the command is gone', async () => {
    const seconds = 61;
    await open(
      `FROM ${baseImage}\nRUN echo ${run} stop\nRUN sleep ${seconds} # ${run}\nRUN echo 2\n`,
    );
    editor.write('First', `FROM ${baseImage}\nRUN echo ${run} stop\n`);
    await build('--file', join(editor.folder, 'First'));
    const start = performance.now();
    const result = await ask('miss at RUN');
    const took = performance.now() - start;
    assert.equal(result.outcome, 'stopped', result.message);
    assert.equal(result.line, 2);
    assert.ok(took < 5000, `${took} ms`);
    assert.ok(!running(`sleep ${seconds}`), 'the command still runs');
    assert.match(result.message, /1 of 3 steps are cached; the first that is not is `RUN sleep/);
  });

  it('stops at a COPY of a file that changed', async () => {
    await open(`FROM ${baseImage}\nCOPY a.txt /a\nRUN sleep 62 # ${run}\n`, {
      'a.txt': `${run} copy`,
    });
    const result = await ask('miss at COPY');
    assert.equal(result.outcome, 'stopped', result.message);
    assert.ok(result.line === 1 || result.line === 2, String(result.line));
    assert.ok(!running('sleep 62'));
  });

  it('asks for each stage of which the target says nothing', async () => {
    await open(
      `FROM ${baseImage} AS one
RUN echo ${run} one
RUN sleep 63 # ${run}
FROM ${baseImage} AS two
RUN echo ${run} two
FROM ${baseImage}
COPY --from=two /bin/sh /two
COPY --from=one /bin/sh /one
`,
    );
    await build('--target', 'two');
    const result = await ask('miss in the first stage');
    assert.equal(result.outcome, 'stopped', result.message);
    assert.ok(result.line !== null && result.line <= 2, result.message);
    assert.ok(result.cached >= 1);
    assert.ok(!running('sleep 63'));
  });

  it('asks for a stage without a name, and for one that needs another', async () => {
    await open(
      `FROM ${baseImage}
RUN echo ${run} nameless
FROM ${baseImage} AS same
COPY --from=0 /bin/sh /zero
RUN echo ${run} same
FROM ${baseImage}
RUN sleep 67 # ${run}
COPY --from=same /bin/sh /one
COPY --from=0 /bin/sh /two
`,
    );
    await build('--target', 'same');
    const result = await ask('stages that are cached below a miss');
    assert.equal(result.outcome, 'stopped', result.message);
    assert.deepEqual([result.line, result.cached], [6, 3], result.message);
  });

  it('compares with the copy of the context that builds have', async () => {
    await open(`FROM ${baseImage}\nCOPY a.txt /\nRUN echo ${run} copy\n`, { 'a.txt': 'aaaa' });
    const path = join(editor.folder, 'a.txt');
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    await build();
    // BuildKit sends again only what has another size, time or mode.
    editor.write('a.txt', 'bbbb\n');
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    assert.equal(statSync(path).size, 5);
    const result = await ask('a change that the builder does not notice');
    assert.deepEqual([result.outcome, result.cached], ['complete', 2], result.message);
  });

  it('tells of steps with links, mounts, heredocs and an empty base', async () => {
    await open(
      `FROM scratch AS files
COPY a.txt /a
WORKDIR /made
FROM ${baseImage}
COPY --link a.txt /linked
COPY --from=files / /files
RUN --mount=type=cache,target=/c --mount=type=bind,source=a.txt,target=/b echo ${run} mounts
RUN <<EOF
echo ${run} heredoc
EOF
`,
      { 'a.txt': run },
    );
    await build();
    const result = await ask('many kinds, all cached');
    assert.equal(result.outcome, 'complete', result.message);
    await until(async () => (await words()).includes('cached'));
    assert.doesNotMatch(await words(), /changed|rebuild/);
  });

  it('says that the first step that is not cached fails', async () => {
    await open(`FROM ${baseImage}\nRUN false ${run}\n`);
    const result = await ask('a step that fails');
    assert.equal(result.line, 1, result.message);
  });

  it('says why a build cannot be made', async () => {
    await open(`FROM ${baseImage}-no-such-image:${process.pid}\nRUN echo\n`);
    const result = await ask('failing base');
    assert.equal(result.outcome, 'failed');
    assert.match(result.message, /^The build cannot be made: .*\.$/s);
    assert.equal(result.recorded, false);
  });

  it('is cancelled, and the command is gone', async () => {
    await open(`FROM ${baseImage}\nRUN sleep 64 # ${run}\n`);
    const token = new CancellationTokenSource();
    const asked = ask('cancelled', token);
    setTimeout(() => token.cancel(), 150);
    assert.ok(['cancelled', 'stopped'].includes((await asked).outcome));
    assert.ok(!running('sleep 64'));
  });

  it('takes back that steps are cached when the builder has them no more', async () => {
    await open(`FROM ${baseImage}\nRUN sleep 66 # ${run}\nRUN echo ${run}\n`);
    const path = join(editor.folder, 'Dockerfile');
    const settings = readSettings({});
    const subject = { key: 'x', path, folder: null, within: null, text: editor.text, version: 1 };
    const { keyed } = await analyze(
      { ...subject, settings },
      {
        files: nodeFileSystem,
        decompressors: nodeDecompressors,
        digests: nodeDigests,
        buildPlatform,
      },
      { keys: true },
    );
    const records = openRecordStore();
    records.useFolder(recording.storage);
    const at = new Date().toISOString();
    const meta = {
      dockerfile: path,
      context: null,
      at,
      source: 'snapshot',
      builder: null,
    } as const;
    await records.add(recordOf(keyed, { ...meta, complete: true, earlier: [] }));
    await until(async () => (await words()) === 'cached cached');
    assert.equal(await words(), 'cached cached');
    assert.equal((await ask('lost by the builder')).line, 1);
    await until(async () => (await words()) === 'changed rebuild');
    assert.equal(await words(), 'changed rebuild');
  });

  it('leaves no image, no container, no record and no file behind', async () => {
    await open(`FROM ${baseImage}\nCOPY a.txt /\nRUN sleep 65 # ${run}\n`, { 'a.txt': 'a' });
    // Others may use the engine at the same time, so one quiet moment is enough.
    for (let left = 3; ; left -= 1) {
      await until(async () => (await leftovers()).temporary.length === 0);
      const [before, marked] = [await leftovers(), new Set(await history())];
      await ask('with all of it looked at');
      const remaining = async () =>
        (await history()).filter((line) => !marked.has(line) && isOwn(line));
      await until(
        async () => (await remaining()).length + (await leftovers()).temporary.length === 0,
      );
      const after = await leftovers();
      assert.deepEqual(await remaining(), []);
      assert.deepEqual([after.refs, after.temporary], [before.refs, before.temporary]);
      if (left > 0 && JSON.stringify(after) !== JSON.stringify(before)) continue;
      assert.deepEqual(after, before);
      break;
    }

    function isOwn(line: string): boolean {
      return line.includes(editor.folder.split('/').at(-1) ?? '');
    }
  });

  /** Builds that the builder remembers, one a line; nobody looked at any of them that was removed. */
  async function history(): Promise<readonly string[]> {
    const { status, stdout } = await docker(['buildx', 'history', 'ls', '--format', 'json']);
    return status === 0 ? stdout.trim().split('\n') : [];
  }

  function running(command: string): boolean {
    return execFileSync('ps', ['-eo', 'args'])
      .toString()
      .split('\n')
      .some((line) => line.trim() === command);
  }
});

/**
 * Build and Record and *Ask the Builder* on other engines than the machine's: with the containerd image
 * store, with an older BuildKit, and with engines that end in the middle.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CancellationTokenSource } from 'vscode-languageserver';
import type { BuildRecord } from '../../server/src/cache/buildRecord.ts';
import { createBuildx } from '../../server/src/host/buildx.ts';
import { createEngine } from '../../server/src/host/engine.ts';
import { createProber } from '../../server/src/host/prober.ts';
import { openRecordStore } from '../../server/src/host/recordStore.ts';
import {
  type BuildResult,
  buildRequest,
  type ProbeResult,
  probeRequest,
} from '../../server/src/protocol.ts';
import { until } from '../lsp/editor.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithLab, type LabEngine, startedEngine } from './labs/engines.ts';
import { type RecordingEditor, recordingEditor } from './recordingEditor.ts';

const salt = `${process.pid}-${Date.now()}`;
const tag = 'dockerfile-layers-test/builders:1';
/** A text that no other run of the command makes. */
const mark = 'cat /proc/sys/kernel/random/uuid';

for (const kind of ['docker-store', 'docker-26', 'docker-26-store'] as const) {
  const merges = kind.endsWith('store');
  const isOld = kind.startsWith('docker-26');

  describeWithLab(`the builder of ${kind}`, [kind], () => {
    let lab: LabEngine;
    let recording: RecordingEditor;
    let temporary: string;
    const { DOCKER_HOST, TMPDIR } = process.env;

    before(async () => {
      lab = await startedEngine(kind);
      await ensureBaseImage(baseImage, lab.env);
    });
    after(() => lab?.stop());
    beforeEach(async () => {
      process.env.DOCKER_HOST = lab.endpoint;
      // Others may have files where all have theirs.
      temporary = mkdtempSync(join(tmpdir(), 'layers-builders-'));
      process.env.TMPDIR = temporary;
      recording = await recordingEditor({
        builder: createBuildx(),
        prober: createProber(),
        engine: createEngine({ env: process.env }),
      });
      recording.editor.settings = { build: { arguments: ['-t', tag] } };
    });
    afterEach(() => {
      recording.close();
      for (const [name, value] of Object.entries({ DOCKER_HOST, TMPDIR })) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      rmSync(temporary, { recursive: true, force: true });
    });

    const params = () => ({ textDocument: { uri: recording.editor.uri } });
    const build = (token = new CancellationTokenSource().token): Promise<BuildResult> =>
      recording.editor.client.sendRequest(buildRequest, params(), token);
    const ask = (): Promise<ProbeResult> =>
      recording.editor.client.sendRequest(probeRequest, params());
    async function newest(): Promise<BuildRecord> {
      const store = openRecordStore();
      store.useFolder(recording.storage);
      const [record] = await store.read(`${recording.editor.folder}/Dockerfile`);
      return record ?? assert.fail('nothing is remembered');
    }
    const outcomes = async () => (await newest()).steps.map(({ outcome }) => outcome).join(' ');
    async function becomes(words: string): Promise<void> {
      await until(async () => (await recording.words()) === words);
      assert.equal(await recording.words(), words);
    }

    const project = `FROM ${baseImage} AS made
WORKDIR /made
COPY src src
RUN --network=none mkdir /marks && ${mark} > /marks/1
FROM ${baseImage}
RUN --network=none mkdir /marks && ${mark} > /marks/2
COPY --link a.txt /linked/a.txt
RUN --network=none ${mark} > /marks/3
COPY --from=made /marks/1 /marks/1
COPY --link src /last
`;
    const files = { 'a.txt': salt, 'src/b.txt': `${salt} b` };
    const leftBehind = () => readdirSync(temporary).filter((name) => /^dockerfile-/.test(name));
    const marks = async () => {
      const args = ['run', '--rm', '--network=none', tag, 'sh', '-c', 'cat /marks/*'];
      return (await lab.dockerOk(args)).trim().split('\n');
    };

    it('is remembered as it was: what ran, how long, how much its store counts, and the image', async () => {
      await recording.open(project, files);
      const first = await build();
      assert.equal(first.outcome, 'built', first.message);
      const { steps, image, builder } = await newest();
      // Copies that are linked to nothing may be there from another test.
      assert.match(await outcomes(), /^\w+ ran ran ran \w+ ran ran \w+$/);
      assert.ok(steps.filter(({ outcome }) => outcome === 'ran').every(({ ms }) => ms && ms > 0));
      const { hashesBelow = false, mergesLayers, store } = builder ?? {};
      assert.deepEqual(
        { hashesBelow, mergesLayers, store },
        { hashesBelow: isOld, mergesLayers: merges, store: merges ? 'containerd' : 'classic' },
      );
      const inspected = await lab.dockerOk(['image', 'inspect', '--format', '{{.Id}}', tag]);
      assert.equal(image, inspected.trim());
      const rows = (await lab.history(tag)).slice(-5).map(({ bytes }) => bytes);
      assert.deepEqual(
        steps.slice(-5).map(({ bytes }) => bytes),
        rows,
      );
      assert.equal(steps.slice(0, 3).filter(({ bytes }) => bytes !== null).length, 3);

      const before = await marks();
      assert.match((await build()).message, /all of 8 steps came from cache\.$/);
      assert.deepEqual(await marks(), before);
      await becomes(Array(8).fill('cached').join(' '));

      recording.editor.write('a.txt', `${salt} is longer now`);
      await recording.editor.client.sendNotification('workspace/didChangeWatchedFiles', {
        changes: [{ uri: recording.editor.uriOf('a.txt'), type: 2 }],
      });
      const last = merges ? 'cached' : 'rebuild';
      await becomes(`cached cached cached cached changed rebuild rebuild ${last}`);
      assert.equal((await build()).outcome, 'built');
      const ran = 'cached cached cached cached ran ran ran';
      assert.equal(await outcomes(), `${ran} ${merges ? 'cached' : 'ran'}`);
      const isNew = (await marks()).map((text, index) => text !== before[index]);
      assert.deepEqual(isNew, [false, false, true]);
    });

    it('says which line failed, and is cancelled with all that it started', async () => {
      const sleep = `sleep 9${process.pid}`;
      await recording.open(
        `FROM ${baseImage}\nRUN --network=none echo ${salt} >&2 && exit 7\nRUN --network=none ${sleep}\n`,
      );
      const failed = await build();
      assert.deepEqual([failed.outcome, failed.line], ['failed', 1], failed.message);
      assert.match(failed.message, /exit code: 7\.$/);
      await recording.editor.edit('exit 7', 'exit 0');
      recording.editor.write('Dockerfile', recording.editor.text);
      const source = new CancellationTokenSource();
      const running = build(source.token);
      await until(() => isRunning(sleep));
      assert.ok(isRunning(sleep));
      // Older builders go on with a process that has only just begun.
      if (isOld) await new Promise((resolve) => setTimeout(resolve, 1000));
      source.cancel();
      assert.equal((await running).outcome, 'cancelled');
      await until(() => !isRunning(sleep));
      assert.ok(!isRunning(sleep));
      assert.equal(await outcomes(), 'ran');
    });

    if (isOld) {
      it('is not asked what it has, as it may not stop', async () => {
        await recording.open(`FROM ${baseImage}\nRUN --network=none echo ${salt} asked\n`);
        const { outcome, message } = await ask();
        assert.equal(outcome, 'refused');
        assert.match(message, /^The builder is not asked: Docker Engine 26\.1\.5\S* may not stop /);
        const cache = JSON.stringify(await lab.get('/system/df?type=build-cache'));
        assert.ok(
          cache.includes(salt) && !cache.includes(`${salt} asked`),
          'nothing was built for it',
        );
      });
    } else {
      it('says what it has, stage by stage, and predictions follow', async () => {
        await recording.open(
          `FROM ${baseImage} AS one
RUN --network=none echo ${salt} one
COPY --link a.txt /a
FROM ${baseImage} AS two
RUN --network=none sleep 61 # ${salt}
FROM ${baseImage}
RUN --network=none echo ${salt} three
COPY --from=one /a /a
COPY --from=two /b /b
`,
          files,
        );
        const cwd = recording.editor.folder;
        await lab.dockerOk(['buildx', 'build', '-q', '-o', 'type=cacheonly', '--target=one', '.'], {
          cwd,
        });
        const { outcome, line, cached, message } = await ask();
        assert.deepEqual([outcome, line], ['stopped', 4], message);
        assert.ok(cached >= 2, message);
        assert.ok(!isRunning('sleep 61'));
        await until(() => leftBehind().length === 0);
        assert.deepEqual(leftBehind(), []);
        await until(async () => (await recording.words()).startsWith('cached cached changed'));
        // What runs beside the step that is stopped may be done before that, and then the builder has it.
        assert.match(await recording.words(), /^cached cached changed \w+ \w+ (?!cached)/);
        assert.deepEqual(await lab.dockerOk(['ps', '-aq']), '');
      });
    }

    it('may end in the middle, of which only that build is lost', async () => {
      const text = (more: string) =>
        `FROM ${baseImage}\nRUN --network=none echo ${salt} kept\n${more}`;
      await recording.open(text(''));
      assert.equal((await build()).outcome, 'built');
      const sleep = `sleep 8${process.pid}`;
      await recording.editor.edit(' kept\n', ` kept\nRUN --network=none ${sleep}\n`);
      recording.editor.write('Dockerfile', recording.editor.text);
      const running = build();
      await until(() => isRunning(sleep));
      await lab.kill();
      const { outcome, message, line } = await running;
      assert.equal(outcome, 'failed');
      assert.equal(line, null, message);
      assert.match(
        message,
        /^The build failed: the builder went away in the middle \(.*\)\. See whether /,
      );
      assert.ok(!isRunning(sleep));
      await becomes('cached changed');
      const asked = await ask();
      assert.equal(asked.outcome, 'refused');
      assert.match(asked.message, /^The Docker engine does not answer: /);
      assert.deepEqual(leftBehind(), []);
      lab = await startedEngine(kind, lab.folder);
      await recording.editor.edit(sleep, `echo ${salt} after`);
      recording.editor.write('Dockerfile', recording.editor.text);
      assert.equal((await build()).outcome, 'built');
      assert.equal(await outcomes(), 'cached ran');
    });
  });
}

function isRunning(command: string): boolean {
  const all = execFileSync('ps', ['-eo', 'args']).toString().split('\n');
  return all.some((line) => line.trim() === command);
}

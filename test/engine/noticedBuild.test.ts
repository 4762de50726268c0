/** Builds that are made outside of the editor, which nobody tells of but the engine and buildx's notes. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DidOpenTextDocumentNotification } from 'vscode-languageserver-protocol';
import type { BuildRecord } from '../../server/src/cache/buildRecord.ts';
import { createBuildx } from '../../server/src/host/buildx.ts';
import { buildsSince, buildxSettings } from '../../server/src/host/buildxFolder.ts';
import { createEngine } from '../../server/src/host/engine.ts';
import { openRecordStore } from '../../server/src/host/recordStore.ts';
import { buildRequest, stackRequest, terminalBuildRequest } from '../../server/src/protocol.ts';
import { until } from '../lsp/editor.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, docker } from './engine.ts';
import { type RecordingEditor, recordingEditor } from './recordingEditor.ts';

const run = `${process.pid}-${Date.now()}`;
const tag = `dockerfile-layers-test/noticed:${process.pid}`;
const other = `${tag}-other`;

const drawing = `FROM ${baseImage} AS made
ARG KIND=plain
COPY a.txt /
RUN --network=none echo ${run} $KIND > /mark
FROM ${baseImage} AS last
ARG V=1
RUN --network=none echo ${run} $V > /first
COPY b.txt /
COPY --from=made /mark /mark
`;
const files = { 'a.txt': run, 'b.txt': run };

describeWithEngine('builds made outside of the editor', () => {
  let recording: RecordingEditor;
  let built = 0;
  before(() => ensureBaseImage());
  beforeEach(async () => {
    recording = await recordingEditor({
      builder: createBuildx(),
      buildsSince: (time) => buildsSince(buildxSettings(process.env, homedir()), time),
      engine: createEngine({ env: process.env }),
    });
    built += 1;
  });
  afterEach(async () => {
    recording.close();
    await docker(['image', 'rm', '--force', tag, other]);
  });

  /** Another text each time, as the engine keeps what it built. */
  const open = (text = drawing) => recording.open(text.replaceAll(run, `${run}-${built}`), files);
  /** As in a shell of somebody who has no editor. */
  async function build(...words: string[]): Promise<void> {
    // Times of files are coarser than clocks.
    await new Promise((resolve) => setTimeout(resolve, 20));
    execFileSync('docker', ['build', '-q', '-t', tag, ...words, '.'], {
      cwd: recording.editor.folder,
      stdio: 'ignore',
    });
  }
  async function become(expected: string): Promise<void> {
    // Those who know more are waited for, so this takes its time.
    for (let at = 0; at < 4; at++) await until(async () => (await recording.words()) === expected);
    assert.equal(await recording.words(), expected);
  }
  async function records(): Promise<readonly BuildRecord[]> {
    const store = openRecordStore();
    store.useFolder(recording.storage);
    return store.read(join(recording.editor.folder, 'Dockerfile'));
  }
  const said = (text: RegExp) =>
    until(async () => recording.editor.logged.some((line) => text.test(line)));

  const plain = drawing.replace('ARG KIND=plain\n', '').replace(' $KIND', '');

  it('are what the next one is predicted from', async () => {
    await open(plain);
    await build();
    await become('cached cached cached cached cached');
    const [record] = await records();
    assert.equal(record?.source, 'noticed');
    assert.deepEqual(
      record?.steps.map(({ outcome }) => outcome).filter((outcome) => outcome === 'cached'),
      [],
    );
    recording.editor.write('b.txt', 'other bytes');
    await recording.editor.edit('V=1', 'V=2');
    await become('cached cached changed rebuild rebuild');
  });

  it('are found also where they were made before the file was opened, and one file changed since', async () => {
    const { editor } = recording;
    const text = plain.replaceAll(run, `${run}-${built}`);
    for (const [name, content] of Object.entries({ ...files, Dockerfile: text }))
      editor.write(name, content);
    await build();
    editor.write('a.txt', 'written before anybody looked');
    const uri = editor.uriOf('Dockerfile');
    await editor.client.sendNotification(DidOpenTextDocumentNotification.type, {
      textDocument: { uri, languageId: 'dockerfile', version: 1, text },
    });
    const words = async () => {
      const report = await editor.client.sendRequest(stackRequest, { textDocument: { uri } });
      return (report?.stages ?? [])
        .flatMap(({ instructions }) => instructions)
        .flatMap(({ cache }) => cache?.prediction ?? [])
        .join(' ');
    };
    const expected = 'unknown unknown cached cached unknown';
    for (let at = 0; at < 4; at++) await until(async () => (await words()) === expected);
    assert.equal(await words(), expected);
  });

  it('say nothing of what was built with arguments that no image shows', async () => {
    await open();
    await build('--build-arg', 'KIND=other');
    await become('unknown unknown cached cached unknown');
  });

  it('count only with the arguments that their image shows', async () => {
    await open(plain);
    await build('--build-arg', 'V=7');
    await said(/not what is built with the arguments and the base of now/);
    assert.deepEqual(await records(), []);
  });

  it('say nothing of files that changed since they began', async () => {
    await open(plain);
    await build();
    recording.editor.write('b.txt', 'written before anybody looked');
    await become('cached cached cached unknown unknown');
  });

  it('are not remembered where the Dockerfile changed since', async () => {
    await open(plain);
    await build();
    recording.editor.write('Dockerfile', recording.editor.text);
    await said(/the Dockerfile or its ignore file changed since/);
    assert.deepEqual(await records(), []);
  });

  it('are not remembered where the image is that of another stage', async () => {
    await open(plain);
    await build('--target', 'made');
    await until(async () => (await recording.editor.stack())?.engine?.image?.sure === true).catch(
      () => {},
    );
    assert.deepEqual(await records(), []);
  });

  it('are left to whoever made them, where those say more', async () => {
    await open(plain);
    await recording.editor.client.sendRequest(buildRequest, {
      textDocument: { uri: recording.editor.uri },
    });
    await become('cached cached cached cached cached');
    await build();
    await new Promise((resolve) => setTimeout(resolve, 3500));
    assert.ok((await records()).every(({ source }) => source === 'build'));
  });

  it('are not remembered where a terminal told that no image shows all that they were made with', async () => {
    await open(plain);
    const startedAt = Date.now();
    await build('--add-host', 'there:127.0.0.1');
    const result = await recording.editor.client.sendRequest(terminalBuildRequest, {
      ...{ command: 'docker build -q --add-host there:127.0.0.1 "$PWD"', asked: false },
      ...{ folder: recording.editor.folder, exitCode: 0, startedAt },
    });
    assert.equal(result.recorded, false);
    await until(async () => (await recording.editor.stack())?.engine?.image?.sure === true);
    await new Promise((resolve) => setTimeout(resolve, 3500));
    assert.deepEqual(await records(), []);
  });

  it('are not noticed where the setting says so', async () => {
    recording.editor.settings = { 'builds.notice': false, builds: { notice: false } };
    await open(plain);
    await build();
    await until(async () => (await recording.editor.stack())?.engine?.image?.sure === true);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    assert.deepEqual(await records(), []);
  });
});

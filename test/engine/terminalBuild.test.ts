/** Builds that are made as a user makes them in a terminal, and what an editor knows of them then. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { BuildRecord } from '../../server/src/cache/buildRecord.ts';
import { createBuildx } from '../../server/src/host/buildx.ts';
import { buildsSince, buildxSettings } from '../../server/src/host/buildxFolder.ts';
import { createEngine } from '../../server/src/host/engine.ts';
import { openRecordStore } from '../../server/src/host/recordStore.ts';
import { type TerminalBuildResult, terminalBuildRequest } from '../../server/src/protocol.ts';
import { type Editor, until } from '../lsp/editor.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, docker, dockerOk } from './engine.ts';
import { type RecordingEditor, recordingEditor } from './recordingEditor.ts';

const run = `${process.pid}-${Date.now()}`;

describeWithEngine('builds made in a terminal', () => {
  let editor: Editor;
  let recording: RecordingEditor;

  before(() => ensureBaseImage());
  beforeEach(async () => {
    recording = await recordingEditor({
      builder: createBuildx(),
      buildsSince: (time) => buildsSince(buildxSettings(process.env, homedir()), time),
    });
    editor = recording.editor;
  });
  afterEach(() => recording.close());

  const open: RecordingEditor['open'] = (...given) => recording.open(...given);

  /** Runs a command in a shell as a terminal does, and tells the server. */
  async function type(
    command: string,
    during: () => void = () => {},
  ): Promise<TerminalBuildResult> {
    // Times of files are coarser than clocks.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const startedAt = Date.now();
    let exitCode = 0;
    try {
      execFileSync('sh', ['-c', command], { cwd: editor.folder, stdio: 'ignore' });
    } catch {
      exitCode = 1;
    }
    during();
    return editor.client.sendRequest(terminalBuildRequest, {
      ...{ command, folder: editor.folder, exitCode, startedAt, asked: false },
    });
  }
  const words = () => recording.words();
  async function becomes(expected: string): Promise<void> {
    await until(async () => (await words()) === expected);
    assert.equal(await words(), expected);
  }

  const drawing = `FROM ${baseImage}\nARG V=1\nCOPY a.txt /\nRUN echo ${run} $V\nCOPY b.txt /\n`;

  it('are remembered: the next one is predicted from them', async () => {
    await open(drawing, { 'a.txt': 'a', 'b.txt': 'b' });
    const result = await type('docker build -o type=cacheonly .');
    assert.deepEqual(result, { recorded: true, message: 'The build is remembered.' });
    await becomes('cached cached cached');
    editor.write('b.txt', 'other bytes');
    await editor.edit('V=1', 'V=2');
    await becomes('cached changed rebuild');
  });

  it('count with their own build arguments', async () => {
    await open(drawing, { 'a.txt': 'a', 'b.txt': 'b' });
    await type(`docker buildx build --build-arg V=3 -q -o type=cacheonly -f ./Dockerfile ${'.'}`);
    await becomes('cached changed rebuild');
    await editor.edit('V=1', 'V=3');
    await becomes('cached cached cached');
  });

  it('are remembered from a folder that the line goes into, with what runs after them', async () => {
    await open(drawing, { 'a.txt': 'a', 'b.txt': 'b', 'below/x': '' });
    const line = `cd below && cd .. && docker build --network=default -o type=cacheonly . && echo built`;
    assert.equal((await type(line)).message, 'The build is remembered.');
    await becomes('cached cached cached');
  });

  it('say nothing of files that changed since they began', async () => {
    await open(drawing, { 'a.txt': 'a', 'b.txt': 'b' });
    const result = await type('docker build -o type=cacheonly .', () =>
      editor.write('b.txt', 'while it was built'),
    );
    assert.equal(result.recorded, true);
    assert.match(
      result.message,
      /^The build is remembered\. Of 3 steps 1 are left out, as files changed since\.$/,
    );
    await becomes('cached cached unknown');
  });

  it('say nothing where the Dockerfile changed since', async () => {
    await open(drawing, { 'a.txt': 'a', 'b.txt': 'b' });
    const result = await type('docker build -o type=cacheonly .', () =>
      editor.write('Dockerfile', editor.text),
    );
    assert.equal(result.recorded, false);
    assert.match(result.message, /the Dockerfile or its ignore file changed since\.$/);
  });

  it('are not remembered where they failed', async () => {
    await open(`FROM ${baseImage}\nRUN false ${run}\n`);
    const result = await type('docker build -o type=cacheonly .');
    assert.deepEqual(result, {
      recorded: false,
      message: 'The build is not remembered, as it did not end well.',
    });
  });

  it('are not remembered where no build was made', async () => {
    await open(drawing, { 'a.txt': 'a', 'b.txt': 'b' });
    const command = 'docker build -o type=cacheonly .';
    const result = await editor.client.sendRequest(terminalBuildRequest, {
      ...{ command, folder: editor.folder, exitCode: 0, startedAt: Date.now(), asked: true },
    });
    assert.match(result.message, /BuildKit was not seen to make it\.$/);
  });
});

describeWithEngine('what an engine knows of a build in a terminal', () => {
  const tag = `dockerfile-layers-test/terminal:${process.pid}`;
  const made = new Set<string>([tag]);
  let recording: RecordingEditor;
  before(() => ensureBaseImage());
  beforeEach(async () => {
    recording = await recordingEditor({
      builder: createBuildx(),
      buildsSince: (time) => buildsSince(buildxSettings(process.env, homedir()), time),
      engine: createEngine({ env: process.env }),
    });
  });
  afterEach(async () => {
    recording.close();
    await docker(['image', 'rm', '--force', ...made]);
  });

  const drawing = `FROM ${baseImage} AS made
COPY a.txt /
RUN --network=none echo ${run} > /mark
FROM ${baseImage}
RUN --network=none echo ${run} first > /first
COPY --from=made /mark /mark
COPY b.txt /
`;

  async function record(command: string): Promise<BuildRecord | undefined> {
    const { editor, storage } = recording;
    // The engine tells times in whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const startedAt = Date.now();
    execFileSync('sh', ['-c', command], { cwd: editor.folder, stdio: 'ignore' });
    const result = await editor.client.sendRequest(terminalBuildRequest, {
      ...{ command, folder: editor.folder, exitCode: 0, startedAt, asked: false },
    });
    assert.equal(result.recorded, true, result.message);
    const store = openRecordStore();
    store.useFolder(storage);
    const [newest] = await store.read(join(editor.folder, 'Dockerfile'));
    if (newest?.image) made.add(newest.image);
    return newest;
  }
  const said = (of: BuildRecord | undefined) =>
    of?.steps.map(({ outcome, bytes }) => `${outcome} ${bytes}`);
  const mark = `${run}\n`.length;
  const first = `${run} first\n`.length;

  it('is its image, what every step stored, and which of them ran', async () => {
    await recording.open(drawing, { 'a.txt': `${run} a`, 'b.txt': `${run} b` });
    const one = await record(`docker build -q -t ${tag} .`);
    const id = (await dockerOk(['image', 'inspect', '--format', '{{.Id}}', tag])).trim();
    assert.equal(one?.image, id);
    const text = `${run} a`.length;
    assert.deepEqual(
      said(one),
      [text, mark, first, mark, text + 1].map((bytes) => `ran ${bytes}`),
    );

    recording.editor.write('b.txt', `${run} is longer now\n`);
    // A clock that is read later says that the file is older than the build.
    const two = await record(`docker build -q -t ${tag} .`);
    assert.notEqual(two?.image, id);
    const longer = `${run} is longer now\n`.length;
    // The last file of a drawing ends with its line.
    const cached = [text, mark, first, mark].map((bytes) => `cached ${bytes}`);
    assert.deepEqual(said(two), [...cached, `ran ${longer}`]);
  });

  it('is found without a name, and not claimed where the image goes elsewhere', async () => {
    await recording.open(drawing.replaceAll('first', 'nameless'), { 'a.txt': 'a', 'b.txt': run });
    const one = await record('docker build -q .');
    const { image } = one ?? {};
    assert.match(image ?? '', /^sha256:/);
    const other = await record(`docker build -q -t ${tag} -o type=cacheonly .`);
    assert.equal(other?.image, undefined);
    assert.ok(other?.steps.every(({ outcome }) => outcome !== 'ran'));
  });
});

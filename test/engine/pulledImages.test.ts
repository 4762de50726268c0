/** Builds with `--pull`, where the registry's image is another than the engine's of that name. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBuildx } from '../../server/src/host/buildx.ts';
import { createEngine } from '../../server/src/host/engine.ts';
import { type BuildResult, buildRequest } from '../../server/src/protocol.ts';
import { until } from '../lsp/editor.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, docker, dockerOk } from './engine.ts';
import { type RecordingEditor, recordingEditor } from './recordingEditor.ts';
import { type Registry, registryState, startRegistry } from './registry.ts';

const run = `${process.pid}-${Date.now()}`;

describeWithEngine('builds that pull', () => {
  let folder: string;
  let registry: Registry;
  let recording: RecordingEditor;
  let image: string;
  before(async () => {
    const reason = registryState();
    if (reason) throw new Error(reason);
    await ensureBaseImage();
    folder = mkdtempSync(join(tmpdir(), 'layers-pull-'));
    registry = await startRegistry({ folder: join(folder, 'registry') });
    image = `${registry.host}/pulled:${process.pid}`;
  });
  beforeEach(async () => {
    recording = await recordingEditor({
      builder: createBuildx(),
      engine: createEngine({ env: process.env }),
    });
  });
  afterEach(() => recording.close());
  after(async () => {
    if (!registry) return;
    await docker(['image', 'rm', '--force', image, `${image}-first`]);
    await registry.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function push(mark: string): Promise<void> {
    const input = Buffer.from(
      `FROM ${baseImage}\nRUN --network=none echo ${run} ${mark} > /which\n`,
    );
    await dockerOk(['build', '-q', '-t', image, '-'], { input });
    await dockerOk(['push', '-q', image]);
  }
  const build = (): Promise<BuildResult> =>
    recording.editor.client.sendRequest(buildRequest, {
      textDocument: { uri: recording.editor.uri },
    });

  it('are remembered as long as the engine has what was pulled', async () => {
    const { editor } = recording;
    editor.settings = { build: { arguments: ['--pull', '-o', 'type=cacheonly'] } };
    await push('first');
    await dockerOk(['tag', image, `${image}-first`]);
    await recording.open(`FROM ${image}\nRUN --network=none echo ${run}\n`);
    await until(async () => (await editor.stack())?.stages[0]?.base.layers !== null);
    assert.deepEqual(await build().then(({ recorded, outcome }) => ({ recorded, outcome })), {
      recorded: true,
      outcome: 'built',
    });

    await push('second');
    await dockerOk(['tag', `${image}-first`, image]);
    await editor.edit('echo', 'echo again');
    editor.write('Dockerfile', editor.text);
    const other = await build();
    assert.equal(other.outcome, 'built', other.message);
    assert.equal(other.recorded, false);
    assert.match(
      other.message,
      /as --pull may have taken another .* Run docker pull .*, and build/,
    );
    // A build of now starts from the first one, on which this step never ran.
    await until(async () => (await recording.words()) === 'changed');
    assert.equal(await recording.words(), 'changed');
  });
});

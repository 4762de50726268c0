/** The request for what containers wrote, through the real server: asked only on request. */

import assert from 'node:assert/strict';
import { CancellationTokenSource } from 'vscode-languageserver-protocol/node';
import { type WritableResult, writableRequest } from '../../server/src/protocol.ts';
import { builtImage } from '../support/fakeEngine.ts';
import { engineImage, type MemoryEngine, memoryEngine } from '../support/memoryEngine.ts';
import { Editor, until } from './editor.ts';

const text = 'FROM base\nRUN make one\nRUN make two\nRUN make three\n';
const built = builtImage(text, [5, 6, 7]);
const image = engineImage(built.id, {
  references: built.references,
  createdAt: built.createdAt,
  diffIds: built.diffIds,
  history: built.history.map(({ createdBy, bytes }) => ({
    ...{ createdBy, bytes, comment: '', createdAt: null, emptyLayer: null },
  })),
});

describe('the request for what containers wrote', () => {
  let editor: Editor;
  let engine: MemoryEngine;

  async function opened(options: object = {}, settings: object = {}): Promise<void> {
    engine = memoryEngine([image]);
    editor = new Editor({ initializationOptions: options, settings, ports: { engine } });
    await editor.initialize();
    await editor.open(text);
  }

  afterEach(() => editor.close());

  const ask = (): Promise<WritableResult> =>
    editor.client.sendRequest(writableRequest, { textDocument: { uri: editor.uri } });
  const wasAsked = () => engine.asked.includes('containers');

  it('lists the containers of the image, who wrote most first', async () => {
    await opened();
    const container = { image: image.id, state: 'running' };
    engine.containers_ = [
      { ...container, id: 'a'.repeat(64), name: 'web', writes: 1200 },
      { ...container, id: 'b'.repeat(64), name: '', writes: null },
      { ...container, id: 'c'.repeat(64), name: 'job', writes: 4_000_000, state: 'exited' },
    ];
    await until(async () => (await editor.stack())?.engine.image !== null);
    assert.ok(!wasAsked());
    const { message, containers } = await ask();
    assert.equal(
      message,
      '3 containers made from app:latest. In all they wrote 4 MB; of 1 container it is not told.',
    );
    assert.deepEqual(
      containers.map(({ name, state, writes, size }) => [name, state, writes, size]),
      [
        ['job', 'exited', 4_000_000, '4 MB'],
        ['web', 'running', 1200, '1.2 kB'],
        ['bbbbbbbbbbbb', 'running', null, ''],
      ],
    );
  });

  it('waits for an engine that has not answered yet, since the user asked', async () => {
    await opened();
    assert.match((await ask()).message, /^No container is made from app:latest\.$/);
  });

  it('says why it cannot tell', async () => {
    await opened();
    engine.containers = () => Promise.reject(new Error('The engine took too long.'));
    assert.equal((await ask()).message, 'The engine took too long.');
    await editor.close();
    await opened();
    engine.images_ = [];
    assert.match((await ask()).message, /^No image in the engine has the history/);
    await editor.close();
    await opened();
    engine.info = null;
    assert.match((await ask()).message, /^No engine answers at unix:\/\/\/engine\.sock\.$/);
  });

  it('is cancelled when the user cancels it', async () => {
    await opened();
    const aborted = new Promise<boolean>((done) => {
      engine.containers = (_choice, _image, signal) =>
        new Promise((_, failed) => {
          signal.addEventListener('abort', () => {
            done(true);
            failed(new Error('aborted'));
          });
          source.cancel();
        });
    });
    const source = new CancellationTokenSource();
    const answer = editor.client.sendRequest(
      writableRequest,
      { textDocument: { uri: editor.uri } },
      source.token,
    );
    const result = await answer.catch(() => ({ cancelled: true }));
    assert.equal(result.cancelled, true);
    assert.ok(await aborted);
  });

  it('is refused in Restricted Mode and where engines are off, and nobody is asked', async () => {
    await opened({ trusted: false });
    assert.match((await ask()).message, /^No engine is asked in Restricted Mode\./);
    assert.deepEqual(engine.asked, []);
    await editor.close();
    await opened({}, { engine: { enable: 'off' } });
    assert.match((await ask()).message, /engine\.enable is off\.$/);
    assert.deepEqual(engine.asked, []);
  });
});

/** An engine that fails in the middle of every kind of request, while somebody edits. */

import assert from 'node:assert/strict';
import { ShutdownRequest } from 'vscode-languageserver-protocol/node';
import { createEngine } from '../../server/src/host/engine.ts';
import { focused, type StackReport } from '../../server/src/protocol.ts';
import {
  builtImage,
  type Fault,
  fakeBase,
  faults,
  otherImages,
  type Question,
  questions,
  startFakeEngine,
} from '../support/fakeEngine.ts';
import { Editor, until } from './editor.ts';

const text =
  'FROM base\nRUN make --directory /source/of/one install\nCOPY a.txt /usr/share/example/a.txt\nRUN make two --silent PREFIX=/opt/two\n';
const drawing = `${text}-- a.txt --\nabc\n`;
const image = builtImage(text, [5_000_000, 4, 70_000]);
const states = ['connecting', 'up', 'down'];

/** An editor with an engine of its own. */
async function scene() {
  const engine = await startFakeEngine([image, fakeBase(), ...otherImages(20)]);
  const env = { DOCKER_HOST: engine.endpoint };
  const editor = new Editor({ ports: { engine: createEngine({ env, home: '/nowhere' }) } });
  const stack = async (): Promise<StackReport> => {
    const found = await editor.stack();
    assert.ok(found);
    return found;
  };
  const state = async () => (await stack()).engine.state;
  const imageText = async () => (await stack()).engine.imageText;
  /** The size of the line that makes the largest layer. */
  const largest = async () => (await stack()).stages[0]?.instructions[1]?.size;
  const isMeasured = async () => (await largest())?.basis === 'measured';
  return {
    engine,
    editor,
    state,
    imageText,
    largest,
    isMeasured,
    async open() {
      await editor.initialize();
      await editor.open(drawing);
    },
    /** Types, and asks for all that an editor asks for; every answer has to come. */
    async work() {
      await editor.edit('make two', 'make  two');
      const hints = await editor.hints();
      assert.equal(hints.length, 4);
      assert.match((await editor.hover({ line: 1, character: 1 })) ?? '', /RUN/);
      await editor.diagnostics();
      const { engine: said } = await stack();
      assert.ok(states.includes(said.state), said.state);
      assert.match(said.text, /\.$/);
      assert.doesNotMatch(said.text, /undefined|\[object|Error:/);
      await editor.edit('make  two', 'make two');
    },
    /** The engine comes back healthy: then all is measured, without a restart. */
    async recovers() {
      engine.faults.clear();
      await engine.stop();
      await engine.start();
      await until(async () => {
        // Somebody goes on working.
        await editor.client.sendNotification(focused, { uri: editor.uri });
        return (await state()) === 'up' && (await isMeasured());
      });
      assert.equal(await state(), 'up', 'after the engine came back');
      assert.ok(await isMeasured(), 'nothing is measured after the engine came back');
    },
    /** The editor ends, and then no connection is left. */
    async end() {
      await editor.client.sendRequest(ShutdownRequest.type);
      editor.close();
      await until(() => engine.open === 0);
      const { open } = engine;
      await engine.remove();
      assert.equal(open, 0, 'connections are left open');
    },
  };
}

/** From the first question on the engine fails in one way; later it comes back healthy. */
async function fromTheStart(question: Question | 'every', fault: Fault): Promise<void> {
  const made = await scene();
  const { engine, state, imageText } = made;
  engine.faults.set(question, fault);
  try {
    await made.open();
    // The engine fails only where it is asked; an engine that stalls stays unknown for long.
    await made.editor.hints();
    const end = performance.now() + 400;
    await until(() => engine.asked.length > 0);
    assert.ok(engine.asked.length > 0, 'the engine is not asked');
    await until(async () => (await made.isMeasured()) || performance.now() > end);
    await made.work();
    const isFirst = ['version', 'info', 'every'].includes(question);
    if (isFirst && plainFaults.includes(fault)) {
      await until(async () => (await state()) === 'down');
      assert.equal(await state(), 'down');
    }
    if (question === 'images' && plainFaults.includes(fault)) {
      await until(async () => (await imageText()) !== '');
      assert.match(await imageText(), /^The engine did not tell of its images\. .+\.$/);
    }
    await made.recovers();
    await made.end();
  } catch (error) {
    throw new Error(`${question} ${fault}: ${(error as Error).message}`, { cause: error });
  }
}

/** What needs no patience to be found out. */
const plainFaults: readonly Fault[] = ['dies', 'diesMidway', 'speaksNoHttp', 'isNoJson', 'refuses'];

describe('an engine that fails while somebody edits', function () {
  this.timeout(60_000);
  let made: Awaited<ReturnType<typeof scene>>;

  for (const question of [...questions, 'every'] as const) {
    it(`${question}: any failure from the start is a state, and over when it comes back`, async () => {
      await Promise.all(faults.map((fault) => fromTheStart(question, fault)));
    });
  }

  it('is up and measures, when it does not fail', async () => {
    made = await scene();
    await made.open();
    await until(made.isMeasured);
    assert.match(await made.editor.drawn(), /5 MB/);
    await made.work();
    await made.end();
  });

  it('takes nothing away when it fails later, and is heard of again', async () => {
    made = await scene();
    const { engine } = made;
    await made.open();
    for (const fault of faults) {
      await until(made.isMeasured);
      for (const question of questions) {
        if (question !== 'events') engine.faults.set(question, fault);
      }
      const before = engine.asked.length;
      engine.emit({ Type: 'image', Action: 'tag', id: image.id, Actor: { ID: image.id } });
      await until(() => engine.asked.length > before);
      await made.work();
      await made.recovers();
    }
    await made.end();
  });

  it('is gone in the middle of everything, and another one answers in its place', async () => {
    made = await scene();
    const { engine, state, largest } = made;
    await made.open();
    await until(made.isMeasured);
    await engine.stop();
    await until(async () => (await state()) === 'down');
    await made.work();
    engine.images = [builtImage(text, [9_000_000, 4, 70_000]), fakeBase()];
    await made.recovers();
    await until(async () => (await largest())?.bytes === 9_000_000);
    assert.equal((await largest())?.bytes, 9_000_000);
    await made.end();
  });

  it('is started only after the editor', async () => {
    made = await scene();
    await made.engine.stop();
    await made.open();
    await until(async () => (await made.state()) === 'down');
    await made.work();
    await made.recovers();
    await made.end();
  });

  it('says garbage among its events, and is followed on', async () => {
    made = await scene();
    const { engine, largest } = made;
    await made.open();
    await until(made.isMeasured);
    for (const event of [null, 7, 'x', [], {}, { Type: 5, Action: {} }, { Type: 'image' }]) {
      engine.emit(event as object);
    }
    const next = builtImage(text, [6_000_000, 4, 70_000], { createdAt: Date.UTC(2026, 1, 1) });
    const { id } = next;
    engine.images = [next, fakeBase()];
    engine.emit({ Type: 'image', Action: 'tag', id, Actor: { ID: id } });
    await until(async () => (await largest())?.bytes === 6_000_000);
    assert.equal((await largest())?.bytes, 6_000_000);
    await made.end();
  });
});

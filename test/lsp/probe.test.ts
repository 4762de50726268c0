import assert from 'node:assert/strict';
import { CancellationTokenSource } from 'vscode-languageserver';
import { DidSaveTextDocumentNotification } from 'vscode-languageserver-protocol/node';
import type { Builder, BuildOrder } from '../../server/src/builder/builder.ts';
import type { ProbeEnd, Prober } from '../../server/src/builder/prober.ts';
import type { Vertex } from '../../server/src/builder/progress.ts';
import type { BuildRecord } from '../../server/src/cache/buildRecord.ts';
import { nodeDigests } from '../../server/src/host/contentDigest.ts';
import {
  type ProbeResult,
  probeRequest,
  type TerminalBuildParams,
  terminalBuildRequest,
} from '../../server/src/protocol.ts';
import { Editor, until } from './editor.ts';

const drawing = `FROM scratch AS one
COPY a.txt /one
FROM scratch
COPY a.txt /a.txt
COPY --from=one /one /two
RUN ["make"]
-- a.txt --
a
`;

type Answer = (order: BuildOrder, signal: AbortSignal) => Promise<ProbeEnd>;

function vertex(name: string, state: 'cached' | 'started' | 'done', inputs: string[] = []): Vertex {
  return {
    ...{ digest: name, name, inputs, started: 1, completed: state === 'started' ? null : 2 },
    ...{ ms: 1, cached: state === 'cached', error: '', group: null },
  };
}
const vertices = (...all: readonly Vertex[]) => new Map(all.map((one) => [one.digest, one]));
const load = vertex('[internal] load build context', 'done');
const one = vertex('[one 1/1] COPY a.txt /one', 'cached', [load.digest]);
const first = vertex('[stage-1 1/3] COPY a.txt /a.txt', 'cached', [load.digest]);
const copy = vertex('[stage-1 2/3] COPY --from=one /one /two', 'cached', [
  first.digest,
  one.digest,
]);
const make = (state: 'cached' | 'started') =>
  vertex('[stage-1 3/3] RUN ["make"]', state, [copy.digest]);

const complete: ProbeEnd = {
  ended: 'complete',
  message: '',
  vertices: vertices(load, one, first, copy, make('cached')),
};
const stopped: ProbeEnd = {
  ended: 'stopped',
  message: '',
  vertices: vertices(load, make('started')),
};

describe('the request to ask the builder', () => {
  let editor: Editor;
  let records: BuildRecord[];
  let orders: BuildOrder[];
  let ended: number;
  afterEach(() => editor.close());

  async function opened(
    answer: Answer,
    {
      options = {},
      settings,
      missing,
      losesStops,
    }: { options?: object; settings?: unknown; missing?: string; losesStops?: string } = {},
  ) {
    records = [];
    orders = [];
    ended = 0;
    const builder: Builder = {
      find: async () =>
        missing === undefined
          ? {
              facts: { name: 'fake', mergesLayers: false },
              loads: true,
              ...(losesStops && { losesStops }),
            }
          : { missing },
      build: () => assert.fail('nothing is built'),
    };
    const prober: Prober = {
      start: () => ({
        ask(order, signal) {
          orders.push(order);
          return answer(order, signal);
        },
        async end() {
          ended += 1;
        },
      }),
    };
    editor = new Editor({
      initializationOptions: options,
      settings,
      ports: {
        ...{ builder, prober, digests: nodeDigests, buildsSince: async () => [] },
        records: {
          read: async () => [...records],
          add: async (record) => {
            records.unshift(record);
          },
        },
      },
    });
    await editor.initialize();
    await editor.open(drawing);
    editor.write('Dockerfile', editor.text);
  }
  const ask = (token?: CancellationTokenSource): Promise<ProbeResult> =>
    editor.client.sendRequest(probeRequest, { textDocument: { uri: editor.uri } }, token?.token);
  async function words(): Promise<string> {
    const report = await editor.stack();
    return (report?.stages ?? [])
      .flatMap(({ instructions }) => instructions)
      .flatMap(({ cache }) => cache?.prediction ?? [])
      .join(' ');
  }

  it('does not begin a build where the builder may not hear that it is to stop', async () => {
    await opened(async () => complete, { losesStops: 'The builder is not asked: it is old.' });
    const { outcome, message, recorded } = await ask();
    assert.deepEqual(
      [outcome, message, recorded],
      ['refused', 'The builder is not asked: it is old.', false],
    );
    assert.deepEqual([orders, records], [[], []]);
  });

  it('says that all is cached, and the hints say so too', async () => {
    await opened(async () => complete);
    const { ms, ...result } = await ask();
    assert.deepEqual(result, {
      outcome: 'complete',
      message: `The builder has all that this build needs (${(ms / 1000).toFixed(1)} s).`,
      line: null,
      cached: 4,
      recorded: true,
    });
    assert.equal(ended > 0, true);
    assert.deepEqual(
      records.map(({ source, gone }) => [source, gone]),
      [['probe', undefined]],
    );
    await until(async () => (await words()) === 'cached cached cached cached');
    assert.equal(await words(), 'cached cached cached cached');
  });

  it('names the first line that is not cached, and asks for stages that were not told of', async () => {
    await opened(async (order) =>
      order.target === 'one'
        ? { ...complete, vertices: vertices(load, { ...one, name: '[one 1/1] COPY a.txt /one' }) }
        : stopped,
    );
    const result = await ask();
    assert.equal(result.outcome, 'stopped');
    assert.equal(result.line, 5);
    assert.match(result.message, /the first that is not is `RUN \["make"\]` in line 6/);
    assert.deepEqual(
      orders.map(({ target }) => target),
      [null, 'one'],
    );
  });

  it('takes back what an earlier answer said', async () => {
    let answer = complete;
    await opened(async () => answer);
    await ask();
    answer = { ...stopped, vertices: vertices(load, one, first, copy, make('started')) };
    await ask();
    await until(async () => (await words()) === 'cached cached cached changed');
    assert.equal(await words(), 'cached cached cached changed');
    assert.equal(records[0]?.gone?.length, 1);
  });

  it('asks nobody in Restricted Mode, not on save either', async () => {
    await opened(async () => complete, {
      options: { trusted: false },
      settings: { probe: { onSave: true } },
    });
    const result = await ask();
    assert.equal(result.outcome, 'refused');
    assert.match(result.message, /Restricted Mode/);
    await save();
    assert.deepEqual(orders, []);
    const taken = await editor.client.sendRequest(terminalBuildRequest, terminal);
    assert.match(taken.message, /Restricted Mode\./);
  });

  it('asks on save where that is set, and only there', async () => {
    await opened(async () => complete);
    await save();
    assert.deepEqual(orders, []);
    editor.close();
    await opened(async () => complete, { settings: { probe: { onSave: true } } });
    await save();
    await until(() => records.length > 0);
    assert.equal(orders.length, 1);
  });

  it('refuses a text that is not saved', async () => {
    await opened(async () => complete);
    await editor.edit('make', 'made');
    assert.match((await ask()).message, /on the disk is not the one that is open here/);
    assert.deepEqual(orders, []);
  });

  it('says what is missing', async () => {
    await opened(async () => ({ ...complete, ended: 'failed', message: 'no' }), {
      missing: 'Docker is not installed.',
    });
    assert.equal((await ask()).message, 'Docker is not installed.');
    assert.deepEqual(records, []);
  });

  it('says why a build cannot be made', async () => {
    await opened(async () => ({ ended: 'failed', message: 'no such image', vertices: new Map() }));
    const result = await ask();
    assert.equal(result.outcome, 'failed');
    assert.equal(result.message, 'The build cannot be made: no such image.');
  });

  it('ends when it is cancelled, and cleans up', async () => {
    const token = new CancellationTokenSource();
    await opened(async (_order, signal) => {
      token.cancel();
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      return { ended: 'cancelled', message: '', vertices: new Map() };
    });
    assert.equal((await ask(token)).outcome, 'cancelled');
    assert.deepEqual(records, []);
    assert.ok(ended > 0);
  });

  it('ends the question before it when it is asked again', async () => {
    let count = 0;
    await opened(async (_order, signal) => {
      count += 1;
      if (count > 1) return complete;
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      return { ended: 'cancelled', message: '', vertices: new Map() };
    });
    const earlier = ask();
    await until(() => count === 1);
    assert.equal((await ask()).outcome, 'complete');
    assert.equal((await earlier).outcome, 'cancelled');
  });

  it('survives a prober that throws', async () => {
    await opened(async () => {
      throw new Error('broken');
    });
    assert.match((await ask()).message, /its log has the details\.$/);
    assert.ok(ended > 0);
    assert.ok((await editor.hints()).length > 0);
  });

  const terminal: TerminalBuildParams = {
    ...{ command: 'docker build .', folder: '/', exitCode: 0, startedAt: 1, asked: false },
  };

  it('leaves terminals alone that built something else', async () => {
    await opened(async () => complete);
    const told = async (more: Partial<TerminalBuildParams>) =>
      (await editor.client.sendRequest(terminalBuildRequest, { ...terminal, ...more })).message;
    assert.match(await told({ command: 'npm run build' }), /no build of an image/);
    assert.match(await told({ exitCode: null }), /did not end well/);
    assert.match(await told({ folder: null }), /in which folder/);
    assert.match(await told({}), /is not open/);
    assert.match(await told({ folder: editor.folder }), /was not seen to make it/);
    assert.deepEqual(records, []);
  });

  async function save(): Promise<void> {
    await editor.client.sendNotification(DidSaveTextDocumentNotification.type, {
      textDocument: { uri: editor.uri },
    });
    // A request behind it: what the notification starts has begun when it is answered.
    await editor.stack();
    await editor.stack();
  }
});

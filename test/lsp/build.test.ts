import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { CancellationTokenSource } from 'vscode-languageserver';
import {
  DidChangeConfigurationNotification,
  DidSaveTextDocumentNotification,
  WorkDoneProgress,
} from 'vscode-languageserver-protocol/node';
import type { BuildEnd, Builder, BuildOrder } from '../../server/src/builder/builder.ts';
import type { BuildRecord, RecordStore } from '../../server/src/cache/buildRecord.ts';
import { nodeDigests } from '../../server/src/host/contentDigest.ts';
import { type BuildResult, buildOutput, buildRequest } from '../../server/src/protocol.ts';
import { Editor, until } from './editor.ts';

const drawing = `FROM scratch AS base
COPY a.txt /a.txt
RUN ["make"]
-- a.txt --
a
`;

type Work = (write: (text: string | Uint8Array) => void, signal: AbortSignal) => Promise<BuildEnd>;

const succeeded: BuildEnd = { ended: 'succeeded', message: '' };
const failed: BuildEnd = { ended: 'failed', message: '' };

function value(digest: string, name: string, more: object = {}): string {
  const vertex = { digest, name, started: '2026-01-01T00:00:01Z', ...more };
  return `${JSON.stringify({ vertexes: [vertex] })}\n`;
}
const done = { completed: '2026-01-01T00:00:03Z' };
const all =
  value('c', '[internal] load build context', done) +
  value('1', '[1/2] COPY a.txt /a.txt', { ...done, inputs: ['c'] }) +
  value('2', '[2/2] RUN ["make"]', { ...done, cached: true, inputs: ['1'] });

describe('the request to build and record', () => {
  let editor: Editor;
  let records: BuildRecord[];
  let orders: BuildOrder[];
  let asked: number;
  afterEach(() => editor.close());

  async function opened(
    work: Work,
    {
      missing,
      options = {},
      settings,
      store,
    }: {
      readonly missing?: string;
      readonly options?: object;
      readonly settings?: unknown;
      readonly store?: Partial<RecordStore>;
    } = {},
  ) {
    records = [];
    orders = [];
    asked = 0;
    const builder: Builder = {
      find: async () => {
        asked += 1;
        return missing === undefined
          ? { facts: { name: 'fake', mergesLayers: false }, loads: true }
          : { missing };
      },
      build(order, _found, signal, onOutput) {
        orders.push(order);
        return work((text) => onOutput(Buffer.from(text)), signal);
      },
    };
    editor = new Editor({
      initializationOptions: options,
      settings,
      ports: {
        builder,
        digests: nodeDigests,
        records: {
          read: async () => records,
          add: async (record) => {
            records.unshift(record);
          },
          ...store,
        },
      },
    });
    await editor.initialize();
    await editor.open(drawing);
    editor.write('Dockerfile', editor.text);
  }

  const build = (token = new CancellationTokenSource().token): Promise<BuildResult> =>
    editor.client.sendRequest(
      buildRequest,
      { textDocument: { uri: editor.uri }, workDoneToken: 'one' },
      token,
    );

  it('builds what the settings say, and remembers what came of each step', async () => {
    await opened(
      async (write) => {
        write(all);
        return succeeded;
      },
      {
        settings: {
          buildArgs: { A: '1' },
          platform: 'linux/arm64',
          target: 'base',
          build: { arguments: ['-t', 'app'] },
        },
      },
    );
    const output: string[] = [];
    editor.client.onNotification(buildOutput, ({ text }) => {
      output.push(text);
    });
    const steps: unknown[] = [];
    editor.client.onProgress(WorkDoneProgress.type, 'one', (one) => {
      steps.push('message' in one ? one.message : one.kind);
    });
    const result = await build();
    assert.match(result.message, /^Built in .+: 1 of 2 steps came from cache\.$/);
    assert.deepEqual(
      { ...result, message: '' },
      { outcome: 'built', message: '', line: null, recorded: true },
    );
    assert.deepEqual(orders, [
      {
        context: editor.folder,
        dockerfile: join(editor.folder, 'Dockerfile'),
        target: 'base',
        platform: 'linux/arm64',
        buildArgs: new Map([['A', '1']]),
        more: ['-t', 'app'],
      },
    ]);
    assert.deepEqual(steps, [
      'looking at the build context',
      'step 1 of 2: COPY a.txt /a.txt',
      'step 2 of 2: RUN ["make"]',
      'end',
    ]);
    assert.equal(
      output.join('').split('\n')[0],
      `$ docker buildx build -t app --file ${join(editor.folder, 'Dockerfile')} --target base --platform linux/arm64 --build-arg A=… ${editor.folder}`,
    );
    assert.match(
      output.join(''),
      /^#2 \[1\/2\] COPY a\.txt \/a\.txt\n#2 DONE 2\.0s\n#3 .*\n#3 CACHED\n$/m,
    );
    assert.equal(records.length, 1);
    const [record] = records;
    assert.deepEqual(
      record?.steps.map(({ outcome, ms, line }) => ({ outcome, ms, line })),
      [
        { outcome: 'ran', ms: 2000, line: 1 },
        { outcome: 'cached', ms: null, line: 2 },
      ],
    );
    assert.equal(record?.source, 'build');
    assert.deepEqual([...(record?.files?.keys() ?? [])], ['a.txt']);
  });

  it('predicts the next build from it', async () => {
    await opened(async (write) => {
      write(all);
      return succeeded;
    });
    await build();
    await until(async () => /COPY a\.txt \/a\.txt ⟦[^⟧]*cached/.test(await editor.drawn()));
    assert.match(
      await editor.drawn(),
      /COPY a\.txt \/a\.txt ⟦[^⟧]*cached[^⟧]*⟧\nRUN .*⟦[^⟧]*cached/,
    );
    await editor.edit('"make"', '"make", "all"');
    assert.match(await editor.drawn(), /RUN .*⟦[^⟧]*changed/);
  });

  it('is known in another window when a file is saved there', async () => {
    let inStore: readonly BuildRecord[] = [];
    await opened(
      async (write) => {
        write(all);
        return succeeded;
      },
      { store: { read: async () => inStore } },
    );
    assert.equal((await build()).recorded, true);
    assert.doesNotMatch(await editor.drawn(), /cached/);
    inStore = [...records];
    await editor.client.sendNotification(DidSaveTextDocumentNotification.type, {
      textDocument: { uri: editor.uri },
    });
    await until(async () => /cached/.test(await editor.drawn()));
    assert.match(await editor.drawn(), /COPY .*cached[^⟧]*⟧\nRUN .*cached/);
  });

  it('starts nothing in Restricted Mode', async () => {
    await opened(async () => succeeded, { options: { trusted: false } });
    const result = await build();
    assert.equal(result.outcome, 'refused');
    assert.match(result.message, /^Nothing is built in Restricted Mode\./);
    assert.equal(asked, 0);
    assert.deepEqual(orders, []);
  });

  it('refuses a text that is not saved', async () => {
    await opened(async () => succeeded);
    await editor.edit('make', 'cmake');
    const result = await build();
    assert.match(result.message, /on the disk is not the one that is open here\./);
    assert.equal(asked, 0);
  });

  it('says what is missing', async () => {
    await opened(async () => succeeded, { missing: 'Docker is not installed. Install it.' });
    const result = await build();
    assert.deepEqual(result, {
      outcome: 'refused',
      message: 'Docker is not installed. Install it.',
      line: null,
      recorded: false,
    });
    assert.deepEqual(orders, []);
  });

  it('refuses arguments that would make another build', async () => {
    for (const [word, flag] of [
      ['--target=x', '--target'],
      ['-fother', '-f'],
      ['--build-arg', '--build-arg'],
      ['-q', '-q'],
    ]) {
      await opened(async () => succeeded, { settings: { build: { arguments: [word] } } });
      const { message, outcome } = await build();
      assert.equal(outcome, 'refused');
      assert.ok(
        message.startsWith(`The setting dockerfileLayers.build.arguments has ${flag}, `),
        message,
      );
      assert.deepEqual(orders, []);
      if (word !== '-q') editor.close();
    }
  });

  it('shows the builder’s error at the line that failed, until the text changes', async () => {
    const error = 'process "make" did not complete successfully: exit code: 2';
    const log = JSON.stringify({
      logs: [{ vertex: '2', stream: 2, data: Buffer.from('no rule\n').toString('base64') }],
    });
    await opened(async (write) => {
      write(value('1', '[1/2] COPY a.txt /a.txt', done));
      write(value('2', '[2/2] RUN ["make"]', { inputs: ['1'] }));
      write(`${log}\n${value('2', '[2/2] RUN ["make"]', { ...done, error })}`);
      write(
        `Dockerfile:3\n------\n   3 | >>> RUN make\n------\nERROR: failed to build: ${error}\n`,
      );
      return failed;
    });
    const result = await build();
    assert.equal(result.outcome, 'failed');
    assert.equal(result.line, 2);
    assert.equal(result.message, `The build failed at line 3, RUN ["make"]: ${error}.`);
    const [found, ...others] = await editor.diagnostics();
    assert.deepEqual(others, []);
    assert.equal(found?.code, 'build-failed');
    assert.equal(found?.message, `${error}\nIt printed last:\nno rule`);
    assert.deepEqual(found?.range, {
      start: { line: 2, character: 0 },
      end: { line: 2, character: 12 },
    });
    // What was done before it is in the builder's cache.
    assert.deepEqual(
      records[0]?.steps.map(({ line }) => line),
      [1],
    );
    await editor.edit('make', 'cmake');
    assert.deepEqual(await editor.diagnostics(), []);
  });

  it('takes the error away when a build succeeds', async () => {
    let end = failed;
    await opened(async (write) => {
      write(
        end === failed ? 'ERROR: failed to solve: dockerfile parse error on line 2: oh\n' : all,
      );
      return end;
    });
    assert.equal((await build()).line, 1);
    assert.equal((await editor.diagnostics()).length, 1);
    end = succeeded;
    await build();
    assert.deepEqual(await editor.diagnostics(), []);
  });

  it('ends when it is cancelled, and keeps what was done', async () => {
    const source = new CancellationTokenSource();
    await opened(async (write, signal) => {
      write(value('1', '[1/2] COPY a.txt /a.txt', done));
      write(value('2', '[2/2] RUN ["make"]'));
      source.cancel();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      write(value('2', '[2/2] RUN ["make"]', { ...done, error: 'context canceled' }));
      return { ended: 'cancelled', message: 'The build was cancelled.' };
    });
    const result = await build(source.token);
    assert.equal(result.outcome, 'cancelled');
    assert.deepEqual(
      records[0]?.steps.map(({ line }) => line),
      [1],
    );
    assert.deepEqual(await editor.diagnostics(), []);
  });

  it('builds one Dockerfile once at a time', async () => {
    let release = () => {};
    const started = new Promise<void>((resolve) => {
      void opened(async () => {
        resolve();
        await new Promise<void>((end) => {
          release = end;
        });
        return succeeded;
      }).then(() => void first());
    });
    let result: Promise<BuildResult> | undefined;
    const first = () => {
      result = build();
    };
    await started;
    assert.match((await build()).message, /is being built already\.$/);
    release();
    assert.equal((await result)?.outcome, 'built');
  });

  it('survives a builder that dies, and says so', async () => {
    await opened(async (write) => {
      write(value('1', '[1/2] COPY a.txt /a.txt', done));
      write('{"vertexes":[{"digest":"2","na');
      return {
        ended: 'failed',
        message: "The builder's command was ended from outside (SIGKILL).",
      };
    });
    const result = await build();
    assert.equal(result.outcome, 'failed');
    assert.match(result.message, /ended from outside \(SIGKILL\)\.$/);
    assert.equal((await editor.stack())?.stages.length, 1);
  });

  it('says what the builder’s command says of itself', async () => {
    await opened(async (write) => {
      write('unknown flag: --foo\n\nUsage:  docker buildx build\n');
      return failed;
    });
    assert.equal((await build()).message, 'The build failed: unknown flag: --foo.');
    assert.deepEqual(await editor.diagnostics(), []);
  });

  it('survives a stream that cannot be read, and remembers nothing of it', async () => {
    await opened(async (write) => {
      write(new Uint8Array([0xff, 0xfe, 0x7b, 0x22, 0x0a, 0x00, 0x7b, 0x7b]));
      write('\n{"vertexes": 7}\n{"vertexes":[null, 1, {"digest":5}]}\n[]\n{}\nnull\n');
      return succeeded;
    });
    const result = await build();
    assert.equal(result.outcome, 'built');
    assert.match(result.message, /nothing that can be read of what came from cache\.$/);
    assert.equal(result.recorded, false);
    assert.deepEqual(records, []);
  });

  it('survives a builder that throws', async () => {
    await opened(() => Promise.reject(new Error('boom')));
    assert.match((await build()).message, /error of this extension/);
    assert.ok(editor.logged.some((line) => line.includes('boom')));
  });

  it('leaves out steps whose files changed while it was built', async () => {
    await opened(async (write) => {
      editor.write('a.txt', 'changed and longer');
      write(all);
      return succeeded;
    });
    const result = await build();
    assert.equal(result.outcome, 'built');
    assert.equal(result.recorded, false);
    assert.match(
      result.message,
      /Files changed while it was built, so .* Build again to have all /,
    );
    assert.deepEqual(records, []);
  });

  it('names no text that cannot be read, and says what to do without it', async () => {
    await opened(async (write) => {
      write(new Uint8Array([0xff, 0xfe, 0x1b, 0x07, 0x0a]));
      return failed;
    });
    const { message } = await build();
    assert.match(message, /said nothing that can be read\. Run docker buildx build in a terminal /);
  });

  it('says which buildx is needed where the one here does not know the stream', async () => {
    await opened(async (write) => {
      write('invalid progress mode rawjson\n');
      return failed;
    });
    assert.match((await build()).message, /rawjson\. This needs buildx 0\.13 or newer; /);
  });

  it('leaves out the files of a context that the builder never asked for', async () => {
    await opened(async (write) => {
      write(value('2', '[2/2] RUN ["make"]', done));
      return failed;
    });
    await build();
    assert.equal(records[0]?.files, null);
  });

  it('remembers what was built when the text is edited meanwhile', async () => {
    await opened(async (write) => {
      await editor.edit('make', 'cmake');
      write(all);
      return succeeded;
    });
    const result = await build();
    assert.equal(result.recorded, true);
    assert.equal(records[0]?.steps.length, 2);
    assert.match(records[0]?.steps[1]?.text ?? '', /"make"/);
  });

  it('remembers nothing where the Dockerfile was another one on the disk', async () => {
    await opened(async (write) => {
      editor.write('Dockerfile', 'FROM scratch\n');
      write(all);
      return succeeded;
    });
    const result = await build();
    assert.equal(result.recorded, false);
    assert.match(result.message, /changed on disk while it was built/);
  });

  it('remembers nothing with flags that no key knows of', async () => {
    await opened(
      async (write) => {
        write(all);
        return succeeded;
      },
      { settings: { build: { arguments: ['--isolation', 'hyperv'] } } },
    );
    const result = await build();
    assert.equal(result.recorded, false);
    assert.match(result.message, /is not remembered, since --isolation changes what RUN makes\.$/);
  });

  it('counts what RUN depends on among the arguments as part of the step', async () => {
    await opened(
      async (write) => {
        write(all);
        return succeeded;
      },
      { settings: { build: { arguments: ['--network', 'host'] } } },
    );
    assert.equal((await build()).recorded, true);
    const words = async () =>
      [...(await editor.drawn()).matchAll(/(cached|changed|rebuild)⟧/g)]
        .map(([, word]) => word)
        .join(' ');
    const becomes = async (expected: string, settings: unknown) => {
      editor.settings = settings;
      await editor.client.sendNotification(DidChangeConfigurationNotification.type, {
        settings: null,
      });
      await until(async () => (await words()) === expected);
      assert.equal(await words(), expected);
    };
    await becomes('cached cached', { build: { arguments: ['--network=host', '-t', 'app'] } });
    await becomes('cached changed', { build: { arguments: [] } });
    await becomes('changed rebuild', { build: { arguments: ['--network=host', '--no-cache'] } });
    await becomes('cached cached', { build: { arguments: ['--network=host'] } });
  });

  it('says when the record cannot be kept', async () => {
    await opened(
      async (write) => {
        write(all);
        return succeeded;
      },
      { store: { add: () => Promise.reject(new Error('The disk is full.')) } },
    );
    const result = await build();
    assert.equal(result.outcome, 'built');
    assert.match(result.message, /came from cache\. The disk is full\.$/);
  });

  it('refuses where the file is gone', async () => {
    await opened(async () => succeeded);
    rmSync(join(editor.folder, 'Dockerfile'));
    assert.match((await build()).message, /on the disk is not the one that is open here/);
  });
});

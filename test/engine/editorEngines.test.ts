/**
 * An editor beside each engine: a build that is made elsewhere shows in the open Dockerfile by itself,
 * an engine that goes away is told, and one that comes back is used, all without a restart.
 */

import assert from 'node:assert/strict';
import { ShutdownRequest } from 'vscode-languageserver-protocol/node';
import { createEngine } from '../../server/src/host/engine.ts';
import { engineLimits } from '../../server/src/host/engineLimits.ts';
import { focused, type StackReport } from '../../server/src/protocol.ts';
import { Editor, until } from '../lsp/editor.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithLab, type LabEngine, labKinds, startedEngine } from './labs/engines.ts';
import { measuredFigure } from './labs/judge.ts';

/** Looks at an engine that does not tell of builds may follow each other at once. */
const limits = { ...engineLimits, space: { least: 200, withoutEvents: 300 } };

const image = 'dockerfile-layers-test/editor:1';

/** Nothing can tell the sizes of its RUN lines but a build. */
const dockerfile = `FROM ${baseImage}
ARG VERSION=2
RUN head -c 70000 /dev/zero > /first; unknown-to-rules || true
COPY a.txt /usr/share/example/a.txt
RUN head -c 90000 /dev/zero > /second; unknown-to-rules || true
LABEL org.example.kind=editor
CMD ["sh"]
`;

for (const kind of labKinds) {
  describeWithLab(`an editor beside ${kind}`, [kind], () => {
    let lab: LabEngine;
    let editor: Editor;

    before(async () => {
      lab = await startedEngine(kind);
      await ensureBaseImage(baseImage, lab.env);
      editor = new Editor({
        ports: { engine: createEngine({ env: lab.env, home: '/nowhere', limits }) },
      });
      await editor.initialize();
      await editor.open(`${dockerfile}-- a.txt --\nabc\n`);
      editor.write('Dockerfile', editor.text);
    });
    after(async () => {
      await editor?.client.sendRequest(ShutdownRequest.type);
      editor?.close();
      await lab?.stop();
    });

    const stack = async (): Promise<StackReport> => {
      const found = await editor.stack();
      assert.ok(found);
      return found;
    };
    /** The engine's figures of the lines that make layers. */
    const figures = async () =>
      (await stack()).stages[0]?.instructions
        .filter(({ effect }) => effect === 'layer')
        .map(({ size }) => measuredFigure(size)?.bytes ?? null);
    /** Polls as long as somebody works with the Dockerfile. */
    const becomes = async <T>(what: () => Promise<T>, wanted: T) => {
      await until(async () => {
        await editor.client.sendNotification(focused, { uri: editor.uri });
        return JSON.stringify(await what()) === JSON.stringify(wanted);
      });
      assert.deepEqual(await what(), wanted);
    };
    const state = async () => (await stack()).engine.state;
    const build = async () => {
      await lab.dockerOk(['build', '--quiet', '--tag', image, editor.folder]);
      const rows = await lab.history(image);
      const own = rows.filter(({ createdBy }) => /head -c|COPY/.test(createdBy));
      assert.equal(own.length, 3);
      return own.map(({ bytes }) => bytes);
    };

    it('a build made elsewhere turns estimates into measured figures', async () => {
      await becomes(state, 'up');
      assert.deepEqual(await figures(), [null, null, null]);
      await becomes(figures, await build());
      await becomes(async () => (await stack()).engine.imageText.includes('editor:1'), true);
    });

    it('a build after an edit replaces them', async () => {
      await editor.edit('90000', '123456');
      editor.write('Dockerfile', editor.text);
      const now = await figures();
      assert.equal(now?.[2], null, 'a line that changed since has no figure');
      await becomes(figures, await build());
    });

    it('an engine that goes away is told, and used again when it is back', async () => {
      const before = await figures();
      await lab.kill();
      await becomes(state, 'down');
      const { engine } = await stack();
      assert.match(engine.text, /\.$/);
      assert.ok(engine.text.includes(lab.endpoint), engine.text);
      assert.equal((await editor.hints()).length > 0, true);
      lab = await startedEngine(kind, lab.folder);
      await becomes(state, 'up');
      await becomes(figures, before);
    });
  });
}

/** Measured figures as a user has them, from images of the real engine. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import type { Api } from '../../../client/src/extension.ts';
import type { Row } from '../../../client/src/row.ts';
import type { WritableResult } from '../../../server/src/protocol.ts';
import { until } from '../results.ts';
import { api, folder, hint, hints, open, set, setText } from './editor.ts';

const image = process.env.TEST_IMAGE ?? '';
const container = image.replace(/\W+/g, '-');

const run = promisify(execFile);

async function docker(...args: readonly string[]): Promise<string> {
  return (await run('docker', args, { cwd: folder() })).stdout.trim();
}

describe('measured figures, from images of a real engine', function () {
  this.timeout(90_000);
  let document: vscode.TextDocument;
  let parts: Api;
  let text: string;

  const report = () => parts.stack.report;
  const rows = () => parts.view.getChildren()[0]?.children() ?? [];
  const rowOf = (start: string): Row | undefined =>
    rows().find(({ label }) => label.startsWith(start));
  const lineReport = (start: string) =>
    report()?.stages[0]?.instructions.find((one) => one.text.startsWith(start));
  const build = () => docker('build', '--quiet', '--tag', image, '.');
  /** Bytes of the entry of an image's history that has this in its text. */
  const historyBytes = async (part: string) => {
    const lines = await docker(
      ...['history', '--no-trunc', '--human=false', '--format', '{{.Size}} {{.CreatedBy}}', image],
    );
    const line = lines.split('\n').find((one) => one.includes(part));
    return Number(line?.split(' ')[0]);
  };
  const cardOf = async (start: string) => {
    const line = document
      .getText()
      .split('\n')
      .findIndex((one) => one.startsWith(start));
    const found = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      new vscode.Position(line, 1),
    );
    return found
      .flatMap(({ contents }) => contents)
      .map((content) => (typeof content === 'string' ? content : content.value))
      .join('\n');
  };

  before(async () => {
    await build();
    document = await open('Dockerfile');
    text = document.getText();
    parts = await api();
  });

  after(async () => {
    await docker('rm', '--force', container).catch(() => undefined);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('a file that was only opened is estimated: no engine is asked', async () => {
    await hint(document, 'COPY src', /^layer 3 · \d+ B$/);
    await until('the rows', () => rows().length > 0);
    assert.equal(report()?.engine.state, 'idle');
    assert.equal(report()?.engine.image, null);
    assert.match((await hints(document)).get(4) ?? '', /^layer 4( · [~≥].*)?$/);
  });

  it('work in the file brings the figures of the image that was built from it', async () => {
    await setText(document, `${text}\n`);
    await hint(document, 'RUN tar', /^layer 4 · 5 MB$/);
    await setText(document, text);
    await hint(document, 'RUN tar', /^layer 4 · 5 MB$/);
    await until('the report', () => lineReport('RUN tar')?.size?.basis === 'measured');
    assert.equal(lineReport('RUN tar')?.size?.bytes, await historyBytes('head -c 5000000'));
    assert.equal(lineReport('RUN tar')?.built?.driver, report()?.engine.driver);
    assert.equal(report()?.engine.image?.references[0], image);
    assert.equal(report()?.engine.image?.sure, true);
    assert.equal(report()?.display.image, image);
  });

  it('the card says who measured, in what, and where the layer is', async () => {
    const id = (await docker('image', 'inspect', '--format', '{{.Id}}', image)).slice(7, 19);
    const layers = await docker(
      ...['image', 'inspect', '--format', '{{join .RootFS.Layers " "}}', image],
    );
    const card = await cardOf('RUN tar');
    assert.match(
      card,
      /\*\*Size\*\*: 5 MB \([\d,]+ bytes\), measured by Docker Engine [\d.]+\S* in \S+, built /,
    );
    const diffId = layers
      .split(' ')
      .at(-1)
      ?.slice(0, 'sha256:'.length + 12);
    assert.ok(card.includes(`diff ID ${diffId}`), card);
    assert.ok(card.includes(`image ${id}`), card);
  });

  it('FROM opens into the layers of the base, as the engine has them', async () => {
    const from = await until('the layers', () => {
      const row = rowOf('FROM');
      return row && row.children().length > 0 && row.children()[0]?.diffId ? row : undefined;
    });
    const base = report()?.stages[0]?.base;
    const layers = await docker(
      ...['image', 'inspect', '--format', '{{join .RootFS.Layers " "}}', base?.reference ?? ''],
    );
    assert.deepEqual(
      base?.layers?.map(({ diffId }) => diffId),
      layers.split(' '),
    );
    assert.equal(base?.source, 'engine');
    assert.equal(base?.size.basis, 'measured');
    assert.match((await hints(document)).get(0) ?? '', /^base · 1 layer · [\d.]+ MB$/);
    const [layer] = from.children();
    await vscode.commands.executeCommand('dockerfileLayers.copyDiffId', layer);
    assert.equal(await vscode.env.clipboard.readText(), layers);
    await vscode.commands.executeCommand('dockerfileLayers.copyImageId', from);
    assert.match(await vscode.env.clipboard.readText(), /^sha256:[0-9a-f]{64}$/);
    assert.match(await cardOf('FROM'), /measured by Docker Engine .*\n\nImage: sha256:/s);
  });

  it('tree, status bar and menu name the image', async () => {
    const [root] = parts.view.getChildren();
    assert.match(root?.description ?? '', /^target · 4 layers · [\d.]+ MB · \S+$/);
    assert.ok(root?.description.endsWith(` · ${image}`));
    assert.match(parts.status.tooltip ?? '', /Measured figures are those of /);
    assert.match(parts.status.tooltip ?? '', /Docker Engine/);
    assert.match(rowOf('RUN tar')?.description ?? '', /^5 MB/);
  });

  it('a line that is edited keeps its estimate, the others their measurements', async () => {
    await setText(document, text.replace('head -c 5000000', 'head -c 6000000'));
    await hint(document, 'RUN tar', /^layer 4( · [~≥].*)?$/);
    await hint(document, 'RUN echo', /^layer 2 · \d+ B/);
    await until('the report', () => lineReport('RUN tar')?.size?.basis !== 'measured');
    assert.equal(lineReport('RUN tar')?.built, undefined);
    const { basis, bytes } = lineReport('RUN echo')?.size ?? {};
    assert.deepEqual([basis, bytes], ['measured', await historyBytes('> run.txt')]);
    await setText(document, text);
    await hint(document, 'RUN tar', /^layer 4 · 5 MB$/);
  });

  it('a build in any terminal is noticed, and says what grew', async () => {
    const grown = text.replace('head -c 5000000', 'head -c 7000000');
    await setText(document, grown);
    await document.save();
    await build();
    await hint(document, 'RUN tar', /^layer 4 · 7 MB/);
    await until('the comparison', () => report()?.compare);
    assert.equal(report()?.compare?.own, 2_000_000);
    assert.match(
      report()?.compare?.text ?? '',
      /2 MB more than in the build before .*: line 5 \+2 MB/,
    );
    assert.match(rowOf('RUN tar')?.description ?? '', / · \+2 MB/);
    assert.match(parts.view.getChildren()[0]?.description ?? '', / · \+2 MB · /);
    assert.match(await cardOf('RUN tar'), /2 MB more than in the build before \(5 MB\)\./);
    text = grown;
  });

  it('what a container wrote is shown on request', async () => {
    const none = await vscode.commands.executeCommand<WritableResult>(
      'dockerfileLayers.showContainerWrites',
    );
    assert.match(none.message, /^No container is made from /);
    await docker(
      ...['run', '--network', 'none', '--name', container, image],
      ...['sh', '-c', 'head -c 1500000 /dev/zero > /written'],
    );
    const some = await vscode.commands.executeCommand<WritableResult>(
      'dockerfileLayers.showContainerWrites',
    );
    assert.equal(some.containers.length, 1, some.message);
    const writable = rowOf('Writable layer');
    assert.equal(writable?.description, 'of 1 container');
    const [row] = writable?.children() ?? [];
    assert.equal(row?.label, container);
    assert.match(row?.description ?? '', /^1\.5 MB · exited$/);
    assert.equal(row?.bytes, 1_500_000);
    await docker('rm', '--force', container);
  });

  it('another image can be chosen, and the choice be taken back', async () => {
    const uri = document.uri.toString();
    await parts.choices.pick(uri, { image: 'no-such-image:1' });
    await until('the reason', () =>
      /has no image no-such-image:1/.test(report()?.engine.imageText ?? ''),
    );
    await docker('tag', image, `${image}-other`);
    await parts.choices.pick(uri, { image: `${image}-other` });
    await until('the choice', () => report()?.engine.image?.foundBy === 'choice');
    await parts.choices.pick(uri, { image: null });
    await until('what is found', () => {
      const found = report()?.engine.image;
      return found && found.foundBy !== 'choice';
    });
  });

  it('without an engine the estimates are back, with the reason, and nothing pops up', async () => {
    await set('engine.enable', 'off');
    await hint(document, 'RUN tar', /^layer 4( · [~≥].*)?$/);
    await until('the state', () => report()?.engine.state === 'off');
    const off = await vscode.commands.executeCommand<WritableResult>(
      'dockerfileLayers.showContainerWrites',
    );
    assert.match(off.message, /engine\.enable is off/);
    await set('engine.enable', undefined);
    await hint(document, 'RUN tar', /^layer 4 · 7 MB/);
    await set('engine.endpoint', 'unix:///nowhere/engine.sock');
    await until('the state', () => report()?.engine.state === 'down');
    assert.match(report()?.engine.text ?? '', /nowhere\/engine\.sock/);
    await hint(document, 'RUN tar', /^layer 4( · [~≥].*)?$/);
    await set('engine.endpoint', undefined);
    await hint(document, 'RUN tar', /^layer 4 · 7 MB/);
  });
});

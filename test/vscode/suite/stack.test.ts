import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Api } from '../../../client/src/extension.ts';
import type { Row } from '../../../client/src/row.ts';
import { until } from '../results.ts';
import { dockerfile } from '../workspace.ts';
import { api, hint, open, setText } from './editor.ts';

describe('the view "Layers"', () => {
  let document: vscode.TextDocument;
  let parts: Api;

  /** Waits for roots that fit. */
  const roots = (what: string, fits: (rows: readonly Row[]) => boolean): Promise<readonly Row[]> =>
    until(what, () => {
      const rows = parts.view.getChildren();
      return rows.length > 0 && fits(rows) && rows;
    });
  const labels = (row: Row | undefined) => parts.view.getChildren(row).map((child) => child.label);

  before(async () => {
    document = await open('Dockerfile');
    parts = await api();
  });

  beforeEach('the view shows the text as it is', async () => {
    await setText(document, dockerfile);
    await roots('the stages at their lines', (rows) => rows[1]?.lines?.first === 0);
  });

  after(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  it('shows the target with its layers from last to first, then the other stages', async () => {
    const [target, other] = await roots('two stages', (rows) => rows.length === 2);
    assert.equal(target?.label, 'app');
    assert.match(target?.description ?? '', /^target · 5 layers/);
    assert.equal(other?.label, 'unused');
    assert.equal(other?.description, 'not built');
    assert.deepEqual(labels(target), [
      'Writable layer',
      'CMD ["sh"]',
      'ENV MODE=production',
      'COPY big.bin /big.bin',
      'COPY src ./src',
      'WORKDIR /app',
      'RUN apt-get install -y curl',
      'RUN apt-get update',
      'FROM debian:bookworm-slim AS app',
    ]);
    // Files are counted beside the text.
    const big = await until('the size of what is copied', () => {
      const [shown] = parts.view.getChildren();
      const row = parts.view.getChildren(shown)[3];
      return row?.description === '2.5 MB' && row;
    });
    assert.match(big?.accessible ?? '', /layer 5/i);
    assert.match(big?.history ?? '', /^COPY big\.bin \/big\.bin # buildkit$/);
  });

  it('puts the heavy layers first, and leaves metadata out, when asked to', async () => {
    await roots('two stages', (rows) => rows.length === 2);
    await vscode.commands.executeCommand('dockerfileLayers.sortBySize');
    await vscode.commands.executeCommand('dockerfileLayers.hideMetadata');
    const [target] = parts.view.getChildren();
    assert.deepEqual(labels(target).slice(0, 5), [
      'Writable layer',
      'RUN apt-get update',
      'RUN apt-get install -y curl',
      'COPY big.bin /big.bin',
      'COPY src ./src',
    ]);
    assert.equal(parts.view.getChildren(target)[1]?.description, '~20 MB');
    assert.ok(!labels(target).some((label) => label.startsWith('ENV')));
    await vscode.commands.executeCommand('dockerfileLayers.sortByOrder');
    await vscode.commands.executeCommand('dockerfileLayers.showMetadata');
    assert.equal(labels(parts.view.getChildren()[0])[1], 'CMD ["sh"]');
  });

  it('keeps the ids of rows when a line is added elsewhere', async () => {
    const before = await roots('two stages', (rows) => rows.length === 2);
    await setText(document, `# a comment\n${dockerfile}`);
    const after = await roots('moved rows', (rows) => rows[1]?.lines?.first === 1);
    assert.deepEqual(
      after.map((row) => row.id),
      before.map((row) => row.id),
    );
    assert.deepEqual(
      after[0]?.children().map((row) => row.id),
      before[0]?.children().map((row) => row.id),
    );
  });

  it('goes to the line of a row, and from a hint to the row', async () => {
    const [target] = await roots('two stages', (rows) => rows.length === 2);
    const row = target?.children().find((child) => child.label.startsWith('WORKDIR'));
    await vscode.commands.executeCommand('dockerfileLayers.revealLine', row);
    assert.equal(vscode.window.activeTextEditor?.selection.active.line, 6);
    await vscode.commands.executeCommand(
      'dockerfileLayers.revealLayer',
      document.uri.toString(),
      8,
    );
    await until('the row of the hint', () => parts.view.selected?.label.startsWith('COPY big.bin'));
  });

  it('copies the history line and the size of a row', async () => {
    const [target] = await roots('two stages', (rows) => rows.length === 2);
    const row = target?.children().find((child) => child.label.startsWith('COPY big.bin'));
    await vscode.commands.executeCommand('dockerfileLayers.copyHistory', row);
    assert.equal(await vscode.env.clipboard.readText(), 'COPY big.bin /big.bin # buildkit');
    await vscode.commands.executeCommand('dockerfileLayers.copySize', row);
    assert.equal(await vscode.env.clipboard.readText(), '2500000');
  });

  it('builds what was picked, and remembers it over a restart of the server', async () => {
    const uri = document.uri.toString();
    await parts.choices.pick(uri, { target: 'unused' });
    await roots('another target', (rows) => rows[0]?.label === 'unused');
    await hint(document, 'COPY src', /^not built$/);
    await vscode.commands.executeCommand('dockerfileLayers.restartServer');
    await hint(document, 'RUN echo never', /^layer 1\b/);
    await parts.choices.pick(uri, { target: null });
    await roots('the last stage again', (rows) => rows[0]?.label === 'app');
    assert.deepEqual(parts.choices.of(uri), {});
  });

  it('follows the Dockerfile in front; the status bar speaks of it only while it is in front', async () => {
    assert.match(parts.status.text ?? '', /5 layers/);
    await open('other/Dockerfile');
    await roots('the other file', (rows) => rows.length === 1);
    await until('its status', () => /1 layer · .*300 B/.test(parts.status.text ?? ''));
    await open('src/b.js');
    await until('no status', () => parts.status.text === undefined);
    assert.equal(parts.view.getChildren().length, 1);
    await open('Dockerfile');
    await roots('the first file', (rows) => rows.length === 2);
  });

  it('says that no Dockerfile is open when the last one is closed', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until('an empty view', () => parts.stack.state === 'none');
    assert.deepEqual(parts.view.getChildren(), []);
    document = await open('Dockerfile');
    await roots('two stages', (rows) => rows.length === 2);
  });
});

import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { until } from '../results.ts';
import { dockerfile } from '../workspace.ts';
import { hint, open, set, setText } from './editor.ts';

describe('beside Docker DX', () => {
  let document: vscode.TextDocument;

  before(async () => {
    assert.ok(vscode.extensions.getExtension('docker.docker'));
    document = await open('Dockerfile');
    await setText(document, dockerfile.replace('ENV MODE=production', 'ENV MODE'));
    await hint(document, 'COPY src', /^layer 4\b/);
  });

  it("BuildKit's errors are left to it, unless they are asked for", async () => {
    const errors = () =>
      vscode.languages
        .getDiagnostics(document.uri)
        .filter((problem) => problem.severity === vscode.DiagnosticSeverity.Error).length;
    await set('diagnostics.buildkitErrors', 'on');
    await until('the error', () => errors() === 1);
    await set('diagnostics.buildkitErrors', undefined);
    await until('no error', () => errors() === 0);
  });

  it('the outline is left to it, unless it is asked for', async () => {
    let edits = 0;
    const stages = async () => {
      // The editor keeps the outline of a text until the text changes.
      edits += 1;
      await setText(document, `# ${edits}\n${dockerfile}`);
      const symbols = await vscode.commands.executeCommand<readonly unknown[] | undefined>(
        'vscode.executeDocumentSymbolProvider',
        document.uri,
      );
      return symbols?.length ?? 0;
    };
    await set('outline', 'on');
    await until('two stages', async () => (await stages()) === 2);
    await set('outline', undefined);
    await until('no outline', async () => (await stages()) === 0);
  });
});

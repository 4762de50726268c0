import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { AskRegistryResult } from '../../../server/src/protocol.ts';
import { fakeRegistry, putImage } from '../../support/fakeRegistry.ts';
import { apkIndexFile, mirrorOf } from '../../support/mirrors.ts';
import { extensionId } from '../extensionId.ts';
import { until } from '../results.ts';
import { dockerfile } from '../workspace.ts';
import { actions, api, folder, hint, hints, open, set, setText } from './editor.ts';

describe('in the editor', () => {
  let document: vscode.TextDocument;

  before('nothing is active before a Dockerfile is open', async () => {
    const extension = vscode.extensions.getExtension(extensionId);
    assert.ok(extension);
    assert.equal(extension.isActive, false);
    document = await open('Dockerfile');
    await until('activation', () => extension.isActive);
  });

  afterEach(async () => setText(document, dockerfile));
  after(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  it('every instruction has a hint, sizes of COPY are counted', async () => {
    await hint(document, 'COPY src', /^layer 4 · 2\.2 kB$/);
    await hint(document, 'COPY big.bin', /^layer 5 · 2\.5 MB$/);
    await hint(document, 'RUN apt-get update', /^layer 1\b/);
    await hint(document, 'WORKDIR', /^layer 3\b/);
    await hint(document, 'ENV', /^metadata$/);
    await hint(document, 'CMD', /^metadata$/);
    await hint(document, 'FROM debian', /^base\b/);
    await hint(document, 'RUN echo never', /^not built$/);
    assert.equal((await hints(document)).size, 10);
  });

  it('hints follow an edit', async () => {
    await setText(document, dockerfile.replace('WORKDIR', 'RUN true\nWORKDIR'));
    await hint(document, 'COPY src', /^layer 5 · 2\.2 kB$/);
  });

  it('a file that COPY takes was saved in the editor: the size is the new one', async () => {
    const source = await open('src/a.js');
    await setText(source, 'x'.repeat(5_000));
    await source.save();
    await open('Dockerfile');
    await hint(document, 'COPY src', /^layer 4 · 6 kB$/);
  });

  it('a file that COPY takes changed outside the editor: the size is the new one', async () => {
    writeFileSync(join(folder(), 'src/c.js'), 'x'.repeat(10_000));
    await vscode.commands.executeCommand('dockerfileLayers.refresh');
    await hint(document, 'COPY src', /^layer 4 · 16 kB$/);
  });

  it('resting on an instruction explains it', async () => {
    const line = document.getText().split('\n').indexOf('COPY src ./src');
    const found = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      new vscode.Position(line, 1),
    );
    const text = found
      .flatMap((hover) => hover.contents)
      .map((content) => (typeof content === 'string' ? content : content.value))
      .join('\n');
    assert.match(text, /layer 4/i);
    assert.match(text, /COPY src \.\/src # buildkit/);
  });

  it('what BuildKit refuses is a problem in its own words, and the other lines keep their hints', async () => {
    await setText(document, dockerfile.replace('ENV MODE=production', 'ENV MODE'));
    const problems = await until('a problem', () => {
      const found = vscode.languages.getDiagnostics(document.uri);
      return found.some((problem) => /ENV must have two arguments/.test(problem.message)) && found;
    });
    assert.ok(problems.some((problem) => problem.severity === vscode.DiagnosticSeverity.Error));
    await hint(document, 'COPY src', /^layer 4\b/);
    await setText(document, dockerfile);
    await until('no problem', () =>
      vscode.languages
        .getDiagnostics(document.uri)
        .every((problem) => problem.severity !== vscode.DiagnosticSeverity.Error),
    );
  });

  it('two RUN lines become one, and the hints count again', async () => {
    const line = document.getText().split('\n').indexOf('RUN apt-get update');
    const merge = await until('the merge action', async () =>
      (await actions(document, new vscode.Range(line, 0, line + 1, 3))).find((action) =>
        /Merge/.test(action.title),
      ),
    );
    assert.match(merge.title, /1 layer fewer/);
    assert.ok(merge.edit);
    assert.ok(await vscode.workspace.applyEdit(merge.edit));
    assert.match(document.getText(), /RUN apt-get update && \\\n\s+apt-get install -y curl\n/);
    await hint(document, 'COPY src', /^layer 3\b/);
  });

  it('a setting takes effect at once', async () => {
    await set('inlayHints.size.enable', 'off');
    await hint(document, 'COPY src', /^layer 4$/);
    await set('inlayHints.effect.enable', 'layers');
    await hint(document, 'ENV', /^$/);
    await set('inlayHints.size.enable', undefined);
    await set('inlayHints.effect.enable', undefined);
    await hint(document, 'COPY src', /^layer 4 · /);
    await hint(document, 'ENV', /^metadata$/);
  });

  it('hints can be turned off and on again', async () => {
    await vscode.commands.executeCommand('dockerfileLayers.toggleInlayHints');
    await until('no hints', async () => (await hints(document)).size === 0);
    await vscode.commands.executeCommand('dockerfileLayers.toggleInlayHints');
    await hint(document, 'CMD', /^metadata$/);
  });

  it('a Dockerfile that was never saved has hints too', async () => {
    const untitled = await vscode.workspace.openTextDocument({
      language: 'dockerfile',
      content: 'FROM scratch\nCMD ["x"]\n',
    });
    await vscode.window.showTextDocument(untitled);
    await hint(untitled, 'CMD', /^metadata$/);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await open('Dockerfile');
  });

  it('a server that was started again knows the open files', async () => {
    await vscode.commands.executeCommand('dockerfileLayers.restartServer');
    await hint(document, 'COPY big.bin', /^layer 5 · 2\.5 MB$/);
    assert.ok((await api()).client.isRunning());
  });

  it('Read Base Images from Their Registries opens FROM into the layers of its image', async () => {
    const registry = await fakeRegistry();
    putImage(registry, 'team/base', '1', { layers: [28_000_000, 1_200] });
    try {
      await setText(document, `FROM --platform=linux/amd64 ${registry.host}/team/base:1\nRUN x\n`);
      await hint(document, 'RUN x', /^layer 1$/);
      assert.deepEqual(registry.asked, []);
      const result = await vscode.commands.executeCommand<AskRegistryResult>(
        'dockerfileLayers.readBaseImages',
      );
      assert.deepEqual(result.known, [`${registry.host}/team/base:1`], result.message);
      await hint(document, 'FROM', /^base · 2 layers/);
      const { view } = await api();
      const rows = await until('the layers of the base', () => {
        const [root] = view.getChildren();
        const layers = root?.children().at(-1)?.children() ?? [];
        return layers.length === 2 && layers;
      });
      assert.deepEqual(
        rows.map(({ label, description }) => [label, description]),
        [
          ['RUN step 1', '~3 kB (1.2 kB compressed)'],
          ['RUN step 0', '~69 MB (28 MB compressed)'],
        ],
      );
    } finally {
      await registry.close();
    }
  });

  it('Update Package Data brings figures from a mirror of the settings', async () => {
    const index = 'P:curl\nV:1\nI:30000000\n\nP:musl\nV:1\nI:1\n\nP:busybox\nV:1\nI:1\n\n';
    const mirror = await mirrorOf(
      new Map([['/v3.20/main/x86_64/APKINDEX.tar.gz', apkIndexFile(index)]]),
    );
    await set('packages.mirrors', { alpine: mirror.address });
    try {
      const text = 'FROM --platform=linux/amd64 alpine:3.20\nRUN apk add --no-cache curl\n';
      await setText(document, text);
      await hint(document, 'RUN apk', /^layer 1$/);
      assert.deepEqual(mirror.asked, []);
      await vscode.commands.executeCommand('dockerfileLayers.updatePackageData');
      await hint(document, 'RUN apk', /^layer 1 · ~30 MB$/);
    } finally {
      await set('packages.mirrors', undefined);
      await mirror.close();
    }
  });
});

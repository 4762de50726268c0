import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import * as vscode from 'vscode';
import {
  type AskRegistryResult,
  askRegistryRequest,
  type BuildResult,
  buildRequest,
  type ProbeResult,
  probeRequest,
  type TerminalBuildResult,
  terminalBuildRequest,
  type UpdatePackagesResult,
  updatePackagesRequest,
  type WritableResult,
  writableRequest,
} from '../../../server/src/protocol.ts';
import { mirrorOf } from '../../support/mirrors.ts';
import { extensionId } from '../extensionId.ts';
import { until } from '../results.ts';
import { api, folder, hint, open, set, setText } from './editor.ts';

describe('in Restricted Mode', () => {
  let asked = 0;
  const engine = createServer((socket) => {
    asked += 1;
    socket.destroy();
  });
  const endpoint = join(tmpdir(), `engine-${process.pid}.sock`);

  before('programs and an engine that tell who asks them are the first to be found', async () => {
    // The editor takes PATH from a shell, but the language server takes it from here.
    process.env.PATH = `${process.env.TEST_PROGRAMS}${delimiter}${process.env.PATH}`;
    process.env.DOCKER_HOST = `unix://${endpoint}`;
    await new Promise<void>((listens) => engine.listen(endpoint, listens));
  });

  after(() => engine.close());

  it('Dockerfiles have their hints and the view its rows', async () => {
    assert.equal(vscode.workspace.isTrusted, false);
    const document = await open('Dockerfile');
    await hint(document, 'COPY src', /^layer 4 · 2\.2 kB$/);
    const { view } = await api();
    await until('rows', () => view.getChildren().length === 2);
  });

  it('workspace settings do not move the build context out of the workspace', async () => {
    const { stack } = await api();
    const report = await until('a report', () => stack.report);
    assert.equal(report.contextChoice.path, folder());
  });

  it('a context outside the workspace that is picked by hand is not read either', async () => {
    const document = await open('Dockerfile');
    const { choices, stack } = await api();
    await choices.pick(document.uri.toString(), { context: `${folder()}/../outside` });
    await hint(document, 'COPY src', /^layer 4$/);
    await until('the reason', () =>
      /Restricted Mode/.test(stack.report?.contextChoice.reason ?? ''),
    );
    await choices.pick(document.uri.toString(), { context: null });
  });

  it('package data is not fetched, whoever asks', async () => {
    const mirror = await mirrorOf();
    await set('packages.mirrors', { debian: mirror.address });
    await vscode.commands.executeCommand('dockerfileLayers.updatePackageData');
    const { client } = await api();
    // By name: the extension's bundle has its own copy of the request.
    const result = await client.sendRequest<UpdatePackagesResult>(updatePackagesRequest.method, {
      indexes: ['debian/sid/amd64'],
    });
    assert.match(result.message, /not fetched in Restricted Mode/);
    assert.deepEqual(mirror.asked, []);
    await set('packages.mirrors', undefined);
    await mirror.close();
  });

  it('nothing is built, asked or taken over, whoever asks, and no program is started', async () => {
    const document = await open('Dockerfile');
    const { client, stack } = await api();
    const commands = listedCommands();
    for (const command of ['buildAndRecord', 'askBuilder', 'takeOverLastBuild']) {
      const id = `dockerfileLayers.${command}`;
      const listed = commands.find((one) => one.command === id);
      assert.match(listed?.enablement ?? '', /&& isWorkspaceTrusted$/);
      assert.equal(await vscode.commands.executeCommand(id), undefined);
    }
    const textDocument = { uri: document.uri.toString() };
    const built = await client.sendRequest<BuildResult>(buildRequest.method, { textDocument });
    assert.equal(built.outcome, 'refused');
    assert.match(built.message, /^Nothing is built in Restricted Mode\. Trust the workspace/);
    const asked = await client.sendRequest<ProbeResult>(probeRequest.method, { textDocument });
    assert.equal(asked.outcome, 'refused');
    assert.match(asked.message, /Restricted Mode/);
    const seen = await client.sendRequest<TerminalBuildResult>(terminalBuildRequest.method, {
      command: 'docker build .',
      folder: folder(),
      exitCode: 0,
      startedAt: Date.now(),
      asked: true,
    });
    assert.equal(seen.recorded, false);
    assert.match(seen.message, /Restricted Mode/);
    // Saving asks the builder where the settings say so, and hovers may ask git; not here.
    await set('probe.onSave', true);
    await setText(document, `${document.getText()}# saved\n`);
    await document.save();
    const card = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      new vscode.Position(7, 1),
    );
    assert.ok(card.length > 0);
    await set('probe.onSave', undefined);
    await until('a report', () => stack.report);
    const log = process.env.TEST_STARTED ?? '';
    assert.ok(log !== '' && !existsSync(log), existsSync(log) ? readFileSync(log, 'utf8') : log);
    // What was started would be seen: these programs are found first.
    for (const program of ['docker', 'git']) execFileSync(program, ['seen']);
    assert.equal(readFileSync(log, 'utf8'), 'docker seen\ngit seen\n');
  });

  it('no engine and no registry is asked, whoever asks, and the state says why', async () => {
    const document = await open('Dockerfile');
    const { client, stack } = await api();
    await set('engine.enable', 'auto');
    await set('engine.endpoint', `unix://${endpoint}`);
    await set('registry.enable', true);
    // Work in the file, by which an engine is asked elsewhere.
    await setText(document, `${document.getText()}# worked\n`);
    await vscode.commands.executeCommand(
      'vscode.executeHoverProvider',
      document.uri,
      new vscode.Position(7, 1),
    );
    for (const command of ['refresh', 'showContainerWrites', 'readBaseImages', 'chooseImage']) {
      assert.equal(
        await vscode.commands.executeCommand(`dockerfileLayers.${command}`),
        undefined,
        command,
      );
    }
    const textDocument = { uri: document.uri.toString() };
    const written = await client.sendRequest<WritableResult>(writableRequest.method, {
      textDocument,
    });
    assert.match(written.message, /Restricted Mode/);
    const read = await client.sendRequest<AskRegistryResult>(askRegistryRequest.method, {
      textDocument,
    });
    assert.match(read.message, /Restricted Mode/);
    assert.deepEqual(read.known, []);
    await until('the state', () => stack.report?.engine.state === 'off');
    assert.match(stack.report?.engine.text ?? '', /Restricted Mode/);
    await set('engine.enable', undefined);
    await set('engine.endpoint', undefined);
    await set('registry.enable', undefined);
    assert.equal(asked, 0);
    // Who asks would be seen.
    connect(endpoint).on('error', () => undefined);
    await until('a question', () => asked === 1);
  });
});

function listedCommands() {
  const extension = vscode.extensions.getExtension(extensionId);
  assert.ok(extension);
  type Command = { readonly command: string; readonly enablement?: string };
  const { contributes } = extension.packageJSON as {
    readonly contributes: { readonly commands: readonly Command[] };
  };
  return contributes.commands;
}

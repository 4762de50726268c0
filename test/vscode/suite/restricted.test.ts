import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { type UpdatePackagesResult, updatePackagesRequest } from '../../../server/src/protocol.ts';
import { mirrorOf } from '../../support/mirrors.ts';
import { until } from '../results.ts';
import { api, folder, hint, open, set } from './editor.ts';

describe('in Restricted Mode', () => {
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
});

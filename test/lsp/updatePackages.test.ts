import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkDoneProgress } from 'vscode-languageserver-protocol/node';
import { baseImages } from '../../server/src/host/baseImages.ts';
import { dataFolders, openData } from '../../server/src/host/dataFiles.ts';
import { openPackageData } from '../../server/src/host/packageData.ts';
import { updatePackagesRequest } from '../../server/src/protocol.ts';
import { apkIndexFile, type Mirror, mirrorOf, type Served } from '../support/mirrors.ts';
import { Editor, until } from './editor.ts';

const index =
  'P:curl\nV:8-r0\nI:30000000\nS:1\n\nP:musl\nV:1\nI:1\nS:1\n\nP:busybox\nV:1\nI:1\nS:1\n\n';
const path = '/v3.20/main/x86_64/APKINDEX.tar.gz';
const drawing = 'FROM --platform=linux/amd64 alpine:3.20\nRUN apk add --no-cache curl\n';

describe('the request to update package data', () => {
  let editor: Editor;
  let mirror: Mirror;
  let storage: string;
  beforeEach(() => {
    storage = mkdtempSync(join(tmpdir(), 'packages-'));
  });
  afterEach(async () => {
    await editor.close();
    await mirror?.close();
    rmSync(storage, { recursive: true, force: true });
  });

  async function opened(files: Served, options: { readonly trusted?: boolean } = {}) {
    mirror = await mirrorOf(files);
    const data = openData(dataFolders);
    const packageData = openPackageData(data, () => 'Update Package Data fetches it.');
    editor = new Editor({
      initializationOptions: { storage, ...options },
      settings: { packages: { mirrors: { alpine: mirror.address } } },
      ports: {
        base: baseImages(data),
        packages: packageData.packages,
        packageUpdates: packageData,
      },
    });
    await editor.initialize();
    await editor.open(drawing);
  }

  it('brings figures for lines that had none, and the editor is told to ask again', async () => {
    await opened(new Map([[path, apkIndexFile(index)]]));
    const hover = async () => (await editor.hover({ line: 1, character: 2 })) ?? '';
    const lacking = 'There is no package data of alpine v3.20 for amd64.';
    await until(async () => (await hover()).includes(lacking));
    assert.deepEqual(mirror.asked, []);

    const steps: string[] = [];
    editor.client.onProgress(WorkDoneProgress.type, 'one', (value) => {
      steps.push(value.kind);
    });
    const result = await editor.client.sendRequest(updatePackagesRequest, { workDoneToken: 'one' });
    assert.deepEqual(result.updated, ['alpine/v3.20/amd64'], result.message);
    assert.match(result.message, /^Package data was updated: alpine\/v3\.20\/amd64 \(.*\)\.$/);
    assert.equal(steps[0], 'begin');
    assert.equal(steps.at(-1), 'end');
    await until(async () => /⟦layer 1 · ~30 MB⟧/.test(await editor.drawn()));
    assert.deepEqual(readdirSync(storage), ['alpine+v3.20+amd64.packages.br']);
  });

  it('is refused in Restricted Mode, and nobody is contacted', async () => {
    await opened(new Map([[path, apkIndexFile(index)]]), { trusted: false });
    const result = await editor.client.sendRequest(updatePackagesRequest, {});
    assert.deepEqual(result.updated, []);
    assert.equal(
      result.message,
      'Package data is not fetched in Restricted Mode. Trust the workspace to use this command.',
    );
    assert.deepEqual(mirror.asked, []);
  });

  it('says what failed', async () => {
    await opened(new Map());
    const result = await editor.client.sendRequest(updatePackagesRequest, {});
    assert.deepEqual(result.failed, ['alpine/v3.20/amd64']);
    assert.match(result.message, /could not be updated\. .* answered with status 404\.$/);
  });

  it('fetches what is named, also without a document', async () => {
    await opened(new Map());
    const result = await editor.client.sendRequest(updatePackagesRequest, {
      documents: [],
      indexes: ['no name'],
    });
    assert.match(result.message, /^no name is no name of a release\. Write distribution, release/);
  });

  it('says so where nothing is needed', async () => {
    await opened(new Map());
    await editor.edit('apk add', 'echo');
    const result = await editor.client.sendRequest(updatePackagesRequest, {});
    assert.match(result.message, /so there is nothing to fetch\.$/);
  });
});

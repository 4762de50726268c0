/** The request that reads base images from registries, through the real server. */

import assert from 'node:assert/strict';
import { createImageRegistry } from '../../server/src/host/imageRegistry.ts';
import { askRegistryRequest } from '../../server/src/protocol.ts';
import type { ImageRegistry } from '../../server/src/registry/registry.ts';
import { type FakeRegistry, fakeRegistry, putImage } from '../support/fakeRegistry.ts';
import { Editor, until } from './editor.ts';

describe('the request for base images', () => {
  let editor: Editor;
  let registry: FakeRegistry;
  let imageRegistry: ImageRegistry;

  beforeEach(async () => {
    registry = await fakeRegistry();
  });
  afterEach(async () => {
    await editor.close();
    await registry.close();
  });

  async function opened(
    bases: readonly string[],
    initializationOptions: object = {},
    settings = {},
  ) {
    imageRegistry = createImageRegistry({
      env: {},
      home: null,
      folder: () => null,
      limits: { silenceMs: 400 },
      pause: async () => {},
    });
    editor = new Editor({ initializationOptions, settings, ports: { imageRegistry } });
    await editor.initialize();
    const stages = bases.map((base, n) => `FROM ${registry.host}/${base} AS s${n}\nRUN true\n`);
    const copies = bases.map((_, n) => `COPY --from=s${n} /a /b\n`);
    await editor.open(`${stages.join('')}FROM scratch\n${copies.join('')}`);
    await editor.drawn();
    return editor.uri;
  }
  async function becomes<T>(what: () => Promise<T>, expected: T): Promise<void> {
    await until(async () => (await what()) === expected);
    assert.equal(await what(), expected);
  }
  const ask = (uri: string) =>
    editor.client.sendRequest(askRegistryRequest, { textDocument: { uri } });
  const layersOf = async (stage: number) =>
    (await editor.stack())?.stages[stage]?.base.layers?.map(({ compressed }) => compressed) ?? null;

  it('opens FROM into the layers of its image, and nobody is asked before', async () => {
    putImage(registry, 'one', '1', { layers: [1111, 22] });
    const uri = await opened(['one:1']);
    assert.deepEqual(registry.asked, []);
    assert.equal(await layersOf(0), null);
    const result = await ask(uri);
    assert.deepEqual(result, {
      message: `The layers of ${registry.host}/one:1 are known now.`,
      known: [`${registry.host}/one:1`],
      failed: [],
      cancelled: false,
    });
    await becomes(async () => (await layersOf(0))?.join(), '1111,22');
  });

  it('says of each image why it could not be read', async () => {
    putImage(registry, 'one', '1');
    const result = await ask(await opened(['one:1', 'two:1']));
    assert.deepEqual(result.known, [`${registry.host}/one:1`]);
    assert.equal(
      result.message,
      `The layers of 1 of 2 base images are known now.\n${registry.host}/two:1: ${registry.host} has no such image in two.`,
    );
    assert.equal((await ask(await reopened('two:1'))).message.split('\n').length, 1);
  });

  async function reopened(base: string): Promise<string> {
    await editor.close();
    return opened([base]);
  }

  it('is refused in Restricted Mode, and nobody is asked', async () => {
    putImage(registry, 'one', '1');
    const result = await ask(await opened(['one:1'], { trusted: false }));
    assert.match(result.message, /^Registries are not asked in Restricted Mode\./);
    assert.deepEqual([result.known, registry.asked], [[], []]);
  });

  it('ends when it is cancelled', async () => {
    const uri = await opened(['one:1']);
    const { CancellationTokenSource } = await import('vscode-languageserver-protocol/node');
    const source = new CancellationTokenSource();
    registry.before = () => {
      source.cancel();
      return true;
    };
    const result = await editor.client.sendRequest(
      askRegistryRequest,
      { textDocument: { uri } },
      source.token,
    );
    assert.deepEqual([result.cancelled, result.known, result.failed], [true, [], []]);
  });

  it('holds up no other request while a registry says nothing', async () => {
    const uri = await opened(['one:1']);
    registry.before = () => true;
    const asking = ask(uri);
    const start = performance.now();
    await editor.drawn();
    await editor.stack();
    assert.ok(performance.now() - start < 1000);
    const result = await asking;
    assert.match(result.message, /did not answer in time\.$/);
  });

  it('says where the image is for another platform', async () => {
    putImage(registry, 'one', '1', { architecture: 's390x' });
    const result = await ask(await opened(['one:1']));
    assert.match(result.message, /: The image is for linux\/s390x, not for linux\/\w+\.$/);
  });

  it('is not needed where the settings let registries be asked', async () => {
    putImage(registry, 'one', '1', { layers: [5] });
    await opened(['one:1'], {}, { registry: { enable: true } });
    await becomes(async () => (await layersOf(0))?.join(), '5');
  });

  it('is not needed for a name that was passed through while typing, and is meant later', async () => {
    putImage(registry, 'one', '1', { layers: [5] });
    putImage(registry, 'one', '12', { layers: [6] });
    await opened(['one:1'], {}, { registry: { enable: true } });
    // Before a registry hears of it, the name goes on.
    await editor.edit('one:1', 'one:12');
    await becomes(async () => (await layersOf(0))?.join(), '6');
    assert.ok(!registry.asked.includes('GET /v2/one/manifests/1'));
    await editor.edit('one:12', 'one:1');
    await becomes(async () => (await layersOf(0))?.join(), '5');
  });

  it('is not needed either where they do and no registry answers: what was said before is shown, and why it may be old', async () => {
    putImage(registry, 'one', '1', { layers: [5] });
    const settings = { registry: { enable: true } };
    await opened(['one:1'], {}, settings);
    await becomes(async () => (await layersOf(0))?.join(), '5');
    await editor.close();
    registry.before = (_, response) => {
      response.writeHead(500).end();
      return true;
    };
    editor = new Editor({ settings, ports: { imageRegistry } });
    await editor.initialize();
    await editor.open(`FROM ${registry.host}/one:1\nRUN true\n`);
    const base = async () => (await editor.stack())?.stages[0]?.base;
    const sentence = `${registry.host} answered with status 500.`;
    await becomes(async () => (await base())?.size.reason.slice(-sentence.length), sentence);
    assert.equal((await base())?.layers?.[0]?.compressed, 5);
  });
});

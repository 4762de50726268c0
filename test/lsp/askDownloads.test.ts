/** The request for download sizes, through the real server: asked only on request, never in Restricted Mode. */

import assert from 'node:assert/strict';
import { askDownloadsRequest } from '../../server/src/protocol.ts';
import { Editor, until } from './editor.ts';

const drawing = `FROM scratch
ADD https://example.com/a /a
RUN curl -fsSL -o /b https://example.com/b
RUN curl -fsSL https://example.com/c | tar xz
`;

describe('the request for download sizes', () => {
  let editor: Editor;
  let asked: string[];

  async function opened(initializationOptions: object = {}) {
    asked = [];
    const askLength = async (address: string) => {
      asked.push(address);
      if (address.endsWith('/a')) return 3_000_000;
      throw new Error('https://example.com/b answered with status 404.');
    };
    editor = new Editor({ initializationOptions, ports: { askLength } });
    await editor.initialize();
    await editor.open(drawing);
    return editor.uri;
  }

  afterEach(() => editor.close());

  const ask = (uri: string) =>
    editor.client.sendRequest(askDownloadsRequest, { textDocument: { uri } });

  it('gives lines their lengths, and says what could not be found out', async () => {
    const uri = await opened();
    await editor.drawn();
    assert.deepEqual(asked, []);
    const result = await ask(uri);
    assert.deepEqual(asked, ['https://example.com/a', 'https://example.com/b']);
    assert.equal(result.known, 1);
    assert.match(result.message, /^The sizes of 1 of 2 downloads are known now\.\n.*status 404/);
    await until(async () => /ADD .* ⟦layer 1 · 3 MB⟧/.test(await editor.drawn()));
  });

  it('is refused in Restricted Mode, and nobody is asked', async () => {
    const result = await ask(await opened({ trusted: false }));
    assert.equal(result.known, 0);
    assert.match(result.message, /not asked in Restricted Mode/);
    assert.deepEqual(asked, []);
  });
});

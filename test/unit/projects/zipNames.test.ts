import assert from 'node:assert/strict';
import { nodeDecompressors } from '../../../server/src/host/decompress.ts';
import { zipEntries, zipText } from '../../../server/src/projects/zipNames.ts';
import { zip } from '../../support/zips.ts';

async function* pieces(content: Uint8Array, step = content.length) {
  for (let at = 0; at < content.length; at += step) yield content.subarray(at, at + step);
}

const files = { 'a/': '', 'a/code.py': 'x'.repeat(5000), 'a/note.txt': 'A note.' };

describe('The files of a ZIP archive', () => {
  for (const isDeflated of [true, false]) {
    it(`have their unpacked sizes and contents, ${isDeflated ? 'deflated' : 'stored'}`, async () => {
      const content = zip(files, { isDeflated, comment: 'made for a test' });
      const entries = (await zipEntries(pieces(content, 7))) ?? [];
      assert.deepEqual(
        entries.map(({ name, bytes }) => [name, bytes]),
        [
          ['a/code.py', 5000],
          ['a/note.txt', 7],
        ],
      );
      const [code, note] = entries;
      assert.ok(code && note);
      assert.equal(await zipText(note, nodeDecompressors, 100), 'A note.');
      assert.equal(await zipText(code, nodeDecompressors, 100), null, 'larger than permitted');
    });
  }

  it('are not read from what is cut off, damaged or none', async () => {
    const content = zip(files);
    assert.equal(await zipEntries(pieces(content.subarray(0, -1))), null);
    assert.equal(await zipEntries(pieces(content.subarray(100))), null);
    assert.equal(await zipEntries(pieces(Buffer.from('no archive'))), null);
    assert.equal(await zipEntries(pieces(Buffer.alloc(0))), null);
  });

  it('have no content where it is damaged', async () => {
    const content = zip({ note: 'A note, long enough to be damaged.' });
    content.fill(0xff, 36, 44);
    const [note] = (await zipEntries(pieces(content))) ?? [];
    assert.ok(note);
    assert.equal(await zipText(note, nodeDecompressors, 100), null);
  });
});

/** Packs `images.json`, the table of base images that people read and edit, as the bundle carries it. */

import { readFile } from 'node:fs/promises';
import { brotliCompressSync, constants } from 'node:zlib';
import { decodeTable } from '../../server/src/images/baseTable.ts';

/** The bytes of `server/data/images.br`; throws when the table cannot be read back. */
export async function packImages(): Promise<Buffer> {
  const source = await readFile(new URL('images.json', import.meta.url), 'utf8');
  // Where figures come from is for readers of the source.
  const { sources: _, ...table } = JSON.parse(source) as Record<string, unknown>;
  const text = JSON.stringify(table);
  const decoded = decodeTable(text);
  if (!decoded.ok) throw new Error(decoded.reason);
  return brotliCompressSync(text, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    },
  });
}

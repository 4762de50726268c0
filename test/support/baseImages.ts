/** The bundled table of base images, for tests. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { type BaseTable, decodeTable } from '../../server/src/images/baseTable.ts';
import { findBase } from '../../server/src/images/findBase.ts';

const file = join(import.meta.dirname, '../../server/data/images.br');

/** The text of the table as the bundle carries it. */
export const tableText = brotliDecompressSync(readFileSync(file)).toString();

export const table = tableOf(tableText);

/** A table that must be readable. */
export function tableOf(text: string): BaseTable {
  const decoded = decodeTable(text);
  assert.ok(decoded.ok, decoded.ok ? '' : decoded.reason);
  return decoded.table;
}

/** What the bundled table knows of an image on Linux. */
export function known(reference: string, arch = 'amd64', from = table) {
  return findBase(from, reference, { os: 'linux', arch, variant: '' });
}

/** Which context folders are one for the builder, so that it takes a file of the other for unchanged. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contextIdentity } from '../../server/src/analysis/cacheFacts.ts';
import { describeWithEngine, docker } from './engine.ts';

describeWithEngine("the builder's copy of a context", () => {
  const folder = mkdtempSync(join(tmpdir(), 'layers-copy-'));
  const nonce = `n${Date.now()}`;
  after(() => rmSync(folder, { recursive: true }));

  /** Builds a copy of one file that is always as long and as old; true: from cache. */
  async function takenFromCache(path: string, content: string): Promise<boolean> {
    const context = join(folder, path);
    mkdirSync(context, { recursive: true });
    writeFileSync(join(context, 'Dockerfile'), `FROM scratch\nCOPY file /${nonce}\n`);
    writeFileSync(join(context, 'file'), content);
    utimesSync(join(context, 'file'), 1_700_000_000, 1_700_000_000);
    const { stderr } = await docker([
      'buildx',
      'build',
      '--progress=plain',
      '-otype=cacheonly',
      context,
    ]);
    assert.match(stderr, /COPY file/);
    return /CACHED/.test(stderr);
  }

  it('is that of a folder of the same name elsewhere, and of no other', async () => {
    const identity = (path: string) => contextIdentity((text) => text, join(folder, path));
    const [first, second, third] = [`a/${nonce}`, `b/${nonce}`, `a/${nonce}x`];
    assert.equal(await takenFromCache(first, 'one'), false);
    assert.equal(await takenFromCache(second, 'two'), true);
    assert.equal(await takenFromCache(third, 'six'), false);
    assert.equal(identity(first), identity(second));
    assert.notEqual(identity(first), identity(third));
  });
});

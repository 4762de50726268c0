import assert from 'node:assert/strict';
import { confined } from '../../../server/src/analysis/confined.ts';
import { memoryFileSystem } from '../../support/memoryFileSystem.ts';

describe('files of a workspace that is not trusted', () => {
  const files = memoryFileSystem({ '/w/a/f': 'inside', '/out/f': 'outside', '/w2/f': 'beside' });
  files.symlink('/w/link', '/out');
  files.symlink('/w/a/file', '/out/f');
  const inside = confined(files, ['/w', '/other/']);
  const refused = (run: Promise<unknown>) => assert.rejects(run, { code: 'EACCES' });

  it('are read as usual', async () => {
    assert.equal(new TextDecoder().decode(await inside.read('/w/a/f', 100)), 'inside');
    assert.deepEqual(await inside.list('/w/a'), ['f', 'file']);
    assert.ok((await inside.list('/w')).includes('link'));
    assert.equal((await inside.lstat('/w')).kind, 'directory');
    for await (const piece of inside.stream('/w/a/f')) assert.equal(piece.length, 6);
    await assert.rejects(inside.lstat('/w/gone/f'), { code: 'ENOENT' });
  });

  it('are the only ones, however a path is written', async () => {
    for (const path of ['/out/f', '/w2/f', '/w/../out/f', '/w/a/../../out/f', '/']) {
      await refused(inside.lstat(path));
      await refused(inside.read(path, 100));
      await refused(inside.list(path));
    }
    await refused(confined(files, []).lstat('/w/a/f'));
  });

  it('show their symlinks, and nobody follows these', async () => {
    assert.equal((await inside.lstat('/w/link')).kind, 'symlink');
    assert.equal(await inside.readlink('/w/link'), '/out');
    await refused(inside.list('/w/link'));
    await refused(inside.lstat('/w/link/f'));
    await refused(inside.read('/w/link/f', 100));
    await refused(inside.read('/w/a/file', 100));
    await refused(inside.stream('/w/a/file')[Symbol.asyncIterator]().next());
  });
});

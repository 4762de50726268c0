import assert from 'node:assert/strict';
import { folderOf, isWithin, resolvePath } from '../../../server/src/analysis/hostPaths.ts';

describe('paths of the host', () => {
  it('lie in a folder when a separator says so', () => {
    assert.equal(isWithin('/a/b', '/a'), true);
    assert.equal(isWithin('/a', '/a/'), true);
    assert.equal(isWithin('/ab', '/a'), false);
    assert.equal(isWithin('/a\\b', '/a'), false);
    assert.equal(isWithin('/etc', '/'), true);
    assert.equal(isWithin('c:\\a\\b', 'c:\\a'), true);
    assert.equal(isWithin('c:\\ab', 'c:\\a'), false);
    assert.equal(isWithin('c:\\a', 'c:\\'), true);
  });

  it('have the folder above them', () => {
    assert.equal(folderOf('/a/b/Dockerfile'), '/a/b');
    assert.equal(folderOf('/Dockerfile'), '/');
    assert.equal(folderOf('/a\\b/c\\d'), '/a\\b');
    assert.equal(folderOf('c:\\x\\Dockerfile'), 'c:\\x');
    assert.equal(folderOf('c:\\Dockerfile'), 'c:\\');
  });

  it('are taken from a base unless they are absolute', () => {
    assert.equal(resolvePath('/w', 'a/./b/../c'), '/w/a/c');
    assert.equal(resolvePath('/w', '../..//x'), '/x');
    assert.equal(resolvePath('/w', '/x/y/'), '/x/y');
    assert.equal(resolvePath('/w/', '.'), '/w');
    assert.equal(resolvePath('/', 'a'), '/a');
    assert.equal(resolvePath('c:\\w', '..\\a/b'), 'c:\\a\\b');
    assert.equal(resolvePath('c:\\w', 'd:/x'), 'd:/x');
  });
});

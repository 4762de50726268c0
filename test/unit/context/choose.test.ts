/** Which folder is taken as the build context when nobody said so. */

import assert from 'node:assert/strict';
import { chooseContext } from '../../../server/src/context/choose.ts';
import { memoryFileSystem } from '../../support/memoryFileSystem.ts';

const files = memoryFileSystem({
  '/w/app/main.js': 'x',
  '/w/package.json': '{}',
  '/w/docker/Dockerfile': 'FROM scratch',
  '/w/docker/entry.sh': 'x',
});

const choose = (sources: readonly string[], explicit: string | null = null) =>
  chooseContext(files, {
    explicit,
    dockerfileFolder: '/w/docker',
    workspaceFolder: '/w',
    sources,
  });

describe('the build context', () => {
  it('is the folder that the user named, and then it is no guess', async () => {
    const choice = await choose(['entry.sh'], '/w/app');
    assert.equal(choice.path, '/w/app');
    assert.equal(choice.inferred, false);
    assert.deepEqual(choice.alternatives, ['/w/docker', '/w']);
  });

  it('is the folder of the Dockerfile when its sources are there', async () => {
    const choice = await choose(['entry.sh', 'app']);
    assert.equal(choice.path, '/w/docker');
    assert.equal(choice.inferred, true);
  });

  it('is the workspace folder when only there the sources are', async () => {
    const choice = await choose(['package.json', 'app/*.js']);
    assert.equal(choice.path, '/w');
    assert.equal(
      choice.reason,
      'The build context is the folder around: only there the copied files exist.',
    );
    assert.deepEqual(choice.alternatives, ['/w/docker']);
  });

  it('is the folder of the Dockerfile when the sources are nowhere, or are everything', async () => {
    assert.equal((await choose(['gone.txt'])).path, '/w/docker');
    assert.equal((await choose(['.', ''])).path, '/w/docker');
    assert.equal((await choose([])).path, '/w/docker');
  });

  it('is not known for a Dockerfile that is not saved', async () => {
    const choice = await chooseContext(files, {
      explicit: null,
      dockerfileFolder: null,
      workspaceFolder: '/w',
      sources: ['package.json'],
    });
    assert.equal(choice.path, null);
    assert.deepEqual(choice.alternatives, ['/w']);
  });
});

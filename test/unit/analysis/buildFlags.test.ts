import assert from 'node:assert/strict';
import { buildFlags } from '../../../server/src/analysis/buildFlags.ts';

describe('arguments of a build', () => {
  const run = (...words: string[]) => buildFlags(words)?.run ?? [];
  const noCache = (...words: string[]) => buildFlags(words)?.noCache ?? null;

  it('matter to RUN in both spellings, and not where they say what is so anyway', () => {
    assert.deepEqual(run('--network', 'host', '-t', 'app'), ['--network=host']);
    assert.deepEqual(run('--network=default', '--network', 'default'), []);
    assert.deepEqual(run('--ulimit', 'nofile=9', '--add-host=b:1', '--add-host=a:1'), [
      ...['--add-host=b:1', '--add-host=a:1', '--ulimit=nofile=9'],
    ]);
    assert.deepEqual(run('--cgroup-parent'), ['--cgroup-parent=']);
  });

  it('say which stages take nothing from cache', () => {
    assert.equal(noCache('--no-cache'), 'all');
    assert.equal(noCache('--no-cache', '--no-cache=false'), null);
    assert.deepEqual(noCache('--no-cache-filter', 'a,b', '--no-cache-filter=c'), ['a', 'b', 'c']);
  });

  it('matter to no step otherwise', () => {
    assert.equal(buildFlags(['-t', 'app', '--pull', '--secret', 'id=a', '--label=x', 'y']), null);
    assert.equal(buildFlags([]), null);
  });
});

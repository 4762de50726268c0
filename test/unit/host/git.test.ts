import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { churnOf } from '../../../server/src/churn/churn.ts';
import { readGitLog } from '../../../server/src/churn/gitLog.ts';
import { createGit } from '../../../server/src/host/git.ts';
import { leastMs } from '../../support/cpuTime.ts';

describe('history of a folder, by git', () => {
  let folder = '';
  const path = (name: string) => join(folder, name);
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=n', '-c', 'user.email=n@e', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
    }).toString();
  const commit = (...names: readonly string[]) => {
    for (const name of names) {
      mkdirSync(dirname(path(name)), { recursive: true });
      writeFileSync(path(name), `${name} ${Math.random()}`);
    }
    git('add', '--all');
    git('commit', '--quiet', '--allow-empty', '--message', 'x');
  };
  const history = (where = folder, ask = createGit()) =>
    ask.history(where, new AbortController().signal);
  const reason = async (where = folder) => {
    const found = await history(where);
    assert.equal(found.state, 'unavailable');
    return found.state === 'unavailable' ? found.reason : '';
  };

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'layers-git-')));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('lists the files of each commit, the newest first, whatever their names', async () => {
    git('init', '--quiet');
    const odd = ['we\nird\u0001', '\nfirst', 'ä b', '"q"', '-dash'];
    commit('a');
    commit(...odd);
    commit();
    commit('sub/b');
    const found = await history();
    assert.ok(found.state === 'known');
    const paths = found.value.commits.map((one) => [...one.paths].sort());
    assert.deepEqual(paths, [['sub/b'], [], [...odd].sort(), ['a']]);
    assert.deepEqual([...(found.value.tracked ?? [])].sort(), ['a', 'sub/b', ...odd].sort());
  });

  it('reads the history though the file that orders names is missing', async () => {
    git('init', '--quiet');
    commit('a');
    git('config', 'diff.orderFile', path('missing'));
    assert.equal((await history()).state, 'known');
  });

  it('says whether the folder has the .git of its repository', async () => {
    git('init', '--quiet');
    commit('a', 'sub/b');
    const has = async (where: string) => {
      const found = await history(where);
      return found.state === 'known' && found.value.hasRepository;
    };
    assert.equal(await has(folder), true);
    assert.equal(await has(path('sub')), false);
    git('worktree', 'add', '--quiet', path('tree'));
    assert.equal(await has(path('tree')), false);
  });

  it('names files as the context does when that is a folder of the repository', async () => {
    git('init', '--quiet');
    commit('a');
    commit('sub/b');
    const found = await history(path('sub'));
    assert.ok(found.state === 'known');
    assert.deepEqual(
      found.value.commits.map((one) => one.paths),
      [['b'], []],
    );
    assert.deepEqual(found.value.tracked, ['b']);
  });

  it('looks at 200 commits at most, and at no merges', async function () {
    this.timeout(60_000);
    git('init', '--quiet', '--initial-branch=main');
    commit('a');
    git('checkout', '--quiet', '-b', 'other');
    commit('b');
    git('checkout', '--quiet', 'main');
    commit('c');
    git('merge', '--quiet', '--no-edit', 'other');
    const few = await history();
    assert.equal(few.state === 'known' && few.value.commits.length, 3);
    for (let at = 0; at < 205; at += 1) commit();
    assert.match(await reason(), /None of the last 200 commits/);
    commit('d');
    const many = await history();
    assert.equal(many.state === 'known' && many.value.commits.length, 200);
  });

  it('reads again when HEAD moves, and only then', async () => {
    git('init', '--quiet');
    commit('a');
    const ask = createGit();
    const first = await history(folder, ask);
    assert.equal(await history(folder, ask), first);
    commit('b');
    const second = await history(folder, ask);
    assert.equal(second.state === 'known' && second.value.commits.length, 2);
    git('checkout', '--quiet', '--detach', 'HEAD~1');
    const third = await history(folder, ask);
    assert.equal(third.state === 'known' && third.value.commits.length, 1);
  });

  it('says why there is none', async () => {
    assert.match(await reason(), /no git repository/);
    git('init', '--quiet');
    assert.match(await reason(), /no commits yet/);
    commit('a');
    mkdirSync(path('untracked'));
    assert.match(await reason(path('untracked')), /None of the last/);
    assert.match(await reason(path('missing')), /./);
    const started = path('started');
    writeFileSync(path('program'), `#!/bin/sh\ntouch '${started}'\n`, { mode: 0o755 });
    const absent = await createGit('no-such-git').history(folder, new AbortController().signal);
    assert.deepEqual(absent, { state: 'unavailable', reason: 'Git is not installed.' });
    rmSync(path('.git'), { recursive: true });
    await createGit(path('program')).history(folder, new AbortController().signal);
    assert.equal(existsSync(started), false, 'no process without a repository');
  });

  it('leaves out the edge of a shallow clone, where all files seem to be new', async () => {
    git('init', '--quiet');
    commit('a', 'b');
    commit('a');
    commit('a');
    const clone = path('clone');
    git('clone', '--quiet', '--depth=2', `file://${folder}`, clone);
    const found = await history(clone);
    assert.deepEqual(found.state === 'known' && found.value.commits.map((one) => one.paths), [
      ['a'],
    ]);
    rmSync(clone, { recursive: true });
    git('clone', '--quiet', '--depth=1', `file://${folder}`, clone);
    assert.match(await reason(clone), /shallow/);
  });

  it('lists links, since what they point to is told elsewhere', async () => {
    git('init', '--quiet');
    symlinkSync('elsewhere', path('link'));
    commit('a');
    const found = await history();
    assert.deepEqual(found.state === 'known' && found.value.links, ['link']);
  });

  it('starts nothing that the configuration of the repository names', async () => {
    git('init', '--quiet');
    commit('a');
    const mark = path('.git/started');
    const program = path('.git/program');
    writeFileSync(program, `#!/bin/sh\ntouch '${mark}'\n`);
    chmodSync(program, 0o755);
    writeFileSync(path('.gitattributes'), '* diff=own filter=own\n');
    git('add', '.');
    git('commit', '--quiet', '--message', 'x');
    for (const name of [
      'core.fsmonitor',
      'core.pager',
      'pager.log',
      'pager.rev-parse',
      'diff.external',
      'diff.own.command',
      'diff.own.textconv',
      'filter.own.clean',
      'filter.own.smudge',
      'gpg.program',
      'core.sshCommand',
      'core.editor',
      'core.alternateRefsCommand',
      'credential.helper',
      'alias.log',
    ]) {
      git('config', name, name === 'alias.log' ? `!${program}` : program);
    }
    git('config', 'log.showSignature', 'true');
    const found = await history();
    assert.equal(found.state, 'known');
    assert.equal(existsSync(mark), false);
  });

  it('is not led elsewhere by variables of a git that started this process', async () => {
    git('init', '--quiet');
    commit('a');
    process.env.GIT_DIR = '/nowhere';
    try {
      assert.equal((await history()).state, 'known');
    } finally {
      delete process.env.GIT_DIR;
    }
  });

  it('reads no repository that only lies in the folder as data', async () => {
    git('init', '--quiet', '--bare', folder);
    assert.match(await reason(), /no git repository/);
  });

  it('ends what it started when nobody waits any more', async () => {
    mkdirSync(path('.git'));
    const program = path('slow');
    writeFileSync(program, `#!/bin/sh\necho $$ > '${path('pid')}'\nexec sleep 600\n`);
    chmodSync(program, 0o755);
    const stop = new AbortController();
    const asked = createGit(program).history(folder, stop.signal);
    const watcher = watch(folder, () => {
      if (existsSync(path('pid')) && readFileSync(path('pid'), 'utf8') !== '') stop.abort();
    });
    await assert.rejects(asked);
    watcher.close();
    const pid = Number(readFileSync(path('pid'), 'utf8'));
    assert.ok(pid > 0);
    assert.throws(() => process.kill(pid, 0));
  });

  it('is not started for somebody who has left', async () => {
    const stop = new AbortController();
    stop.abort();
    await assert.rejects(createGit().history(folder, stop.signal));
  });
});

describe('reading git log', () => {
  const id = (digit: string) => digit.repeat(40);

  it('survives any text', () => {
    for (const text of ['', '\0', '\0\0', 'x', '\0zz\0a', `\0${id('a')}`, 'a\0b\0\0c']) {
      assert.doesNotThrow(() => readGitLog(text));
    }
  });

  it('leaves out the commit at which the output was cut', () => {
    const text = `\0${id('a')}\0\nx\0\0${id('b')}\0\ny\0par`;
    assert.deepEqual(readGitLog(text, true), [{ id: id('a'), paths: ['x'] }]);
  });
});

describe('how often something changed', () => {
  const commits = [
    { id: '1', paths: ['src/a', 'b'] },
    { id: '2', paths: [] },
    { id: '3', paths: ['src/c'] },
  ];

  it('counts commits, not files', () => {
    const found = churnOf({ commits, tracked: null, links: [] }, (path) => path.startsWith('src/'));
    assert.deepEqual(found, { state: 'known', value: { commits: 3, changed: 2 } });
  });

  it('is never for a tracked file without a change, and unknown for one that git does not have', () => {
    const of = (path: string) =>
      churnOf({ commits, tracked: ['old'], links: [] }, (one) => one === path);
    assert.deepEqual(of('old'), { state: 'known', value: { commits: 3, changed: 0 } });
    assert.equal(of('generated').state, 'unavailable');
  });

  it('is found in milliseconds in 200 commits with many files', () => {
    const paths = Array.from({ length: 500 }, (_, at) => `src/${at % 50}/file${at}`);
    const many = Array.from({ length: 200 }, (_, at) => ({ id: String(at), paths }));
    const count = () =>
      void churnOf({ commits: many, tracked: [], links: [] }, (path) => path === 'none');
    assert.ok(leastMs(count, 100) <= 100);
  });
});

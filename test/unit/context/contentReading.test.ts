import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuildContext, openContext } from '../../../server/src/context/buildContext.ts';
import type { ContentFacts } from '../../../server/src/context/contentFacts.ts';
import type { FileStat } from '../../../server/src/context/fileSystem.ts';
import { nodeDigests } from '../../../server/src/host/contentDigest.ts';
import { nodeFileSystem } from '../../../server/src/host/nodeFileSystem.ts';
import { memoryDigests } from '../../support/memoryDigests.ts';
import { memoryFileSystem } from '../../support/memoryFileSystem.ts';

const root = '/context';

function project(paths: Readonly<Record<string, string>>, limit = 1000) {
  const named = Object.entries(paths).map(([path, text]) => [`${root}/${path}`, text]);
  const files = memoryFileSystem(Object.fromEntries(named));
  const digests = memoryDigests(files);
  return { files, digests, context: openContext(files, root, { digests, limit }) };
}

/** All of a context as a bind mount has it. */
async function all(context: BuildContext, path = ''): Promise<string> {
  return digestOf(await context.content(path, null));
}

function digestOf(facts: ContentFacts): string {
  assert.equal(facts.kind, 'known', JSON.stringify(facts));
  return (facts.kind === 'known' && facts.sources[0]?.digest) || '';
}

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, `${at}`]));

describe('reading files for their content', () => {
  it('is done once, for all who ask, by four at a time', async () => {
    const { digests, context } = project({ ...many(40), 'd/x': 'x' });
    digests.before = () => new Promise((resolve) => setImmediate(resolve));
    const answers = await Promise.all([
      all(context),
      all(context),
      all(context, 'd'),
      all(context),
    ]);
    assert.equal(answers[0], answers[3]);
    assert.equal(digests.read.length, 41);
    assert.equal(new Set(digests.read).size, 41);
    await all(context);
    assert.equal(digests.read.length, 41);
  });

  it('is done once for all names of a file', async () => {
    const { files, digests, context } = project({ a: 'one file' });
    for (const name of ['b', 'c', 'd/e']) files.link(`${root}/${name}`, `${root}/a`);
    const first = await all(context);
    assert.equal(digests.read.length, 1);
    const { context: copies } = project({
      a: 'one file',
      b: 'one file',
      c: 'one file',
      'd/e': 'one file',
    });
    assert.equal(await all(copies), first);
  });

  it('is not done before someone asks, nor for what nobody takes', async () => {
    const { digests, context } = project({ 'a/x': '', 'b/x': '' });
    await all(context, 'a');
    assert.deepEqual(digests.read, ['/context/a/x']);
  });

  it('after a change is done for that file alone, and no other folder is looked at', async () => {
    const { files, digests, context } = project({
      'a/x': '1',
      'a/y': '2',
      'b/z': '3',
      'b/c/d': '4',
    });
    const before = await all(context);
    digests.read.length = 0;
    const seen = files.seen.length;
    const looked: string[] = [];
    const { lstat } = files;
    files.lstat = (path) => {
      looked.push(path);
      return lstat(path);
    };
    files.write('/context/a/x', 'new');
    assert.equal(context.invalidate('/context/a/x'), true);
    assert.notEqual(await all(context), before);
    assert.deepEqual(digests.read, ['/context/a/x']);
    assert.deepEqual(files.seen.slice(seen), ['/context/a/x']);
    // Once for the entry, and once by the reading itself.
    assert.deepEqual(looked, ['/context/a/x', '/context/a/x']);
  });

  it('takes in new, removed and replaced names that it is told of', async () => {
    const { files, digests, context } = project({ 'a/x': '1', 'b/y': '2', 'b/deep/er/z': '3' });
    await all(context);
    const steps: readonly (readonly [told: readonly string[], change: () => void])[] = [
      [['a/new'], () => files.write('/context/a/new', 'n')],
      [['a/x'], () => files.remove('/context/a/x')],
      [['b'], () => files.remove('/context/b')],
      [['b'], () => files.write('/context/b/deep/er/z', 'other')],
      [
        ['b'],
        () => {
          files.remove('/context/b');
          files.write('/context/b', 'a file by now');
        },
      ],
      [
        ['a', 'a/new'],
        () => {
          files.remove('/context/a');
          files.symlink('/context/a', 'b');
        },
      ],
    ];
    for (const [index, [told, change]] of steps.entries()) {
      change();
      for (const path of told) context.invalidate(`${root}/${path}`);
      const anew = openContext(files, root, { digests });
      assert.equal(await all(context), await all(anew), `step ${index}`);
      assert.equal(await context.revalidate(), false, `step ${index}`);
    }
  });

  it('takes in what was written to under another name of the file, and tells who had asked before', async () => {
    const files = memoryFileSystem({ '/context/a/x': '1', '/context/b/y': '2' });
    files.link('/context/b/x', '/context/a/x');
    let outdated = 0;
    const context = openContext(files, root, {
      digests: memoryDigests(files),
      onOutdated: () => {
        outdated++;
      },
    });
    const before = await all(context, 'b');
    await all(context, 'a');
    files.sneak('/context/a/x', 'other');
    assert.equal(context.invalidate('/context/a/x'), true);
    await all(context, 'a');
    assert.equal(outdated, 1);
    const fresh = openContext(files, root, { digests: memoryDigests(files) });
    assert.notEqual(await all(context, 'b'), before);
    assert.equal(await all(context, 'b'), await all(fresh, 'b'));
    assert.equal(outdated, 1);
    await all(context);
    files.sneak('/context/a/x', 'once more');
    files.remove('/context/a');
    context.invalidate('/context/a');
    await all(context);
    assert.equal(outdated, 2);
    const last = openContext(files, root, { digests: memoryDigests(files) });
    assert.equal(await all(context, 'b'), await all(last, 'b'));
  });

  it('takes in folders that are new or gone when it is told of files in them alone', async () => {
    const { files, digests, context } = project({ 'a/x': '1', 'b/deep/er/y': '2', 'b/z': '3' });
    const fresh = () => all(openContext(files, root, { digests }));
    await all(context);
    files.write('/context/c/new/file', '4');
    assert.equal(context.invalidate('/context/c/new/file'), true);
    assert.equal(await all(context), await fresh());
    for (const path of ['b/deep/er/y', 'b/deep/er', 'b/deep']) files.remove(`/context/${path}`);
    assert.equal(context.invalidate('/context/b/deep/er/y'), true);
    assert.equal(await all(context), await fresh());
  });

  it('takes in what a watcher tells by the real path of a context that is named by a link', async () => {
    const { files, context } = project({ 'a/x': '1', '.dockerignore': '' });
    files.realpath = async () => '/really/here/';
    const before = await all(context);
    files.write('/context/a/x', '2');
    assert.equal(context.invalidate('/really/her/a/x'), false);
    assert.equal(context.invalidate('/really/here/a/x'), true);
    const after = await all(context);
    assert.notEqual(after, before);
    files.write('/context/.dockerignore', 'a');
    assert.equal(context.invalidate('/really/here/.dockerignore'), true);
    assert.notEqual(await all(context), after);
  });

  it('takes in what an ignore file that is a link leads to', async () => {
    const { files, context } = project({ 'a/x': '1', 'b/ignored': 'b\n' });
    files.symlink('/context/.dockerignore', 'b/ignored');
    const { read } = files;
    files.read = (path, limit) =>
      read(path === '/context/.dockerignore' ? '/context/b/ignored' : path, limit);
    const before = await all(context);
    files.write('/context/b/ignored', 'b\na\n');
    assert.equal(context.invalidate('/context/b/ignored'), true);
    assert.notEqual(await all(context), before);
  });

  it('looks again at everything when told so, and reads what changed', async () => {
    const { files, digests, context } = project({ 'a/x': '1', 'b/y': '2', 'b/c/z': '3' });
    const before = await all(context);
    digests.read.length = 0;
    assert.equal(await context.revalidate(), false);
    assert.equal(await all(context), before);
    assert.deepEqual(digests.read, []);
    files.write('/context/b/c/z', 'changed');
    assert.equal(await context.revalidate(), true);
    assert.notEqual(await all(context), before);
    assert.deepEqual(digests.read, ['/context/b/c/z']);
  });

  it('goes on with the file that is there when it is replaced while it is read', async () => {
    const { files, digests, context } = project({ a: 'before', b: 'b' });
    let replaced = 0;
    digests.before = (path) => {
      if (path === '/context/a' && replaced++ < 2) files.write('/context/a', `after ${replaced}`);
    };
    const found = await all(context);
    assert.equal(replaced, 3);
    assert.equal(found, await all(project({ a: 'after 2', b: 'b' }).context));
  });

  it('gives up on a file that never comes to rest', async () => {
    const { files, digests, context } = project({ log: '0', b: 'b' });
    let times = 0;
    digests.before = (path) => {
      if (path === '/context/log') files.write('/context/log', `${++times}`);
    };
    const facts = await context.content('', null);
    assert.equal(facts.kind, 'unknown');
    assert.match(
      facts.kind === 'unknown' ? facts.reason : '',
      /^The file log changes while it is read/,
    );
    assert.ok(times < 10, `${times} times`);
    assert.equal((await context.content('b', null)).kind, 'known');
  });

  it('leaves out a folder and a file that vanish in between', async () => {
    const { files, digests, context } = project({ 'a/x': '1', 'b/y': '2', c: '3' });
    let gone = false;
    digests.before = () => {
      if (gone) return;
      gone = true;
      files.remove('/context/b');
      files.remove('/context/c');
    };
    assert.equal(await all(context), await all(project({ 'a/x': '1' }).context));
  });

  it('sees what changes while a folder is listed for the first time', async () => {
    const { files, context } = project({ 'a/x': '1' });
    const { list } = files;
    let told: boolean | null = null;
    files.list = async (path) => {
      const names = await list(path);
      if (path === '/context/a' && told === null) {
        files.write('/context/a/new', '2');
        told = context.invalidate('/context/a/new');
      }
      return names;
    };
    await all(context);
    assert.equal(told, true);
    assert.equal(await all(context), await all(project({ 'a/x': '1', 'a/new': '2' }).context));
  });

  it('tries once, and takes a file that may not be read as the builder gets it: by its length', async () => {
    const { files, digests, context } = project({ 'a/x': '1', 'a/y': '2' });
    let tried = 0;
    digests.before = (path) => {
      if (!path.endsWith('y')) return;
      tried++;
      throw Object.assign(new Error('no'), { code: 'EACCES' });
    };
    const before = await all(context, 'a');
    assert.equal(await all(context), await all(context, ''));
    assert.equal(tried, 1);
    files.write('/context/a/y', '3');
    context.invalidate('/context/a/y');
    assert.equal(await all(context, 'a'), before);
    files.write('/context/a/y', '33');
    context.invalidate('/context/a/y');
    assert.notEqual(await all(context, 'a'), before);
    assert.notEqual(await all(project({ 'a/x': '1', 'a/y': '2' }).context, 'a'), before);
  });

  it('is unknown where reading goes wrong, and known once it does not', async () => {
    const { digests, context } = project({ a: '1' });
    digests.before = () => {
      throw Object.assign(new Error('bad disk'), { code: 'EIO' });
    };
    const facts = await context.content('', null);
    assert.match(facts.kind === 'unknown' ? facts.reason : '', /cannot be read \(EIO\)\.$/);
    digests.before = () => {};
    assert.equal((await context.content('', null)).kind, 'known');
  });

  it('is unknown where a name is not UTF-8, unless that is left out', async () => {
    const { files, context } = project({ 'a/x': '1', '.dockerignore': 'bad' });
    const { list } = files;
    files.list = async (path) => [
      ...(await list(path)),
      ...(/a$|bad$/.test(path) ? ['n\ufffd'] : []),
    ];
    const facts = await context.content('', null);
    assert.match(facts.kind === 'unknown' ? facts.reason : '', /^The name a\/n\ufffd is not UTF-8/);
    files.folder('/context/bad');
    files.remove('/context/a');
    context.invalidate();
    assert.equal((await context.content('', null)).kind, 'known');
  });

  it('is unknown beyond the most files that are looked at', async () => {
    const { digests, context } = project(many(20), 10);
    const facts = await context.content('', null);
    assert.match(facts.kind === 'unknown' ? facts.reason : '', /more than 10 files/);
    assert.deepEqual(digests.read, []);
  });

  it('ends when it is cancelled, and not for others who still wait', async () => {
    const { digests, context } = project(many(20));
    const abort = new AbortController();
    digests.before = () => new Promise((resolve) => setImmediate(resolve));
    const one = context.content('', null, abort.signal);
    const other = all(context);
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort(new Error('enough'));
    await assert.rejects(one, /enough/);
    assert.equal(await other, await all(project(many(20)).context));
    assert.equal(new Set(digests.read).size, 20);
    await assert.rejects(context.content('', null, abort.signal), /enough/);
  });

  it('stops the reading itself when nobody waits any more', async () => {
    const { digests, context } = project(many(20));
    const abort = new AbortController();
    digests.before = () => new Promise((resolve) => setImmediate(resolve));
    const facts = context.content('', null, abort.signal);
    while (digests.running.now === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort(new Error('enough'));
    await assert.rejects(facts, /enough/);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(digests.running.now, 0);
    assert.ok(digests.read.length < 5, `${digests.read.length} were read`);
  });

  it('never leaves the context, by links or by dots', async () => {
    const { files, digests, context } = project({ 'd/x': 'x' });
    files.write('/secret', 'secret');
    files.write('/etc/passwd', 'root');
    files.symlink('/context/abs', '/secret');
    files.symlink('/context/up', '../../secret');
    files.symlink('/context/folder', '/etc');
    for (const path of [
      'abs',
      'up',
      '../secret',
      '../../secret',
      'folder/passwd',
      'd/../../secret',
    ]) {
      const facts = await context.content(path, null);
      assert.match(
        facts.kind === 'known' ? (facts.fails ?? '') : '',
        /is not in the build context/,
        path,
      );
    }
    await all(context);
    assert.ok(digests.read.every((path) => path.startsWith('/context/')));
    assert.ok(files.seen.every((path) => path.startsWith('/context')));
  });
});

describe('digests of files of this machine', () => {
  let folder = '';
  beforeEach(() => {
    folder = fs.mkdtempSync(join(tmpdir(), 'dockerfile-layers-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const never = new AbortController().signal;
  const read = async (path: string, change: Partial<FileStat> = {}) =>
    nodeDigests.file(path, { ...(await nodeFileSystem.lstat(path)), ...change }, never);

  it('are those of their bytes, of any size, as those of texts', async () => {
    for (const size of [0, 1, 4095, 262_144, 262_145, 3_000_000]) {
      const path = join(folder, `f${size}`);
      const bytes = Buffer.alloc(size, 'ab\n');
      fs.writeFileSync(path, bytes);
      assert.equal(await read(path), createHash('sha256').update(bytes).digest('hex'));
      assert.equal(await read(path), nodeDigests.text(bytes.toString()));
    }
  });

  it('are none where the file is another, a link, a pipe or a folder', async () => {
    const path = join(folder, 'file');
    fs.writeFileSync(path, 'text');
    assert.equal(await read(path, { bytes: 5 }), null);
    assert.equal(await read(path, { mtimeNs: '5' }), null);
    assert.equal(await read(path, { inode: '1:1' }), null);
    const expected = await nodeFileSystem.lstat(path);
    fs.renameSync(path, join(folder, 'other'));
    fs.symlinkSync('other', path);
    assert.equal(await nodeDigests.file(path, expected, never), null);
    fs.rmSync(path);
    fs.mkdirSync(path);
    assert.equal(await nodeDigests.file(path, expected, never), null);
  });

  it('leave no file open, and reject with what the system says', async () => {
    const path = join(folder, 'file');
    fs.writeFileSync(path, 'x'.repeat(1000));
    const expected = await nodeFileSystem.lstat(path);
    const before = fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0;
    const abort = new AbortController();
    const some = Array.from({ length: 50 }, () => nodeDigests.file(path, expected, abort.signal));
    abort.abort(new Error('enough'));
    await assert.rejects(Promise.all(some), /enough/);
    await Promise.allSettled(some);
    if (before > 0) assert.equal(fs.readdirSync('/proc/self/fd').length, before);
    fs.rmSync(path);
    await assert.rejects(nodeDigests.file(path, expected, never), { code: 'ENOENT' });
    assert.equal(await read(folder), null);
  });

  it('of a context see an edit at once, however short after another', async () => {
    const path = join(folder, 'file');
    fs.writeFileSync(path, 'one');
    const context = openContext(nodeFileSystem, folder, { digests: nodeDigests });
    const seen = new Set<string>();
    for (let round = 0; round < 30; round++) {
      // Of equal length, and within the same tick of the file system's clock now and then.
      fs.writeFileSync(path, String(100 + round));
      context.invalidate(path);
      seen.add(await all(context));
    }
    assert.equal(seen.size, 30);
  });
});

import assert from 'node:assert/strict';
import { openContext } from '../../../server/src/context/buildContext.ts';
import type { CopyFacts } from '../../../server/src/context/copyFacts.ts';
import type { ResolvedCopy } from '../../../server/src/model/plan.ts';
import { type MemoryFileSystem, memoryFileSystem } from '../../support/memoryFileSystem.ts';

const plain: ResolvedCopy = {
  add: false,
  origin: { kind: 'context' },
  sources: ['.'],
  remotes: [],
  files: [],
  dest: '/d/',
  chown: null,
  chmod: null,
  link: false,
  parents: false,
  exclude: [],
  unpack: null,
  checksum: null,
  keepGitDir: false,
};

type Wanted = Partial<ResolvedCopy>;

function ask(files: MemoryFileSystem, wanted: Wanted, dockerfile: string | null = null) {
  return openContext(files, '/context', { dockerfile }).copy({ ...plain, ...wanted });
}

async function known(text: string | MemoryFileSystem, wanted: Wanted) {
  const facts = await ask(typeof text === 'string' ? memoryFileSystem(text) : text, wanted);
  assert.equal(facts.kind, 'known', facts.kind === 'unknown' ? facts.reason : '');
  return facts as CopyFacts & { kind: 'known' };
}

async function unknown(files: MemoryFileSystem, wanted: Wanted) {
  const facts = await ask(files, wanted);
  assert.equal(facts.kind, 'unknown');
  return facts as CopyFacts & { kind: 'unknown' };
}

const project = `
-- package.json 11B --
-- src/app.js 22B --
-- src/lib/util.js 33B --
-- src/lib/util.test.js 44B --
-- docs/a.md 55B --
-- node_modules/x/index.js 66B --
-- empty/ --
-- .dockerignore --
node_modules
docs/*
!docs/a.md`;

describe('what a COPY takes', () => {
  it('is the whole context without what the ignore file drops', async () => {
    const facts = await known(project, { sources: ['.'] });
    const ignoreFile = 'node_modules\ndocs/*\n!docs/a.md'.length;
    assert.equal(facts.bytes, 11 + 22 + 33 + 44 + 55 + ignoreFile);
    assert.deepEqual([facts.files, facts.directories], [6, 4]);
    assert.equal(facts.largest[0]?.path, 'docs/a.md');
  });

  it('is the whole context where a variable left no source', async () => {
    assert.equal((await known(project, { sources: [''] })).files, 6);
  });

  it('is the contents of a folder, the file of a name, and what wildcards match', async () => {
    assert.equal((await known(project, { sources: ['src'] })).bytes, 99);
    assert.equal((await known(project, { sources: ['src/app.js', 'package.json'] })).bytes, 33);
    assert.equal((await known(project, { sources: ['src/*.js'] })).bytes, 22);
    assert.equal((await known(project, { sources: ['*/lib'] })).bytes, 77);
    assert.equal((await known(project, { sources: ['../../src/./app.js'] })).bytes, 22);
  });

  it('is without what --exclude names, relative to each source', async () => {
    const exclude = ['**/*.test.js'];
    assert.equal((await known(project, { sources: ['src'], exclude })).bytes, 55);
    assert.equal((await known(project, { sources: ['src'], exclude: ['lib'] })).bytes, 22);
    assert.equal((await known(project, { sources: ['src'], exclude: ['src/lib'] })).bytes, 99);
    const named = await known(project, { sources: ['src/app.js'], exclude: ['app.js'] });
    assert.equal(named.bytes, 22);
  });

  it('keeps the folders of --parents, from the pivot on', async () => {
    const parents = true;
    assert.equal((await known(project, { sources: ['src/lib'], parents })).directories, 2);
    const pivot = await known(project, { sources: ['src/./lib'], parents });
    assert.deepEqual([pivot.bytes, pivot.directories], [77, 1]);
    assert.equal((await known(project, { sources: ['**/*.js'], parents })).bytes, 99);
    assert.deepEqual((await known(project, { sources: ['nope/x'], parents })).missing, ['nope/x']);
  });

  it('counts a file once that a later source replaces', async () => {
    const text = '-- a/x 10B --\n-- b/x 25B --\n-- b/y 1B --';
    assert.equal((await known(text, { sources: ['a', 'b'] })).bytes, 26);
    assert.equal((await known(text, { sources: ['b', 'a'] })).bytes, 11);
    assert.equal((await known(text, { sources: ['a/x', 'b/x'] })).bytes, 25);
  });

  it('is one file only if that is all, and neither folder nor more', async () => {
    assert.equal((await known(project, { sources: ['package.json'] })).isSingleFile, true);
    assert.equal((await known(project, { sources: ['src'] })).isSingleFile, false);
    assert.equal(
      (await known(project, { sources: ['package.json', 'src/app.js'] })).isSingleFile,
      false,
    );
  });

  it('names what is missing, what is ignored, and wildcards without a match', async () => {
    const sources = ['nope', 'node_modules', 'node_modules/x/index.js', '*.nope', 'none/*.js'];
    const facts = await known(project, { sources });
    assert.deepEqual(facts.missing, ['nope', 'none/*.js']);
    assert.deepEqual(facts.ignored, ['node_modules', 'node_modules/x/index.js']);
    assert.deepEqual(facts.unmatched, ['*.nope']);
  });

  it('says that a wildcard in a folder that has no match may fail the build', async () => {
    const facts = await known(project, { sources: ['src/*.ts'] });
    assert.deepEqual(facts.unmatched, ['src/*.ts']);
    assert.deepEqual(facts.notes, ['Unless another line copies src, the build fails.']);
    assert.deepEqual((await known(project, { sources: ['*.ts'] })).notes, []);
  });

  it('is unknown when several files go to a place that may be no folder', async () => {
    const sources = ['package.json', 'src/app.js'];
    const facts = await unknown(memoryFileSystem(project), { sources, dest: '/app' });
    assert.match(facts.reason, /33 bytes if \/app is a folder/);
    assert.equal(facts.atLeastBytes, 22);
    const context = openContext(memoryFileSystem(project), '/context');
    const known = await context.copy({ ...plain, sources, dest: '/app' }, undefined, {
      isDirectory: true,
    });
    assert.equal(known.kind === 'known' && known.bytes, 33);
  });

  it('says that the build fails when a file would replace a folder', async () => {
    const files = memoryFileSystem('-- a/x/y 1B --\n-- b/x 1B --');
    assert.match((await unknown(files, { sources: ['a', 'b'] })).reason, /^The build fails/);
  });
});

describe('hard links', () => {
  function linked(): MemoryFileSystem {
    const files = memoryFileSystem('-- h/a 1000B --\n-- o/b 5B --');
    files.link('/context/h/b', '/context/h/a');
    files.link('/context/c', '/context/h/a');
    return files;
  }

  it('count once within one copied folder, and again in the next source', async () => {
    assert.equal((await known(linked(), { sources: ['h'] })).bytes, 1000);
    assert.equal((await known(linked(), { sources: ['.'] })).bytes, 1005);
    assert.equal((await known(linked(), { sources: ['h/a', 'h/b'] })).bytes, 2000);
    assert.equal((await known(linked(), { sources: ['h', 'c'] })).bytes, 2000);
  });

  it('still count once when a later source replaces one of the names', async () => {
    assert.equal((await known(linked(), { sources: ['h', 'o'] })).bytes, 1005);
  });
});

describe('symlinks', () => {
  const links = `
-- real/f 10B --
-- real/up -> ../../../../top --
-- top 20B --
-- abs -> /real --
-- name -> real/f --
-- dangling -> nowhere --
-- loop -> loop2 --
-- loop2 -> loop --`;

  it('are followed when they are the source, and stay links inside a folder', async () => {
    assert.equal((await known(links, { sources: ['name'] })).bytes, 10);
    assert.equal((await known(links, { sources: ['abs'] })).bytes, 10);
    assert.equal((await known(links, { sources: ['abs/f'] })).bytes, 10);
    assert.equal((await known(links, { sources: ['real'] })).files, 2);
  });

  it('never leave the context', async () => {
    const files = memoryFileSystem(links);
    files.write('/top', 'x'.repeat(5000));
    assert.equal((await known(files, { sources: ['real/up'] })).bytes, 20);
    assert.ok(files.seen.every((path) => path.startsWith('/context')));
  });

  it('to nothing, or in a circle, are missing', async () => {
    assert.deepEqual((await known(links, { sources: ['dangling'] })).missing, ['dangling']);
    assert.deepEqual((await known(links, { sources: ['loop/x'] })).missing, ['loop/x']);
    assert.deepEqual((await known(links, { sources: ['dang*'] })).missing, ['dangling']);
  });
});

describe('the ignore file', () => {
  it('beside the Dockerfile is used instead of the one of the context', async () => {
    const files = memoryFileSystem('-- a 1B --\n-- b 2B --\n-- .dockerignore --\na');
    files.write('/context/build/app.Dockerfile.dockerignore', 'b\nbuild\n.dockerignore');
    const facts = await ask(files, { sources: ['.'] }, '/context/build/app.Dockerfile');
    assert.equal(facts.kind === 'known' && facts.bytes, 1);
  });

  it('with a bad line is told with its place, and the other lines count', async () => {
    const files = memoryFileSystem('-- a 1B --\n-- b 2B --\n-- .dockerignore --\n[\n.d*\nb');
    const context = openContext(files, '/context');
    const { path, problems } = await context.ignoreState();
    assert.equal(path, '/context/.dockerignore');
    assert.deepEqual(
      problems.map(({ line }) => line),
      [1],
    );
    const facts = await context.copy({ ...plain });
    assert.equal(facts.kind === 'known' && facts.bytes, 1);
    assert.match(facts.kind === 'known' ? (facts.notes[0] ?? '') : '', /^The build fails/);
  });

  it('that cannot be read makes sizes unknown, and says so', async () => {
    const files = memoryFileSystem('-- a 1B --\n-- .dockerignore --\nx');
    files.fail('/context/.dockerignore', 'EACCES');
    assert.match((await unknown(files, {})).reason, /ignore file .* cannot be read \(EACCES\)/);
    const { unreadable } = await openContext(files, '/context').ignoreState();
    assert.match(unreadable ?? '', /cannot be read/);
  });
});

describe('reading a context', () => {
  it('looks only below what is named', async () => {
    const files = memoryFileSystem(project);
    await known(files, { sources: ['src/lib'] });
    assert.deepEqual(
      files.seen.filter((path) => !path.endsWith('.dockerignore')),
      ['/context', '/context/src', '/context/src/lib'],
    );
  });

  it('reads no folder twice, and none that is ignored', async () => {
    const files = memoryFileSystem(project);
    const context = openContext(files, '/context');
    await context.copy({ ...plain });
    const before = files.seen.length;
    await context.copy({ ...plain });
    await context.copy({ ...plain, sources: ['src'] });
    assert.equal(files.seen.length, before);
    assert.ok(!files.seen.includes('/context/node_modules'));
  });

  it('does not count what a path finds by passing one link twice', async () => {
    const files = memoryFileSystem({ '/context/f': 'abc' });
    files.symlink('/context/self', '.');
    files.symlink('/context/loop', 'loop');
    assert.equal((await known(files, { sources: ['self/f'] })).bytes, 3);
    assert.match((await unknown(files, { sources: ['self/self/f'] })).reason, /more than once/);
    assert.deepEqual((await known(files, { sources: ['loop'] })).missing, ['loop']);
  });

  it('counts a file that this user may not read as empty, as the builder gets it', async () => {
    const files = memoryFileSystem(project);
    const guarded: MemoryFileSystem = {
      ...files,
      lstat: async (path) => ({ ...(await files.lstat(path)), readable: !/package/.test(path) }),
    };
    const note = 'This user may not read the file package.json, so the builder gets it empty.';
    const { bytes } = await files.lstat('/context/package.json');
    for (const copy of [{}, { add: true }, { sources: ['', 'src'] }, { exclude: ['nothing'] }]) {
      const all = await known(files, copy);
      const found = await known(guarded, copy);
      assert.equal(found.files, all.files);
      assert.equal(found.bytes, all.bytes - bytes);
      assert.deepEqual(found.notes, [note]);
    }
    const single = await known(guarded, { add: true, sources: ['package.json'] });
    assert.deepEqual([single.bytes, single.files, single.notes], [0, 1, [note]]);
    assert.deepEqual((await known(guarded, { sources: ['src'] })).notes, []);
  });

  it('says that a folder cannot be read, or is not there', async () => {
    const files = memoryFileSystem(project);
    files.fail('/context/src/lib', 'EACCES');
    assert.match((await unknown(files, {})).reason, /src\/lib .*cannot be read \(EACCES\)/);
    const none = await openContext(files, '/nowhere').copy({ ...plain });
    assert.equal(
      none.kind === 'unknown' && none.reason,
      'The build context /nowhere does not exist.',
    );
    const file = await openContext(files, '/context/package.json').copy({ ...plain });
    assert.match(file.kind === 'unknown' ? file.reason : '', /is not a folder/);
  });

  it('leaves out what vanishes while it is read', async () => {
    const files = memoryFileSystem(project);
    const lstat = files.lstat.bind(files);
    const vanishing = Object.assign(files, {
      lstat: (path: string) => {
        if (path.endsWith('/app.js')) files.remove(path);
        return lstat(path);
      },
    });
    assert.equal((await known(vanishing, { sources: ['src'] })).bytes, 77);
  });

  it('stops counting at the limit, and says so', async () => {
    const context = openContext(memoryFileSystem(project), '/context', { limit: 5 });
    const facts = await context.copy({ ...plain });
    assert.match(facts.kind === 'unknown' ? facts.reason : '', /more than 5 files and folders/);
  });

  it('stops when it is told to', async () => {
    const context = openContext(memoryFileSystem(project), '/context');
    await assert.rejects(context.copy({ ...plain }, AbortSignal.abort()));
  });

  it('lists every file of a copy, largest first', async () => {
    const context = openContext(memoryFileSystem(project), '/context');
    assert.deepEqual(await context.files({ ...plain, sources: ['src'] }), [
      { path: 'src/lib/util.test.js', bytes: 44 },
      { path: 'src/lib/util.js', bytes: 33 },
      { path: 'src/app.js', bytes: 22 },
    ]);
  });
});

describe('changes of the context', () => {
  async function opened(sources: readonly string[]) {
    const files = memoryFileSystem(project);
    const context = openContext(files, '/context');
    const bytes = async () => {
      const facts = await context.copy({ ...plain, sources });
      return facts.kind === 'known' ? facts.bytes : null;
    };
    assert.notEqual(await bytes(), null);
    return { files, context, bytes };
  }

  it('are seen once a path is said to be stale', async () => {
    const { files, context, bytes } = await opened(['src']);
    files.write('/context/src/new.js', 'x');
    assert.equal(await bytes(), 99);
    assert.equal(context.invalidate('/context/src/new.js'), true);
    assert.equal(await bytes(), 100);
    files.remove('/context/src/lib');
    assert.equal(context.invalidate('/context/src/lib'), true);
    assert.equal(await bytes(), 23);
  });

  it('elsewhere concern nobody', async () => {
    const { context } = await opened(['src/lib']);
    assert.equal(context.invalidate('/context/docs/b.md'), false);
    assert.equal(context.invalidate('/other/file'), false);
  });

  it('are found without a word by looking again', async () => {
    const { files, context, bytes } = await opened(['src']);
    assert.equal(await context.revalidate(), false);
    files.write('/context/src/app.js', 'xyz');
    assert.equal(await context.revalidate(), true);
    assert.equal(await bytes(), 33 + 44 + 3);
    assert.equal(await context.revalidate(), false);
    files.write('/context/.dockerignore', 'src/lib');
    assert.equal(await context.revalidate(), true);
    assert.equal(await bytes(), 3);
  });

  it('of the ignore file are seen when it is said to be stale', async () => {
    const { files, context, bytes } = await opened(['src']);
    files.write('/context/.dockerignore', '**/*.test.js');
    assert.equal(context.invalidate('/context/.dockerignore'), true);
    assert.equal(await bytes(), 55);
  });
});

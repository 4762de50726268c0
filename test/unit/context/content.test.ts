import assert from 'node:assert/strict';
import { type BuildContext, openContext } from '../../../server/src/context/buildContext.ts';
import type {
  ContentNode,
  KnownContent,
  SentContext,
  SentEntry,
} from '../../../server/src/context/contentFacts.ts';
import type { ResolvedCopy } from '../../../server/src/model/plan.ts';
import { type MemoryDigests, memoryDigests } from '../../support/memoryDigests.ts';
import { type MemoryFileSystem, memoryFileSystem } from '../../support/memoryFileSystem.ts';
import { planOf } from '../../support/plans.ts';

const root = '/context';

interface Project {
  readonly files: MemoryFileSystem;
  readonly digests: MemoryDigests;
  readonly context: BuildContext;
}

/** A project of plain files by their paths in the context. */
function project(paths: Readonly<Record<string, string>>, limit?: number): Project {
  const named = Object.entries(paths).map(([path, text]) => [`${root}/${path}`, text]);
  const files = memoryFileSystem(Object.fromEntries(named));
  files.folder(root);
  const digests = memoryDigests(files);
  const context = openContext(files, root, { digests, ...(limit !== undefined && { limit }) });
  return { files, digests, context };
}

const copyOf = (line: string): ResolvedCopy => {
  const copy = planOf(`FROM scratch\n${line}\n`).stages[0]?.steps[0]?.copy;
  assert.ok(copy, line);
  return copy;
};

async function known(
  context: BuildContext,
  selection: ResolvedCopy | string,
  sent: SentContext | null = null,
): Promise<KnownContent> {
  const facts = await context.content(selection, sent);
  assert.equal(facts.kind, 'known', facts.kind === 'unknown' ? facts.reason : '');
  return facts as KnownContent;
}

const digestOf = async (context: BuildContext, line: string, sent: SentContext | null = null) =>
  JSON.stringify((await known(context, copyOf(line), sent)).sources.map(({ digest }) => digest));

/** What the builder has after a build that took all. */
async function sentOf(context: BuildContext): Promise<SentContext> {
  const entries = new Map<string, SentEntry>();
  const take = (node: ContentNode) => {
    entries.set(node.path, node);
    for (const child of node.children.values()) take(child);
  };
  for (const { matches } of (await known(context, '')).sources)
    for (const { node } of matches) take(node);
  // As a record keeps them: not the nodes themselves.
  const kept = new Map(
    [...entries].map(([path, { kind, mode, bytes, mtimeNs, ctimeNs, content }]) => [
      path,
      { kind, mode, bytes, mtimeNs, ...(ctimeNs !== undefined && { ctimeNs }), content },
    ]),
  );
  return (path) => kept.get(path);
}

const start = {
  'a.txt': 'hello',
  'b.txt': 'hello',
  'd/one.ts': 'one',
  'd/two.md': 'two',
  'd/in/three.ts': 'three',
  'e/one.ts': 'one',
  'e/two.md': 'two',
  'e/in/three.ts': 'three',
};

/** An edit, and whether a COPY sees it: `=` not, `!` it does. */
const edits: readonly (readonly [
  title: string,
  line: string,
  sees: '=' | '!',
  edit: (files: MemoryFileSystem) => void,
])[] = [
  ['a touched file', 'COPY a.txt /x/', '=', (f) => f.touch('/context/a.txt')],
  ['a touched file in a folder', 'COPY . /x/', '=', (f) => f.touch('/context/d/one.ts')],
  ['other bytes', 'COPY a.txt /x/', '!', (f) => f.write('/context/a.txt', 'hullo')],
  ['other bytes deep down', 'COPY d /x/', '!', (f) => f.write('/context/d/in/three.ts', 'drei!')],
  ['bytes written again', 'COPY d /x/', '=', (f) => f.write('/context/d/one.ts', 'one')],
  ['another mode of a file', 'COPY a.txt /x/', '!', (f) => f.chmod('/context/a.txt', 0o755)],
  ['another mode in a folder', 'COPY d /x/', '!', (f) => f.chmod('/context/d/one.ts', 0o600)],
  ['setuid', 'COPY d /x/', '!', (f) => f.chmod('/context/d/one.ts', 0o4644)],
  ['another mode of the folder', 'COPY d /x/', '!', (f) => f.chmod('/context/d', 0o700)],
  ['another mode of a folder below', 'COPY . /x/', '!', (f) => f.chmod('/context/d/in', 0o700)],
  ['another mode of the root', 'COPY . /x/', '=', (f) => f.chmod('/context', 0o700)],
  ['a mode that a wildcard sees', 'COPY d* /x/', '!', (f) => f.chmod('/context/d/in', 0o700)],
  [
    'a renamed file',
    'COPY d /x/',
    '!',
    (f) => {
      f.remove('/context/d/one.ts');
      f.write('/context/d/uno.ts', 'one');
    },
  ],
  ['an added file', 'COPY d /x/', '!', (f) => f.write('/context/d/new', '')],
  ['a removed file', 'COPY d /x/', '!', (f) => f.remove('/context/d/one.ts')],
  ['an empty folder', 'COPY d /x/', '!', (f) => f.folder('/context/d/empty')],
  ['an empty folder in the root', 'COPY . /x/', '!', (f) => f.folder('/context/empty')],
  ['a file elsewhere', 'COPY d /x/', '=', (f) => f.write('/context/new', 'x')],
  ['a file of a similar name', 'COPY d /x/', '=', (f) => f.write('/context/d2', 'x')],
  [
    'a link with another target',
    'COPY links /x/',
    '!',
    (f) => f.symlink('/context/links/l', '../b.txt'),
  ],
  [
    'the target of a link in a folder',
    'COPY links /x/',
    '=',
    (f) => f.write('/context/a.txt', '!'),
  ],
  [
    'the target of a link as source',
    'COPY links/l /x/',
    '!',
    (f) => f.write('/context/a.txt', '!'),
  ],
  [
    'a link as source to equal bytes',
    'COPY links/l /x/',
    '=',
    (f) => f.symlink('/context/links/l', '../b.txt'),
  ],
  [
    'a link as source made a file',
    'COPY links/l /x/',
    '=',
    (f) => f.write('/context/links/l', 'hello'),
  ],
  [
    'a link in a folder made a file',
    'COPY links /x/',
    '!',
    (f) => f.write('/context/links/l', 'hello'),
  ],
  [
    'a hard link for an equal copy',
    'COPY . /x/',
    '=',
    (f) => f.link('/context/b.txt', '/context/a.txt'),
  ],
  ['a match added', 'COPY *.txt /x/', '!', (f) => f.write('/context/c.txt', '')],
  ['a match removed', 'COPY *.txt /x/', '!', (f) => f.remove('/context/b.txt')],
  [
    'a match renamed',
    'COPY *.txt /x/',
    '!',
    (f) => {
      f.remove('/context/b.txt');
      f.write('/context/c.txt', 'hello');
    },
  ],
  ['no match', 'COPY *.txt /x/', '=', (f) => f.write('/context/c.md', '')],
  ['no match before and after', 'COPY *.rs /x/', '=', (f) => f.write('/context/c.md', '')],
  ['the first match', 'COPY *.rs /x/', '!', (f) => f.write('/context/c.rs', '')],
  ['bytes of a match', 'COPY d/*.ts /x/', '!', (f) => f.write('/context/d/one.ts', '1')],
  ['bytes beside a match', 'COPY d/*.ts /x/', '=', (f) => f.write('/context/d/two.md', '2')],
  ['bytes in a matching folder', 'COPY d* /x/', '!', (f) => f.write('/context/d/two.md', '2')],
  [
    'a link that matches, its target',
    'COPY links/* /x/',
    '!',
    (f) => f.write('/context/a.txt', '!'),
  ],
  [
    'what is excluded',
    'COPY --exclude=*.md d /x/',
    '=',
    (f) => f.write('/context/d/two.md', 'changed'),
  ],
  [
    'a new file that is excluded',
    'COPY --exclude=*.md d /x/',
    '=',
    (f) => f.write('/context/d/n.md', ''),
  ],
  [
    'what is not excluded',
    'COPY --exclude=*.md d /x/',
    '!',
    (f) => f.write('/context/d/one.ts', '1'),
  ],
  [
    'an empty folder beside what is excluded',
    'COPY --exclude=*.md d /x/',
    '!',
    (f) => f.folder('/context/d/empty'),
  ],
  [
    'a mode beside what is excluded',
    'COPY --exclude=*.md d /x/',
    '!',
    (f) => f.chmod('/context/d', 0o700),
  ],
  ['an excluded folder', 'COPY --exclude=in d /x/', '=', (f) => f.remove('/context/d/in')],
  [
    'what an exception lets through',
    'COPY --exclude=* --exclude=!in/three.ts d /x/',
    '!',
    (f) => f.write('/context/d/in/three.ts', '3'),
  ],
  [
    'what no exception lets through',
    'COPY --exclude=* --exclude=!in/three.ts d /x/',
    '=',
    (f) => f.write('/context/d/one.ts', '3'),
  ],
  [
    'a file that --parents selects',
    'COPY --parents d/in/*.ts /x/',
    '!',
    (f) => f.write('/context/d/in/three.ts', '3'),
  ],
  [
    'a file that --parents leaves',
    'COPY --parents d/in/*.ts /x/',
    '=',
    (f) => f.write('/context/d/one.ts', '3'),
  ],
  [
    'the mode of a parent',
    'COPY --parents d/in/*.ts /x/',
    '!',
    (f) => f.chmod('/context/d', 0o700),
  ],
  [
    'the mode of a folder with nothing in it',
    'COPY --parents d/in/*.ts /x/',
    '=',
    (f) => f.chmod('/context/e', 0o700),
  ],
  [
    'a file behind the pivot',
    'COPY --parents d/./in /x/',
    '!',
    (f) => f.write('/context/d/in/three.ts', '3'),
  ],
  [
    'a file beside the pivot',
    'COPY --parents d/./in /x/',
    '=',
    (f) => f.write('/context/d/one.ts', '3'),
  ],
  [
    'a link in the root with patterns, its target',
    'COPY --exclude=a.txt . /x/',
    '!',
    (f) => f.write('/context/linked.txt', '3'),
  ],
  ['an archive, as its bytes', 'ADD a.txt /x/', '!', (f) => f.write('/context/a.txt', 'HELLO')],
  ['an archive that is touched', 'ADD a.txt /x/', '=', (f) => f.touch('/context/a.txt')],
  ['what is ignored', 'COPY . /x/', '=', (f) => f.write('/context/node_modules/x', 'y')],
  ['what is ignored and new', 'COPY . /x/', '=', (f) => f.write('/context/d/node_modules/x', 'y')],
];

describe('the content that a COPY selects', () => {
  for (const [title, line, sees, edit] of edits) {
    it(`${sees === '=' ? 'is the same after' : 'differs after'} ${title} (${line})`, async () => {
      const { files, context } = project({
        ...start,
        'linked.txt': 'linked',
        '.dockerignore': '**/node_modules',
        'node_modules/x': 'x',
      });
      files.symlink('/context/links/l', '../a.txt');
      files.symlink('/context/rooted', 'linked.txt');
      const before = await digestOf(context, line);
      assert.equal(await digestOf(context, line), before);
      edit(files);
      context.invalidate();
      const after = await digestOf(context, line);
      assert.equal(after === before, sees === '=');
      const anew = openContext(files, root, { digests: memoryDigests(files) });
      assert.equal(
        await digestOf(anew, line),
        after,
        'what is kept differs from what is read anew',
      );
    });
  }

  it('is the same however a path is written, and wherever equal files are', async () => {
    const { context } = project(start);
    const all = await Promise.all(
      ['d', 'd/', './d', '/d', 'e', '../d', 'd/in/..'].map((source) =>
        digestOf(context, `COPY ${source} /x/`),
      ),
    );
    assert.equal(new Set(all).size, 1);
    assert.equal(
      await digestOf(context, 'COPY a.txt /x'),
      await digestOf(context, 'COPY b.txt /x'),
    );
  });

  it('counts the name of what a wildcard selects, unless that is the name of the source', async () => {
    const { context } = project(start);
    assert.notEqual(
      await digestOf(context, 'COPY a.t* /x'),
      await digestOf(context, 'COPY a.txt /x'),
    );
    assert.notEqual(
      await digestOf(context, 'COPY a.t* /x'),
      await digestOf(context, 'COPY b.t* /x'),
    );
    // Its single match has the base name of the source (contenthash `Checksum`).
    const { context: other } = project({ 'd/a.txt': 'hello' });
    assert.equal(
      await digestOf(other, 'COPY */a.txt /x'),
      await digestOf(context, 'COPY a.txt /x'),
    );
  });

  it('of a bind mount is that of the path, links followed and wildcards taken by the letter', async () => {
    const { files, context } = project(start);
    files.symlink('/context/to', 'd');
    const direct = await known(context, 'd');
    assert.equal((await known(context, '/to')).sources[0]?.digest, direct.sources[0]?.digest);
    const [root] = (await known(context, '')).sources;
    assert.equal(JSON.stringify([root?.digest]), await digestOf(context, 'COPY . /x'));
    assert.match((await known(context, 'd*')).fails ?? '', /d\* is not in the build context/);
  });

  it('fails where a wildcard finds a link to nothing, unless all is left out', async () => {
    const { files, context } = project(start);
    files.symlink('/context/d/lost', 'nowhere');
    for (const [flag, fails] of [
      ['', 'The build fails: d/lost is a link to nothing.'],
      ['--exclude=lost ', 'The build fails: d/lost is a link to nothing.'],
      ['--exclude=* --exclude=!in ', null],
    ] as const) {
      assert.equal((await known(context, copyOf(`COPY ${flag}d/* /x/`))).fails, fails, flag);
    }
  });

  it('tells what is in it, with paths, modes and children in byte order', async () => {
    const { files, context } = project({
      'd/b': '1',
      'd/a/x': '22',
      'd/\u{1f600}': '',
      'd/\uff5e': '',
    });
    files.chmod('/context/d/b', 0o755);
    const [source] = (await known(context, copyOf('COPY d /x/'))).sources;
    const node = source?.matches[0]?.node;
    assert.deepEqual([...(node?.children.keys() ?? [])], ['a', 'b', '\uff5e', '\u{1f600}']);
    const b = node?.children.get('b');
    assert.deepEqual([b?.kind, b?.path, b?.mode, b?.bytes], ['file', 'd/b', 0o755, 1]);
    assert.equal(b?.content, memoryDigests(files).text('1'));
    assert.equal(node?.children.get('a')?.children.get('x')?.path, 'd/a/x');
  });
});

describe('content that the builder holds already', () => {
  it('hides an edit that keeps size and time, and says so', async () => {
    const { files, context } = project(start);
    const sent = await sentOf(context);
    const before = await digestOf(context, 'COPY . /x/', sent);
    files.sneak('/context/a.txt', 'HELLO');
    context.invalidate('/context/a.txt');
    const facts = await known(context, copyOf('COPY . /x/'), sent);
    assert.equal(JSON.stringify(facts.sources.map(({ digest }) => digest)), before);
    assert.deepEqual(facts.unnoticed, ['a.txt']);
    // Another builder, or another folder, has nothing to compare with.
    assert.notEqual(await digestOf(context, 'COPY . /x/'), before);
  });

  it('hides nothing once size, time or mode differ', async () => {
    for (const edit of [
      (files: MemoryFileSystem) => files.write('/context/a.txt', 'HELLO'),
      (files: MemoryFileSystem) => files.sneak('/context/a.txt', 'HELLO!'),
      (files: MemoryFileSystem) => {
        files.sneak('/context/a.txt', 'HELLO');
        files.chmod('/context/a.txt', 0o600);
      },
    ]) {
      const { files, context } = project(start);
      const sent = await sentOf(context);
      const before = await digestOf(context, 'COPY . /x/', sent);
      edit(files);
      context.invalidate('/context/a.txt');
      const facts = await known(context, copyOf('COPY . /x/'), sent);
      assert.notEqual(JSON.stringify(facts.sources.map(({ digest }) => digest)), before);
      assert.deepEqual(facts.unnoticed, []);
    }
  });

  it('hides an edit of a file that has other names now, and is sent first of them', async () => {
    const { files, context } = project(start);
    const sent = await sentOf(context);
    files.sneak('/context/a.txt', 'HELLO');
    files.link('/context/d/linked', '/context/a.txt');
    files.link('/context/also', '/context/a.txt');
    context.invalidate();
    const facts = await known(context, copyOf('COPY a.txt /x/'), sent);
    assert.deepEqual(facts.unnoticed, ['a.txt']);
    // The new names are links to the file as the builder has it.
    const all = await known(context, copyOf('COPY . /x/'), sent);
    assert.deepEqual(all.unnoticed.toSorted(), ['a.txt', 'also', 'd/linked']);
    const digest = (path: string) =>
      all.sources[0]?.matches[0]?.node.children.get(path)?.content ?? path;
    assert.equal(digest('also'), digest('a.txt'));
    assert.equal(digest('also'), digest('b.txt'));
  });

  it('hides nothing of a file that was sent as a link, and is none now or one to another name', async () => {
    const { files, context } = project({ 'a.txt': 'hello', 'z.txt': 'other' });
    files.link('/context/b.txt', '/context/a.txt');
    context.invalidate();
    const first = await sentOf(context);
    const sent: SentContext = (path) => {
      const entry = first(path);
      return entry && path === 'b.txt' ? { ...entry, link: 'a.txt' } : entry;
    };
    const before = await digestOf(context, 'COPY . /x/', sent);
    // Both names keep their time, and only one is what it was to the builder.
    files.sneak('/context/a.txt', 'HELLO');
    context.invalidate();
    assert.equal(await digestOf(context, 'COPY . /x/', sent), before);
    files.unlink('/context/b.txt');
    context.invalidate();
    const facts = await known(context, copyOf('COPY . /x/'), sent);
    assert.deepEqual(facts.unnoticed, ['a.txt']);
    assert.notEqual(await digestOf(context, 'COPY . /x/', sent), before);
    assert.notEqual(await digestOf(context, 'COPY b.txt /x/', sent), before);
  });

  it('hides nothing once the builder gave its copy up', async () => {
    const { files, context } = project(start);
    const all = await sentOf(context);
    const before = await digestOf(context, 'COPY . /x/', all);
    const sent: SentContext = (path) => {
      const entry = all(path);
      return entry && { ...entry, mtimeNs: '' };
    };
    assert.equal(await digestOf(context, 'COPY . /x/', sent), before);
    files.sneak('/context/a.txt', 'HELLO');
    context.invalidate();
    assert.notEqual(await digestOf(context, 'COPY . /x/', sent), before);
    files.sneak('/context/a.txt', 'hello');
    files.chmod('/context/d', 0o700);
    context.invalidate();
    assert.notEqual(await digestOf(context, 'COPY . /x/', sent), before);
  });

  it('hides the mode of a folder that it has, not that of a new one', async () => {
    for (const line of ['COPY . /x/', 'COPY d /x/', 'COPY d* /x/', 'COPY --exclude=*.md d /x/']) {
      const { files, context } = project(start);
      const sent = await sentOf(context);
      const before = await digestOf(context, line, sent);
      files.chmod('/context/d', 0o700);
      context.invalidate('/context/d');
      const facts = await known(context, copyOf(line), sent);
      assert.equal(JSON.stringify(facts.sources.map(({ digest }) => digest)), before, line);
      assert.deepEqual(facts.unnoticed, ['d/'], line);
      assert.notEqual(await digestOf(context, line), before, line);
    }
  });

  it('spares reading files of which nothing changed since', async () => {
    const { files, context } = project(start);
    const sent = await sentOf(context);
    const digests = memoryDigests(files);
    const later = openContext(files, root, { digests });
    await digestOf(later, 'COPY . /x/', sent);
    assert.deepEqual(digests.read, []);
    files.sneak('/context/a.txt', 'HELLO');
    files.write('/context/b.txt', 'new');
    later.invalidate();
    const { unnoticed } = await known(later, copyOf('COPY . /x/'), sent);
    assert.deepEqual(digests.read.sort(), ['/context/a.txt', '/context/b.txt']);
    assert.deepEqual(unnoticed, ['a.txt']);
  });

  it('keeps what it holds in the nodes, for the next record', async () => {
    const { files, context } = project(start);
    const sent = await sentOf(context);
    files.sneak('/context/a.txt', 'HELLO');
    files.chmod('/context/d', 0o700);
    context.invalidate();
    const [source] = (await known(context, '', sent)).sources;
    const children = source?.matches[0]?.node.children;
    assert.equal(children?.get('a.txt')?.content, sent('a.txt')?.content);
    assert.equal(children?.get('d')?.mode, 0o755);
  });
});

/** What the builder holds of a context since the build that a snapshot stands for. */

import assert from 'node:assert/strict';
import { chmodSync, linkSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFileSystem } from '../../../server/src/host/nodeFileSystem.ts';
import type { StackReport } from '../../../server/src/protocol.ts';
import { cli, folderWith, removeFolders } from '../../support/cli.ts';

const time = 1_700_000_000;

/** A file with a time that was kept, as archives and some tools set it. */
function put(folder: string, path: string, text: string): void {
  rmSync(join(folder, path), { force: true });
  writeFileSync(join(folder, path), text);
  utimesSync(join(folder, path), time, time);
}

interface Told {
  readonly words: readonly string[];
  readonly notes: readonly string[];
}

/** What is said of the lines behind FROM after the edit. */
async function told(
  lines: string,
  lay: (folder: string) => void,
  edit: (folder: string) => void,
): Promise<Told> {
  const folder = folderWith({
    Dockerfile: `FROM alpine\n${lines}\n`,
    '.dockerignore': 'Dockerfile\n.dockerignore\nsnapshot.json\n',
    'src/in/c': 'c',
  });
  for (const path of ['src/a', 'src/b', 'src/in/c']) put(folder, path, path.at(-1) ?? '');
  lay(folder);
  const file = join(folder, 'Dockerfile');
  const snapshot = join(folder, 'snapshot.json');
  const options = ['--context', folder, '--no-engine'];
  assert.equal((await cli(['snapshot', file, ...options, '-o', snapshot])).code, 0);
  edit(folder);
  const { out } = await cli(['report', file, ...options, '--json', '--since', snapshot]);
  const { stages } = JSON.parse(out) as StackReport;
  const cache = stages[0]?.instructions.flatMap((each) => each.cache ?? []) ?? [];
  return {
    words: cache.map(({ prediction }) => prediction),
    notes: cache.flatMap(({ notes = [] }) => notes.filter((note) => /notice/.test(note))),
  };
}

const nothing = () => {};

describe('a context that the builder holds since the last build', () => {
  afterEach(removeFolders);

  it('hides edits that keep size and time, and what is said names three of them', async () => {
    const { words, notes } = await told(
      'COPY src /src',
      (folder) => put(folder, 'src/d', 'd'),
      (folder) => {
        for (const path of ['src/a', 'src/b', 'src/d', 'src/in/c']) put(folder, path, 'x');
        chmodSync(join(folder, 'src/in'), 0o700);
      },
    );
    assert.deepEqual(words, ['cached']);
    assert.deepEqual(notes, [
      'src/a, src/b, src/d and 1 more changed, but the builder does not notice: size and time are those of its last copy.',
      'The mode of src/in/ changed, but the builder does not notice: a folder keeps the mode of its last copy.',
    ]);
  });

  it('is sent anew once a RUN may have written to a bind mount of it', async () => {
    const edit = (folder: string) => put(folder, 'src/a', 'x');
    const mount = 'RUN --mount=type=bind,source=src/in,target=/m';
    const read = await told(`${mount} true\nCOPY src /src`, nothing, edit);
    assert.deepEqual(read.words, ['cached', 'cached']);
    const written = await told(`${mount},rw true\nCOPY src /src`, nothing, edit);
    assert.deepEqual(written, { words: ['cached', 'changed'], notes: [] });
  });

  it('has another name of a file as a link, and notices when it is none', async () => {
    const names = (folder: string) => {
      rmSync(join(folder, 'src/b'));
      linkSync(join(folder, 'src/a'), join(folder, 'src/b'));
    };
    for (const line of ['COPY src /src', 'COPY src/b /b\nCOPY src/a /a']) {
      const { words } = await told(line, names, (folder) => put(folder, 'src/b', 'x'));
      assert.equal(words[0], 'changed', line);
    }
    const alone = await told('COPY src/b /b', names, (folder) => put(folder, 'src/b', 'x'));
    assert.deepEqual(alone.words, ['cached']);
  });

  it('takes a new link for the file that it has under the other name', async () => {
    const link = (folder: string) => {
      rmSync(join(folder, 'src/a'));
      linkSync(join(folder, 'src/b'), join(folder, 'src/a'));
    };
    // Both names are what it has as src/a, so that src/b is another.
    const { words, notes } = await told('COPY src/a /a\nCOPY src/b /b', nothing, link);
    assert.deepEqual(words, ['cached', 'changed']);
    assert.match(notes[0] ?? '', /^src\/a changed/);
  });
});

describe('what the file system says of devices', () => {
  it('tells one from the other', async function () {
    if (process.platform === 'win32') return this.skip();
    const [one, other] = await Promise.all(
      ['/dev/null', '/dev/zero'].map((path) => nodeFileSystem.lstat(path)),
    );
    assert.match(one?.special ?? '', /^c \d+$/);
    assert.notEqual(one?.special, other?.special);
  });
});

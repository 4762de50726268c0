/** The words for what changed in a real folder: links, kinds, and what other lines take. */

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackReport } from '../../../server/src/protocol.ts';
import { cli, folderWith, removeFolders } from '../../support/cli.ts';

type Edit = (at: (path: string) => string) => void;

/** The causes of the lines behind FROM after an edit. */
async function causes(lines: string, edit: Edit): Promise<readonly string[]> {
  const folder = folderWith({
    Dockerfile: `FROM alpine\n${lines}\n`,
    'src/a.txt': 'a',
    'src/b.txt': 'the other',
    'src/in/c': 'c',
  });
  const at = (path: string) => join(folder, path);
  symlinkSync('a.txt', at('src/link'));
  symlinkSync('in', at('src/folder'));
  const snapshot = at('snapshot.json');
  const options = [at('Dockerfile'), '--context', folder, '--no-engine'];
  assert.equal((await cli(['snapshot', ...options, '-o', snapshot])).code, 0);
  edit(at);
  const { out } = await cli(['report', ...options, '--json', '--since', snapshot]);
  const { stages } = JSON.parse(out) as StackReport;
  const cache = stages[0]?.instructions.flatMap((each) => each.cache ?? []) ?? [];
  return cache.map(({ cause }) => cause?.reason ?? 'cached');
}

const retarget: Edit = (at) => {
  rmSync(at('src/link'));
  symlinkSync('b.txt', at('src/link'));
};

describe('the words for files that changed', () => {
  afterEach(removeFolders);

  const cases: readonly (readonly [string, string, Edit, readonly string[]])[] = [
    ['a link in a folder', 'COPY src /s', retarget, ['src/link points to b.txt now']],
    ['a link as source', 'COPY src/link /s', retarget, ['src/link leads to src/b.txt now']],
    [
      'a link among sources',
      'COPY src/in src/link /s/',
      retarget,
      ['src/link leads to src/b.txt now'],
    ],
    [
      'a folder in place of a link',
      'COPY src /s',
      (at) => {
        rmSync(at('src/folder'));
        mkdirSync(at('src/folder'));
        writeFileSync(at('src/folder/new'), 'n');
      },
      ['src/folder became a folder'],
    ],
    [
      'a link in place of a folder',
      'COPY src /s',
      (at) => {
        rmSync(at('src/in'), { recursive: true });
        symlinkSync('.', at('src/in'));
      },
      ['src/in became a link'],
    ],
    [
      'a file that one line takes and another leaves out',
      'COPY --exclude=*.txt src /s\nCOPY src /t',
      (at) => {
        writeFileSync(at('src/a.txt'), 'other');
        writeFileSync(at('src/in/c'), 'other');
      },
      ['src/in/c changed', 'src/in/c changed'],
    ],
  ];
  for (const [title, lines, edit, expected] of cases) {
    it(`name ${title}`, async () => assert.deepEqual(await causes(lines, edit), expected));
  }
});

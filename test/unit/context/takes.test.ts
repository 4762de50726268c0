import assert from 'node:assert/strict';
import { openContext } from '../../../server/src/context/buildContext.ts';
import { readIgnoreFile } from '../../../server/src/context/dockerignore.ts';
import { passesLink, takenBy } from '../../../server/src/context/takes.ts';
import type { ResolvedCopy } from '../../../server/src/model/plan.ts';
import { memoryFileSystem } from '../../support/memoryFileSystem.ts';
import { planOf } from '../../support/plans.ts';

const paths = [
  'package.json',
  'src/app.ts',
  'src/deep/er/x.md',
  'src/deep/y.ts',
  'docs/a.md',
  'docs/node_modules/b.md',
  'node_modules/m/index.js',
  'a b/c d.txt',
  '[x]/y.txt',
  'dist/keep.js',
  'dist/drop.js',
  '.git/HEAD',
];

const ignores = [
  '',
  'node_modules',
  '**/node_modules\n*.md',
  '*\n!src\n!package.json',
  '*\n!src/**\nsrc/deep',
  'dist/*\n!dist/keep.js\n.git',
  'src/*/er\n**/*.md\n!docs/a.md',
];

const copies = [
  'COPY . .',
  'COPY ./ /app/',
  'COPY src /app',
  'COPY src/ package.json /app/',
  'COPY src/deep/../app.ts /app/',
  'COPY *.json /app/',
  'COPY s?c /app/',
  'COPY */*.ts /app/',
  'COPY --exclude=**/*.ts . /app/',
  'COPY --exclude=deep --exclude=!deep/y.ts src /app/',
  'COPY --exclude=*.json package.json /app/',
  'COPY --parents src/**/*.md package.json /app/',
  'COPY --parents ./src/./deep/* /app/',
  'COPY missing* /app/',
  'COPY ["a b", "/app/"]',
  'COPY dist/keep.js /app/',
  'ADD docs /app/',
];

function copyPlanOf(text: string): ResolvedCopy {
  const copy = planOf(`FROM scratch\n${text}\n`).stages[0]?.steps[0]?.copy;
  assert.ok(copy, text);
  return copy;
}

describe('what a COPY takes, by the path alone', () => {
  for (const ignore of ignores) {
    for (const text of copies) {
      it(`${text} behind ${JSON.stringify(ignore)} takes the files that it takes from the folder`, async () => {
        const files = memoryFileSystem();
        for (const path of paths) files.write(`/context/${path}`, path);
        if (ignore !== '') files.write('/context/.dockerignore', ignore);
        const copy = copyPlanOf(text);
        const found = await openContext(files, '/context').files(copy);
        const takes = takenBy(copy, readIgnoreFile(ignore).patterns);
        const all = ignore === '' ? paths : [...paths, '.dockerignore'];
        assert.deepEqual(all.filter(takes).sort(), found.map(({ path }) => path).sort());
      });
    }
  }

  it('is not known by the path where a source leads through a link', () => {
    const links = ['deep/link', 'top'];
    const passes = (text: string) => passesLink(copyPlanOf(text), links);
    assert.deepEqual(
      ['COPY top /', 'COPY top/x /', 'COPY deep/l* /x/', 'COPY deep/link/y /'].map(passes),
      [true, true, true, true],
    );
    assert.deepEqual(['COPY . /', 'COPY deep /', 'COPY *.js /x/'].map(passes), [
      false,
      false,
      false,
    ]);
  });

  it('tells of files that are there no more', () => {
    const takes = takenBy(copyPlanOf('COPY src /app'), readIgnoreFile('*.log').patterns);
    assert.equal(takes('src/gone.ts'), true);
    assert.equal(takes('srcs/gone.ts'), false);
    assert.equal(takes('src/sub/gone.log'), true);
    assert.equal(takes('gone.log'), false);
  });
});

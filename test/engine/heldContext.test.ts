/**
 * What the builder takes as unchanged since the last build, and what gives its copy of a context up:
 * what `report --since` says is held against what the builder then does.
 */

import assert from 'node:assert/strict';
import { chmodSync, linkSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackReport } from '../../server/src/protocol.ts';
import { cli, folderWith, removeFolders } from '../support/cli.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithEngine } from './engine.ts';
import { buildSteps } from './stepOutcomes.ts';

type Change = (at: (path: string) => string) => void;

/** A file of its own with a time that is always the same. */
const put =
  (path: string, text: string): Change =>
  (at) => {
    rmSync(at(path), { force: true });
    writeFileSync(at(path), text);
    utimesSync(at(path), 1_700_000_000, 1_700_000_000);
  };

const link =
  (path: string, existing: string): Change =>
  (at) => {
    rmSync(at(path), { force: true });
    linkSync(at(existing), at(path));
  };

const all =
  (...changes: readonly Change[]): Change =>
  (at) => {
    for (const change of changes) change(at);
  };

const cases: readonly (readonly [title: string, lines: string, lay: Change, edit: Change])[] = [
  ['an edit that keeps size and time', 'COPY src /s', () => {}, put('src/a', 'x')],
  [
    'one beside a RUN that reads the context',
    'RUN --mount=type=bind,source=src/in,target=/m true\nCOPY src /s',
    () => {},
    put('src/a', 'x'),
  ],
  [
    'one beside a RUN that may write to the context',
    'RUN --mount=type=bind,source=src/in,target=/m,rw true\nCOPY src /s',
    () => {},
    all(put('src/a', 'x'), (at) => chmodSync(at('src/in'), 0o700)),
  ],
  ['the mode of a folder', 'COPY src /s', () => {}, (at) => chmodSync(at('src/in'), 0o700)],
  [
    'both names of a file',
    'COPY src /s',
    link('src/b', 'src/a'),
    all(put('src/a', 'x'), link('src/b', 'src/a')),
  ],
  ['a name of its own', 'COPY src /s', link('src/b', 'src/a'), put('src/b', 'x')],
  [
    'a name of its own on another line',
    'COPY src/b /b\nCOPY src/a /a',
    link('src/b', 'src/a'),
    put('src/b', 'x'),
  ],
  ['a name of its own, alone', 'COPY src/b /b', link('src/b', 'src/a'), put('src/b', 'x')],
  ['a file that becomes a link of another', 'COPY src /s', () => {}, link('src/a', 'src/b')],
  [
    'two files that trade places',
    'COPY src /s',
    link('src/c', 'src/b'),
    (at) => {
      renameSync(at('src/a'), at('kept'));
      renameSync(at('src/b'), at('src/a'));
      renameSync(at('kept'), at('src/b'));
    },
  ],
];

describeWithEngine('what the builder holds of a context', () => {
  before(() => ensureBaseImage());
  afterEach(removeFolders);

  for (const [index, [title, lines, lay, edit]] of cases.entries()) {
    it(`is told right after ${title}`, async () => {
      const nonce = `held-${process.pid}-${Date.now()}-${index}`;
      const top = folderWith({
        [`${nonce}/Dockerfile`]: `FROM ${baseImage}\nRUN echo ${nonce}\n${lines}\nRUN true\n`,
        [`${nonce}/src/in/file`]: nonce,
      });
      const folder = join(top, nonce);
      const at = (path: string) => join(folder, path);
      all(put('src/a', 'a'), put('src/b', 'b'), lay)(at);
      const options = [at('Dockerfile'), '--context', folder, '--no-engine'];
      const snapshot = join(top, 'snapshot.json');
      assert.equal((await cli(['snapshot', ...options, '-o', snapshot])).code, 0);
      await buildSteps({ folder });
      edit(at);
      const { out } = await cli(['report', ...options, '--json', '--since', snapshot]);
      const { stages } = JSON.parse(out) as StackReport;
      const told = stages.flatMap(({ instructions }) =>
        instructions.flatMap(({ range, cache }) =>
          cache ? [[range.start.line + 1, cache.prediction === 'cached' ? 'cached' : 'ran']] : [],
        ),
      );
      const done = [...(await buildSteps({ folder }))].map(([line, steps]) => [
        line,
        steps.at(-1)?.outcome,
      ]);
      assert.deepEqual(Object.fromEntries(told), Object.fromEntries(done));
    });
  }
});

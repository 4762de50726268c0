import assert from 'node:assert/strict';
import { diagnostics } from '../../../server/src/features/diagnostics.ts';
import { analyzed } from '../../support/analyses.ts';

async function told(text: string, settings: unknown = {}, other = false): Promise<string[]> {
  const { analysis, document } = await analyzed(text, { diagnostics: settings });
  return diagnostics(analysis, document, { otherDockerfileExtension: other }).map(
    ({ code, range, severity, source }) => {
      assert.equal(source, 'dockerfile-layers');
      return `${range.start.line}:${range.start.character} ${severity} ${code}`;
    },
  );
}

const broken = 'FROM debian\nRUNN x\n';

describe('diagnostics', () => {
  it('tell what BuildKit refuses only where nobody else does', async () => {
    assert.equal((await told(broken)).length, 1);
    assert.equal((await told(broken, {}, true)).length, 0);
    assert.equal((await told(broken, { buildkitErrors: 'on' }, true)).length, 1);
    assert.equal((await told(broken, { buildkitErrors: 'off' })).length, 0);
  });

  it('tell of a comment behind an instruction whoever else is there', async () => {
    const text = 'FROM debian # base\nCOPY . /app # code\n';
    const expected = ['0:12 1 trailing-comment', '1:12 2 trailing-comment'];
    assert.deepEqual(await told(text), expected);
    assert.deepEqual(await told(text, { buildkitErrors: 'off' }, true), expected);
  });

  it('are silenced by a comment above the instruction, errors excepted', async () => {
    const silent = (comment: string, line = 'COPY . /app # code') =>
      told(`FROM debian\n${comment}\n${line}\n`);
    assert.deepEqual(await silent('# dockerfile-layers ignore=trailing-comment'), []);
    assert.deepEqual(await silent('#dockerfile-layers  ignore=other,trailing-comment'), []);
    assert.equal((await silent('# dockerfile-layers ignore=other')).length, 1);
    assert.equal((await silent('# trailing-comment')).length, 1);
    assert.equal(
      (await silent('# dockerfile-layers ignore=trailing-comment', 'EXPOSE 80 # web')).length,
      1,
    );
  });

  it('stand in the order of the file and are full sentences', async () => {
    const { analysis, document } = await analyzed('FROM a # x\nRUNN\nENV A=b # c\n');
    const all = diagnostics(analysis, document, { otherDockerfileExtension: false });
    const starts = all.map(({ range }) => range.start.line);
    assert.deepEqual(starts, [...starts].sort());
    assert.ok(all.length >= 3);
  });
});

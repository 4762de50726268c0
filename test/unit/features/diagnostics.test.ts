import assert from 'node:assert/strict';
import { diagnostics } from '../../../server/src/features/diagnostics.ts';
import { analyzed } from '../../support/analyses.ts';
import { memoryFileSystem } from '../../support/memoryFileSystem.ts';

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

  describe('advise', () => {
    const files = memoryFileSystem({
      '/context/big': 'x'.repeat(2_000_000),
      '/context/small': 'x',
    });
    const advised = async (text: string, settings: unknown = {}) => {
      const { analysis, document } = await analyzed(
        text,
        { diagnostics: settings },
        { files, path: '/context/Dockerfile' },
      );
      return diagnostics(analysis, document, { otherDockerfileExtension: false });
    };
    const chown = 'FROM debian\nCOPY big /app/\nRUN chown -R www /app\n';

    it('where a RUN stores a large COPY again, as a hint on its keyword', async () => {
      const [only, ...more] = await advised(chown);
      assert.equal(more.length, 0);
      assert.equal(only?.code, 'stores-again');
      assert.equal(only.severity, 4);
      assert.deepEqual(only.range.start, { line: 2, character: 0 });
      assert.equal(
        only.message,
        'chown stores again the 2 MB that line 2 stored already. Use COPY --chown in line 2.',
      );
    });

    it('where a RUN deletes a large COPY in vain', async () => {
      const [only] = await advised('FROM debian\nCOPY big /app/\nRUN rm -rf /app\n');
      assert.equal(only?.code, 'frees-nothing');
    });

    it('not on small files, not where they may be gone, and not in a stage that is not built', async () => {
      assert.deepEqual(await advised(chown.replaceAll('big', 'small')), []);
      assert.deepEqual(await advised(chown.replace('RUN', 'RUN make && rm -r /app\nRUN')), [
        ...(await advised('FROM debian\nCOPY big /app/\nRUN make && rm -r /app\n')),
      ]);
      assert.deepEqual(await advised(`${chown}FROM scratch\n`), []);
    });

    it('not where the setting or a comment above says so', async () => {
      assert.deepEqual(await advised(chown, { advice: false }), []);
      const silenced = chown.replace('RUN', '# dockerfile-layers ignore=stores-again\nRUN');
      assert.deepEqual(await advised(silenced), []);
    });
  });
});

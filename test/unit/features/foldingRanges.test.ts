import assert from 'node:assert/strict';
import { foldingRanges } from '../../../server/src/features/foldingRanges.ts';
import { analyzed } from '../../support/analyses.ts';

async function folds(text: string): Promise<string[]> {
  const { analysis, document } = await analyzed(text);
  return foldingRanges(analysis.program, document)
    .map(({ startLine, endLine, kind }) => `${startLine}-${endLine}${kind ? ` ${kind}` : ''}`)
    .sort();
}

describe('folding', () => {
  it('takes stages, continued instructions and blocks of comments', async () => {
    const text = `\
# one
# two

FROM a
RUN x \\
  y
# alone
FROM b
RUN z
`;
    assert.deepEqual(await folds(text), ['0-1 comment', '3-5', '4-5', '7-8']);
  });

  it('takes each heredoc, from the line before its body to its end', async () => {
    const text = `\
FROM a
COPY <<A <<B /x/
a
A
b
B
`;
    assert.deepEqual(await folds(text), ['0-5', '1-5', '3-5']);
  });

  it('takes nothing of one line', async () => {
    assert.deepEqual(await folds('FROM a\n'), []);
    assert.deepEqual(await folds(''), []);
  });
});

import assert from 'node:assert/strict';
import { plain, sentence } from '../../../client/src/plain.ts';

describe('sentences in tooltips', () => {
  it('stay as they are, with spaces at which a line can break', () => {
    assert.equal(plain('The next build runs\n 2 steps'), 'The next build runs 2 steps');
  });

  it('are never read as Markdown, but for code in backticks', () => {
    assert.equal(plain('`rm -rf *` frees *nothing*'), '`rm -rf *` frees \\*nothing\\*');
    assert.equal(
      plain('[x](command:y) <b> $(zap)'),
      '\\[x\\]\\(command\\:y\\) \\<b\\> \\$\\(zap\\)',
    );
    assert.equal(plain('a lone ` mark'), 'a lone \\` mark');
  });

  it('have times of today without the date, and no other text changed', () => {
    const now = new Date(2026, 10, 21, 15);
    assert.equal(
      sentence('Made 2026-11-21 14:02, before that 2026-11-20 14:02.', now),
      'Made 14\\:02, before that 2026\\-11\\-20 14\\:02\\.',
    );
    assert.equal(plain('RUN echo 2026'), 'RUN echo 2026');
  });
});

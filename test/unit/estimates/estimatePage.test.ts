/** The page of estimates beside real builds: what counts as right, and that it is of today's fixtures. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { computed, unknown } from '../../../server/src/size/size.ts';
import type { ComparedLine } from '../../engine/estimateCases.ts';
import {
  fixturesDigest,
  page,
  pagePath,
  summaryOf,
  verdictOf,
  wrongCounts,
} from '../../engine/estimatePage.ts';
import { estimated } from '../../support/comparedLines.ts';

const line = (size: ComparedLine['size'], measured: number, text = 'RUN x'): ComparedLine => ({
  name: 'apt-a',
  line: 2,
  keyword: 'RUN',
  text,
  size,
  measured,
});

describe('estimates beside real builds', () => {
  it('a figure is right within its band, ends included', () => {
    assert.equal(verdictOf(estimated(90, 100, 110), 90), 'inside');
    assert.equal(verdictOf(estimated(90, 100, 110), 110), 'inside');
    assert.equal(verdictOf(estimated(90, 100, 110), 89), 'outside');
    assert.equal(verdictOf(estimated(90, 100, 110), 111), 'outside');
  });

  it('a lower bound is right below any layer, and wrong above it', () => {
    assert.equal(verdictOf(estimated(90, 100, 110, true), 5000), 'inside');
    assert.equal(verdictOf(estimated(90, 100, 110, true), 89), 'outside');
  });

  it('no figure is neither right nor wrong', () => {
    assert.equal(verdictOf(unknown('Only a build tells.'), 0), 'unknown');
  });

  it('a counted figure is wrong when one byte differs', () => {
    const wrong = line(computed(100, 'Counted.'), 101);
    assert.deepEqual(wrongCounts([wrong, line(computed(7, 'Counted.'), 7)]), [wrong]);
    assert.deepEqual(wrongCounts([line(estimated(90, 100, 110), 5)]), []);
  });

  it('sums up RUN lines by their verdicts', () => {
    const lines = [
      line(estimated(900_000, 1_010_000, 1_100_000), 1_000_000),
      line(estimated(900_000, 950_000, 1_100_000), 2_000_000),
      line(estimated(0, 5, 10, true), 40),
      line(unknown('Only a build tells.'), 12),
      { ...line(computed(3, 'Counted.'), 3), keyword: 'COPY' },
    ];
    const { outside, ...counts } = summaryOf(lines);
    assert.deepEqual(outside, [lines[1]]);
    assert.deepEqual(counts, { lines: 4, figures: 3, lowerBounds: 1, median: 0.01, p90: 0.01 });
  });

  it('shows each line with its estimate, band and layer, and those outside apart', () => {
    const text = page(
      [line(estimated(900_000, 1_010_000, 1_100_000), 2_000_000, 'RUN a | b')],
      '28.5.2',
      '2026-01-02',
    );
    const row =
      '| apt-a | 2 | `a \\| b` | 1 010 000 | 900 000 to 1 100 000 | 2 000 000 | -990 000 (-49.50 %) **outside** |';
    assert.equal(text.split(row).length, 3, text);
    assert.match(text, /^\| apt \| 1 \| 1 \| 0 \| 1 \| 49\.50 % \| 49\.50 % \|$/m);
  });

  it('docs/estimates.md is of the fixtures as they are now: npm run estimates writes it', () => {
    assert.ok(readFileSync(pagePath, 'utf8').includes(`<!-- fixtures: ${fixturesDigest()} -->`));
  });
});

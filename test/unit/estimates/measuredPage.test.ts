/** The table of errors by kind of instruction: what is counted, and that the page is of today's builds. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { computed, unknown } from '../../../server/src/size/size.ts';
import type { ComparedLine } from '../../engine/estimateCases.ts';
import {
  byKind,
  kindOf,
  kindSummary,
  measuredDigest,
  measuredPath,
  measuredTable,
} from '../../engine/measuredPage.ts';
import { estimated } from '../../support/comparedLines.ts';

const line = (size: ComparedLine['size'], measured: number, text = 'RUN make'): ComparedLine => ({
  name: 'a',
  line: 2,
  keyword: text.split(' ')[0] ?? '',
  text,
  size,
  measured,
});

describe('figures beside what was measured, by kind of instruction', () => {
  it('a RUN line belongs to the family of its program', () => {
    const kind = (text: string) => kindOf({ keyword: text.split(' ')[0] ?? '', text });
    assert.equal(kind('RUN apt-get update && apt-get install -y git'), 'RUN, apt');
    assert.equal(kind('RUN npm ci'), 'RUN, npm, yarn, pnpm');
    assert.equal(kind('RUN git clone https://example.com/x'), 'RUN, git');
    assert.equal(kind('RUN echo yes > /state'), 'RUN, shell and files');
    assert.equal(kind('COPY apt-get /bin/'), 'COPY');
    assert.equal(kind('ADD x.tar /'), 'ADD');
  });

  it('COPY, ADD and WORKDIR come first, then the families by name', () => {
    const lines = ['RUN npm ci', 'RUN apt-get update', 'WORKDIR /a', 'ADD a /', 'COPY a /'];
    assert.deepEqual(
      byKind(lines.map((text) => line(computed(0, 'Counted.'), 0, text))).map(([kind]) => kind),
      ['COPY', 'ADD', 'WORKDIR', 'RUN, apt', 'RUN, npm, yarn, pnpm'],
    );
  });

  it('counts exact figures, bands, lower bounds and unknown ones apart', () => {
    const summary = kindSummary([
      line(computed(1_000_000, 'Counted.'), 1_000_000),
      line(estimated(900_000, 1_010_000, 1_100_000), 1_000_000),
      line(estimated(900_000, 950_000, 1_100_000), 2_000_000),
      line(estimated(10, 20, 30, true), 5_000_000),
      line(unknown('Only a build tells.'), 7),
    ]);
    const { lines, exact, inside, outside, lowerBounds } = summary;
    assert.deepEqual([lines, exact, inside, outside, lowerBounds], [5, 1, 3, 1, 1]);
    assert.equal(summary.unknown, 1);
    assert.equal(summary.median, 0.01);
    assert.equal(summary.p90, 0.525);
    assert.equal(summary.worst, 1_050_000);
  });

  it('a few bytes of a small layer are no large error', () => {
    assert.equal(kindSummary([line(estimated(0, 30, 50), 10)]).median, 0.0002);
  });

  it('a kind without a figure has no error', () => {
    const { median, p90, worst } = kindSummary([line(unknown('Only a build tells.'), 7)]);
    assert.deepEqual([median, p90, worst], [null, null, null]);
    assert.match(
      measuredTable([line(unknown('Only a build tells.'), 7)])[2] ?? '',
      /^\| RUN, compile \| 1 \| 0 \| {2}\| 0 \| 0 \| 1 \| {2}\| {2}\| {2}\|$/,
    );
  });

  it('docs/measured.md is of these builds (`npm run measured` writes it)', () => {
    assert.ok(readFileSync(measuredPath, 'utf8').includes(`<!-- builds: ${measuredDigest()} -->`));
  });
});

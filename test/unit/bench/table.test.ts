/** The benchmark's report says what is missing, and judges only what was measured. */

import assert from 'node:assert/strict';
import type { Result } from '../../../bench/editing.ts';
import { goalsOf, type Measured, report } from '../../../bench/table.ts';

const result = (p50: number, usage: Result['usage'] = null): Result => ({
  openMs: 10,
  edit: { n: 30, p50, p95: 2 * p50 },
  cpuPerEditMs: usage && 5,
  usage,
  stale: 0,
});
const usage = { cpuMs: 10, rssMB: 60, peakMB: 70 };

const measured = (
  results: Measured['texts'][number]['results'],
  astMs: number | null,
): Measured => ({
  date: '2000-01-01T00:00:00.000Z',
  command: 'npm run bench',
  machine: 'a machine',
  load: [0, 0],
  seconds: 60,
  starts: [{ name: 'ours', spread: { n: 5, p50: 100, p95: 120 } }],
  texts: [{ name: '1,000 realistic lines', bytes: 30_000, load: 0, results }],
  alone: [{ name: '1,000 realistic lines', bytes: 30_000, parseMs: 0.5, astMs, analysisMs: 3 }],
  nextBuild: [
    { name: 'an edit of the last line', modelMs: 1, keysMs: 2, predictionsMs: 1, steps: 9 },
  ],
  estimates: [{ name: 'an edit in the middle', modelMs: 2, withoutMs: 0.5, withMs: 3, runs: 100 }],
  context: {
    files: 100_000,
    bytes: 6e7,
    heapBytes: 8e7,
    times: [
      { name: 'all looked at', ms: { n: 9, p50: 300, p95: 400 }, pauseMs: 9 },
      { name: '`git status` of the same', ms: { n: 9, p50: 150, p95: 200 }, pauseMs: null },
    ],
    server: {
      firstMs: 4000,
      meanwhile: { n: 200, p50: 2, p95: 9 },
      saved: { n: 30, p50: 56, p95: 61 },
    },
  },
});

describe('the report of the benchmark', () => {
  it('says why CPU time and memory are missing where there is no Linux', () => {
    const all = { hints: result(3), hover: result(3), peer: result(33) };
    assert.match(report(measured(all, 10)), /only read on Linux/);
  });

  it('says which text the peer was not asked with', () => {
    const markdown = report(measured({ hints: result(3, usage), hover: result(3, usage) }, null));
    assert.match(markdown, /The peer was not asked with 1,000 realistic lines/);
    assert.match(markdown, /`dockerfile-ast` was not asked with 1,000 realistic lines/);
    assert.doesNotMatch(markdown, /only read on Linux/);
  });

  it('has no notes where nothing is missing', () => {
    const all = { hints: result(3, usage), hover: result(3, usage), peer: result(33, usage) };
    assert.doesNotMatch(report(measured(all, 10)), /not asked|only read|no further edits/);
  });

  it('says what estimates add to an edit', () => {
    const all = measured({ hints: result(3) }, 10);
    const goal = goalsOf(all).find(({ text }) => text.startsWith('Estimates add'));
    assert.deepEqual([goal?.figure, goal?.met], ['2.5 ms', true]);
    assert.match(report(all), /\| an edit in the middle \| 100 \| 2 \| 0\.5 \| 3 \| 2\.5 \|/);
  });

  it('sets a look at a large context beside git status', () => {
    const markdown = report(measured({ hints: result(3) }, 10));
    assert.match(markdown, /\| all looked at \| 300 \| 400 \| 9 \| 9 \| 2× \|/);
    assert.match(markdown, /\| a question for hints meanwhile \| 2 \| 9 \| 200 \|/);
    assert.match(markdown, /\| saving a file to the changed hint; .* \| 56 \| 61 \| 30 \|/);
  });

  it('judges a goal only where both sides were measured', () => {
    const [edit] = goalsOf(measured({ hints: result(3), peer: result(33) }, 10));
    assert.deepEqual([edit?.figure, edit?.met], ['1/11', true]);
    const [alone] = goalsOf(measured({ hints: result(3) }, 10));
    assert.deepEqual([alone?.figure, alone?.met], ['–', null]);
  });
});

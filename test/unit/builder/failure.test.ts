import assert from 'node:assert/strict';
import { failureOf } from '../../../server/src/builder/failure.ts';

const excerpt = (line: number, error: string) => [
  `Dockerfile:${line}`,
  '--------------------',
  `   ${line - 1} |     RUN a`,
  `   ${line} | >>> RUN b \\`,
  `   ${line + 1} | >>>   && c`,
  '--------------------',
  `ERROR: failed to build: failed to solve: ${error}`,
];

describe('why a build failed', () => {
  const why = (text: readonly string[]) => failureOf({ text }, new Map());

  it('is what the builder says last, with the first line that it marks', () => {
    assert.deepEqual(why(['WARN: x', ...excerpt(7, 'no luck')]), {
      message: 'no luck',
      line: 7,
      step: null,
    });
  });

  it('is at the line that a parse error names', () => {
    const text = [
      'ERROR: failed to solve: dockerfile parse error on line 3: unknown instruction: X',
    ];
    assert.deepEqual(why(text), {
      message: 'dockerfile parse error on line 3: unknown instruction: X',
      line: 3,
      step: null,
    });
  });

  it('may be at no line, and have more lines of its own', () => {
    assert.deepEqual(why(['ERROR: denied', 'ask someone', '']), {
      message: 'denied\nask someone',
      line: null,
      step: null,
    });
  });

  it('says that the builder is gone, and what to do', () => {
    const said =
      'failed to receive status: rpc error: code = Unavailable desc = error reading: EOF';
    for (const text of [said, 'Unavailable: error reading from server: EOF']) {
      assert.deepEqual(why([`ERROR: ${text}`]), {
        message: `the builder went away in the middle (${text}). See whether Docker still runs, and try again.`,
        line: null,
        step: null,
      });
    }
    const registry = 'failed to do request: 503 Service Unavailable';
    assert.equal(why([`ERROR: ${registry}`])?.message, registry);
  });

  it('is not told where the builder says nothing', () => {
    assert.equal(why([]), undefined);
    assert.equal(why(['{"vertexes":[', 'something']), undefined);
  });
});

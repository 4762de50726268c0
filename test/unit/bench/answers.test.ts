/** The benchmark counts an answer only when it was made of the text as it stands. */

import assert from 'node:assert/strict';
import { hints, ourHover, peerHover } from '../../../bench/answers.ts';
import { percentile } from '../../../bench/figures.ts';
import { continuation, probe, realistic, singleRun } from '../../../bench/texts.ts';
import { parse } from '../../../server/src/syntax/parser.ts';

const text = realistic(100);
const hintAt = (character: number) => [{ position: { line: text.line, character }, label: '' }];

describe('answers in the benchmark', () => {
  it('a hint counts where the edit moved it, and not where it was before', () => {
    assert.ok(hints.isFresh(hintAt(text.length + 1), text, true));
    assert.ok(!hints.isFresh(hintAt(text.length), text, true));
    assert.ok(!hints.isFresh(hintAt(text.length + 1), text, false));
    assert.ok(!hints.isFresh([], text, false));
    assert.ok(!hints.isFresh(null, text, false));
  });

  it('a hover counts when it shows the variable that stands there now', () => {
    for (const [question, field] of [
      [ourHover, 'reference'],
      [peerHover, 'value'],
    ] as const) {
      for (const shape of [(value: string) => value, (value: string) => ({ value })]) {
        const before = { contents: shape(probe.before[field]) };
        const after = { contents: shape(probe.after[field]) };
        assert.ok(question.isFresh(after, text, true));
        assert.ok(!question.isFresh(before, text, true));
        assert.ok(!question.isFresh(after, text, false));
      }
      assert.ok(!question.isFresh(null, text, true));
    }
  });
});

describe('texts of the benchmark', () => {
  for (const made of [realistic(100), realistic(1000), singleRun(2e5), continuation(1000)]) {
    it(`${made.name}: BuildKit would parse it, and the typed line is an instruction's first`, () => {
      const { instructions, problems } = parse(made.text);
      assert.deepEqual(problems, []);
      const typedIn = instructions.find(({ lines }) => lines.start === made.line + 1);
      assert.equal(typedIn?.name, 'RUN');
      const line = made.text.split('\n')[made.line] ?? '';
      assert.equal(line.length, made.length);
      assert.equal(line.slice(made.character - 1, made.character + 1), 'P}');
    });
  }

  it('are the same each time, about as long as asked', () => {
    assert.equal(realistic(1000).text, realistic(1000).text);
    assert.ok(Math.abs(realistic(1000).lines - 1000) < 20);
    assert.ok(Math.abs(singleRun(5e6).bytes / 5e6 - 1) < 0.02);
  });
});

describe('figures of the benchmark', () => {
  it('percentiles are values that were measured', () => {
    assert.equal(percentile([3, 1, 2], 0.5), 2);
    assert.equal(percentile([3, 1, 2], 0.95), 3);
    assert.equal(percentile([], 0.5), null);
  });
});

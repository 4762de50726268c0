/** What COPY --from finds in a stage, told without a build. */

import assert from 'node:assert/strict';
import { type StageCase, stageCases } from '../../support/stageCases.ts';
import { toldOf } from '../../support/stageTrees.ts';

const words: Readonly<Record<StageCase['told'], string>> = {
  same: 'the same content',
  likely: 'the same content, if a RUN makes the same again',
  never: 'other content whenever the RUN runs again',
  other: 'other content',
  perhaps: 'likely other content',
  unknown: 'not known',
};

describe('content of stages', () => {
  for (const each of stageCases) {
    it(`${each.title}: ${words[each.told]}`, () => {
      assert.equal(toldOf(each), each.told);
    });
  }

  it('is never said to be the same where the builder copies again', () => {
    const wrong = stageCases.filter(({ told, actual }) => told === 'same' && actual === 'run');
    assert.deepEqual(
      wrong.map(({ title }) => title),
      [],
    );
  });
});

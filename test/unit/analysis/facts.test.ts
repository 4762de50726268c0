import assert from 'node:assert/strict';
import { BackgroundFact } from '../../../server/src/analysis/facts.ts';
import type { Fact } from '../../../server/src/context/fact.ts';

/** A fact whose answers the test gives one by one. */
function controlled() {
  const questions: { answer: (fact: Fact<number>) => void; signal: AbortSignal }[] = [];
  let told = 0;
  const fact = new BackgroundFact<number>(
    (signal) => new Promise((answer) => questions.push({ answer, signal })),
    () => {
      told += 1;
    },
    (a, b) => a === b,
  );
  return {
    fact,
    questions,
    told: () => told,
    /** Answers the newest question and lets everything that follows happen. */
    async say(value: number) {
      questions.at(-1)?.answer({ state: 'known', value });
      await new Promise(setImmediate);
    },
  };
}

describe('a fact that is fetched in the background', () => {
  it('is pending, then known, and tells so once', async () => {
    const { fact, say, told } = controlled();
    assert.deepEqual(fact.held, { fact: { state: 'pending' }, refreshing: true });
    await say(1);
    assert.deepEqual(fact.held, { fact: { state: 'known', value: 1 }, refreshing: false });
    assert.equal(fact.settling, null);
    assert.equal(told(), 1);
  });

  it('keeps its last value while a newer one is fetched', async () => {
    const { fact, say, told } = controlled();
    await say(1);
    fact.refresh();
    assert.deepEqual(fact.held, { fact: { state: 'known', value: 1 }, refreshing: true });
    await say(2);
    assert.deepEqual(fact.held, { fact: { state: 'known', value: 2 }, refreshing: false });
    assert.equal(told(), 2);
  });

  it('tells nothing when nobody could see a difference', async () => {
    const { fact, say, told } = controlled();
    await say(1);
    fact.refresh();
    await say(1);
    assert.equal(told(), 1);
    fact.refresh();
    // Someone was told that a newer value is on its way, so its end is news.
    fact.held;
    await say(1);
    assert.equal(told(), 2);
  });

  it('is fetched once more, and not twice, when it changes during a fetch', async () => {
    const { fact, questions, say, told } = controlled();
    fact.refresh();
    fact.refresh();
    assert.equal(questions.length, 1);
    await say(1);
    assert.equal(questions.length, 2);
    assert.equal(told(), 0);
    await say(2);
    assert.equal(told(), 1);
    assert.equal(questions.length, 2);
  });

  it('says nothing any more when it is stopped', async () => {
    const { fact, questions, say, told } = controlled();
    fact.stop();
    assert.equal(questions[0]?.signal.aborted, true);
    await say(1);
    assert.equal(told(), 0);
  });

  it('is unavailable, with a sentence, when fetching fails', async () => {
    const fact = new BackgroundFact<number>(
      () => Promise.reject(new Error('disk on fire')),
      () => {},
      () => true,
    );
    await fact.settling;
    assert.deepEqual(fact.held.fact, {
      state: 'unavailable',
      reason: 'It could not be found out: disk on fire.',
    });
  });
});

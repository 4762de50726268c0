import assert from 'node:assert/strict';
import {
  causeAfter,
  predictionsOf,
  recordAt,
  type Trial,
  words,
} from '../../support/cacheTrial.ts';

const app: Trial = {
  dockerfile: 'FROM base\nRUN echo a\nCOPY src /src\nRUN make\n',
  files: { 'src/app.ts': '1', 'src/b.ts': 'b' },
};

describe('what the next build takes from cache', () => {
  it('takes all from cache where nothing changed', () => {
    assert.equal(words(app, app), 'cached cached cached');
  });

  it('names the file that changed', () => {
    const after = { ...app, files: { 'src/app.ts': '2', 'src/b.ts': 'b' } };
    assert.equal(words(app, after), 'cached changed rebuild');
    assert.equal(causeAfter(app, after), '3: src/app.ts changed');
  });

  it('says that an older state is cached again', () => {
    const other = { ...app, files: { 'src/app.ts': '2' } };
    const records = [recordAt(other), recordAt(app)];
    assert.deepEqual(
      predictionsOf(records, app).map(({ word }) => word),
      ['cached', 'cached', 'cached'],
    );
  });

  it('says nothing without a build', () => {
    const [first] = predictionsOf([], app);
    assert.equal(first?.word, 'unknown');
    assert.match(first?.cause?.reason ?? '', /no earlier build/);
  });
});

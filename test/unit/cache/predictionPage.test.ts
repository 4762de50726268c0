import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { walks } from '../../engine/predictionEdits.ts';
import {
  leastAgreement,
  predictionPage,
  predictionSummary,
  predictionsPath,
  suiteDigest,
  walkLength,
  walkSeed,
} from '../../engine/predictionPage.ts';
import { projects } from '../../engine/predictionProjects.ts';
import type { Judged, JudgedEdit } from '../../engine/predictionTrial.ts';
import { dockerfileOf } from '../../engine/projectState.ts';

const [project] = projects('n');

function edit(...steps: readonly Pick<Judged, 'word' | 'actual'>[]): JudgedEdit {
  assert.ok(project);
  const { name, state } = project;
  return {
    project: name,
    number: 1,
    edit: { kind: 'file gets longer', about: 'src/a', names: 'src/a', state },
    steps: steps.map((step) => ({
      project: name,
      edit: 1,
      kind: 'file gets longer',
      about: 'src/a',
      line: 4,
      text: 'COPY src | b',
      reason: step.word === 'cached' ? '' : 'src/a changed',
      notes: [],
      ...step,
    })),
  };
}

const wrong = { word: 'cached', actual: 'ran' } as const;
const right = { word: 'changed', actual: 'ran' } as const;

describe('the page of predictions', () => {
  it('counts a step that was said to be cached and ran as false', () => {
    const { falseCached, agreed, known } = predictionSummary([edit(wrong, right)]);
    assert.equal(falseCached.length, 1);
    assert.ok(agreed < leastAgreement * known);
  });

  it('counts what is unknown apart, and what the builder did not come to not at all', () => {
    const summary = predictionSummary([
      edit(right, { word: 'unknown', actual: 'ran' }, { word: 'cached', actual: 'unreported' }),
    ]);
    const { steps, known, agreed, unknown, unreported } = summary;
    assert.deepEqual([steps, known, agreed, unknown, unreported], [2, 1, 1, 1, 1]);
  });

  it('notices a cause that does not name what was edited', () => {
    const good = edit(right);
    const bad = { ...good, steps: good.steps.map((step) => ({ ...step, reason: 'other' })) };
    assert.equal(predictionSummary([good, bad]).unnamed.length, 1);
  });

  it('lists each disagreement with what was said', () => {
    const text = predictionPage([edit(wrong, right)], '28.5.2', '2026-01-02');
    assert.match(text, /^\| cached \| 0 \| 1 \|$/m);
    assert.match(
      text,
      /^\| plain 1 \| file gets longer: src\/a \| 4 `COPY src \\\| b` \| cached \| ran \|/m,
    );
  });

  it('docs/cache.md is of the projects and edits as they are now: npm run predictions writes it', () => {
    assert.ok(existsSync(predictionsPath));
    assert.ok(readFileSync(predictionsPath, 'utf8').includes(`<!-- suite: ${suiteDigest()} -->`));
  });
});

describe('generated edits', () => {
  const texts = (seed: number) =>
    [
      ...walks(projects('1234567890-1'), { edits: walkLength, seed, builds: () => true }).values(),
    ].map((edits) =>
      edits.map(({ kind, state }) => [kind, dockerfileOf(state), [...state.files.keys()]]),
    );

  it('are the same from the same seed, and others from another', () => {
    assert.deepEqual(texts(walkSeed), texts(walkSeed));
    assert.notDeepEqual(texts(walkSeed), texts(walkSeed + 1));
  });
});

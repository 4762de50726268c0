import assert from 'node:assert/strict';
import { keyedPlan } from '../../../server/src/cache/keyedPlan.ts';
import { predict } from '../../../server/src/cache/predict.ts';
import { recordOf } from '../../../server/src/cache/recordOf.ts';
import { decodeRecord, encodeRecord } from '../../../server/src/cache/recordText.ts';
import type { StageContent } from '../../../server/src/cache/stageContent.ts';
import type { Step } from '../../../server/src/model/plan.ts';
import {
  hash,
  keyed,
  meta,
  predictionsOf,
  recordAt,
  type Trial,
  words,
} from '../../support/cacheTrial.ts';
import { planOf } from '../../support/plans.ts';

const file = 'FROM base\nRUN a\nCOPY src /src\nRUN b\n';
const base: Trial = { dockerfile: file, files: { 'src/a': '1' } };
const pending = { inputs: { content: () => ({ state: 'pending' }) as const } };
const gone = {
  inputs: { content: () => ({ state: 'unavailable', reason: 'There is no context.' }) as const },
};

describe('what is not known', () => {
  it('is said of files that are still being read, and of what stands on them', () => {
    const predictions = predictionsOf([recordAt(base)], { ...base, ...pending });
    assert.equal(predictions.map(({ word }) => word).join(' '), 'cached unknown unknown');
    assert.match(predictions[2]?.cause?.reason ?? '', /still being read/);
    assert.ok(keyed({ ...base, ...pending }).steps[1]?.pending);
  });

  it('is said of a missing context with its reason', () => {
    const [, copy] = predictionsOf([recordAt(base)], { ...base, ...gone });
    assert.deepEqual([copy?.word, copy?.cause?.reason], ['unknown', 'There is no context.']);
  });

  it('does not hide that a step is of no build', () => {
    const after = { ...base, ...gone, dockerfile: file.replace('RUN b', 'RUN c') };
    assert.equal(words(base, after), 'cached unknown changed');
    const other = { ...base, ...gone, dockerfile: file.replace('COPY src /src', 'COPY src /x') };
    assert.equal(words(base, other), 'cached changed rebuild');
  });

  it('does not hide a miss above it', () => {
    const after = { ...base, ...gone, dockerfile: file.replace('RUN a', 'RUN x') };
    assert.equal(words(base, after), 'changed rebuild rebuild');
  });

  it('is still so where it was when the build was recorded, and makes nothing new', () => {
    const record = recordAt({ ...base, ...gone });
    const decoded = decodeRecord(encodeRecord(record));
    assert.deepEqual(decoded, { ok: true, record });
    const same = predictionsOf([record], { ...base, ...gone });
    assert.equal(same.map(({ word }) => word).join(' '), 'cached unknown unknown');
    const known = predictionsOf([record], base);
    assert.equal(known.map(({ word }) => word).join(' '), 'cached unknown unknown');
    assert.match(known[1]?.cause?.reason ?? '', /^Of the build that had it not all is known/);
    const other = { ...base, ...gone, dockerfile: file.replace('RUN b', 'RUN c') };
    assert.equal(words({ ...base, ...gone }, other), 'cached unknown changed');
  });

  it('is still so of a linked copy of which the key is known, and not what it is linked to', () => {
    const linked = { ...base, ...gone, dockerfile: `${file}COPY --link --from=image /x /x\n` };
    assert.equal(words(linked, linked), 'cached unknown unknown unknown');
  });

  it('is no more where a newer build says it', () => {
    const edited = { ...base, files: { 'src/a': 'other' } };
    const records = [recordAt(base), recordAt({ ...base, ...gone })];
    const words = predictionsOf(records, edited).map(({ word }) => word);
    assert.equal(words.join(' '), 'cached changed rebuild');
  });

  it('is said of a linked copy of files that are still read, though a line above it changed', () => {
    const trial = (run: string): Trial => ({
      dockerfile: `FROM base\nRUN ${run}\nCOPY --link src /src\nRUN b\n`,
      files: { 'src/a': '1' },
    });
    const records = [recordAt(trial('a'))];
    const said = (after: Trial) => predictionsOf(records, after).map(({ word }) => word);
    assert.deepEqual(said(trial('z')), ['changed', 'cached', 'rebuild']);
    assert.deepEqual(said({ ...trial('z'), ...pending }), ['changed', 'unknown', 'rebuild']);
    const inputs = { ...pending.inputs, mergesLayers: false };
    assert.deepEqual(said({ ...trial('z'), inputs }), ['changed', 'rebuild', 'rebuild']);
  });

  it('is whether an older builder finds a RUN with a secret again below a line that runs again', () => {
    const inputs = { hashesBelow: true };
    const secret = (first: string, more = ''): Trial => ({
      dockerfile: `FROM base\nRUN ${first}\nRUN --mount=type=secret,id=t b${more}\nRUN c\n`,
    });
    const records = [recordAt(secret('a'))];
    const said = (after: Trial) => predictionsOf(records, after).map(({ word }) => word);
    assert.deepEqual(said({ ...secret('z'), inputs }), ['changed', 'unknown', 'unknown']);
    assert.deepEqual(said({ ...secret('z', ' !'), inputs }), ['changed', 'rebuild', 'rebuild']);
    assert.deepEqual(said(secret('z')), ['changed', 'rebuild', 'rebuild']);
  });

  it('is what comes of a step that the build fails at', () => {
    const predictions = predictionsOf([recordAt(base)], { ...base, files: {} });
    assert.equal(predictions.map(({ word }) => word).join(' '), 'cached unknown unknown');
    assert.match(predictions[1]?.cause?.reason ?? '', /not in the build context/);
  });

  it('is a named context that is a folder', () => {
    const options = { namedContexts: new Map([['x', '../x']]) };
    const trial = { dockerfile: 'FROM base\nCOPY --from=x /a /a\nRUN b\n', options };
    assert.equal(words(trial, trial), 'unknown unknown');
  });
});

const stages = 'FROM base AS s\nRUN one\nFROM base\nCOPY --from=s /o /o\nRUN end\n';

function predicted(
  before: string,
  after: string,
  of: (run: Step, text: string) => Partial<StageContent>,
  /** Of a build of the first stage alone, after that of `before`. */
  stage?: string,
) {
  const keysOf = (dockerfile: string) => {
    const plan = planOf(dockerfile);
    const run = plan.stages[0]?.steps[0] as Step;
    const facts = { state: 'unavailable', reason: 'x' } as const;
    const content = { digest: 'same', reruns: [], unstable: [], lossy: [], ...of(run, dockerfile) };
    return keyedPlan(plan, {
      hash,
      content: () => facts,
      mountContent: () => facts,
      stageContent: () => content,
      mergesLayers: null,
    });
  };
  const keys = keysOf(after);
  const alone = () => {
    const made = recordOf(keysOf(stage ?? ''), meta);
    return { ...made, steps: made.steps.filter((step) => step.stage === 0) };
  };
  const records = [...(stage ? [alone()] : []), recordOf(keysOf(before), meta)];
  const predictions = predict(keys, records);
  return keys.steps.map(({ step }) => predictions.of(step));
}

describe('COPY --from', () => {
  const changed = stages.replace('RUN one', 'RUN two');
  const said = (list: ReturnType<typeof predicted>) => list.map((each) => each?.word).join(' ');

  it('is cached where the stage surely has the same', () => {
    assert.equal(said(predicted(stages, changed, () => ({}))), 'changed cached cached');
  });

  it('is cached with the stage, whatever is not known of what that made', () => {
    const made = predicted(stages, stages, (run) => ({ reruns: [run], unstable: [run] }));
    assert.equal(said(made), 'cached cached cached');
  });

  it('is unknown where the stage runs again and probably makes the same', () => {
    const made = predicted(stages, changed, (run) => ({ reruns: [run] }));
    assert.equal(said(made), 'changed unknown unknown');
    assert.match(made[1]?.cause?.reason ?? '', /RUN in line 2 runs again/);
  });

  it('is unknown where the stage was built since without it', () => {
    const random = (run: Step) => ({ reruns: [run], unstable: [run] });
    const made = predicted(stages, changed, random, changed);
    assert.equal(said(made), 'cached unknown unknown');
    assert.equal(
      made[1]?.cause?.reason,
      'Line 2 was built without this line, and may have made other files then.',
    );
    const same = predicted(stages, stages, random, stages);
    assert.equal(said(same), 'cached cached cached');
  });

  it('runs again where the stage surely makes something else', () => {
    const made = predicted(stages, changed, (run) => ({ reruns: [run], unstable: [run] }));
    assert.equal(said(made), 'changed rebuild rebuild');
  });

  it('runs again because of the line of the stage that changed its content', () => {
    const made = predicted(stages, changed, (run, digest) => ({ reruns: [run], digest }));
    assert.equal(said(made), 'changed rebuild rebuild');
    assert.equal(made[2]?.cause?.reason, '"one" became "two"');
    assert.equal(made[2]?.cause?.span?.start, stages.indexOf('RUN'));
  });

  it('is unknown where other input may still make the same', () => {
    const made = predicted(stages, changed, (run, digest) => ({
      reruns: [run],
      lossy: [run],
      digest,
    }));
    assert.equal(said(made), 'changed unknown unknown');
  });

  it('is changed where the line itself is another', () => {
    const after = changed.replace('/o /o', '/o /p');
    const made = predicted(stages, after, (run) => ({ reruns: [run], lossy: [run] }));
    assert.equal(said(made), 'changed changed rebuild');
  });
});

describe('notes', () => {
  it('say once that an image counts as unmoved', () => {
    const trial = {
      dockerfile: 'FROM base AS a\nRUN a\nFROM base\nRUN b\nRUN c\nCOPY --from=a /a /\n',
    };
    const notes = predictionsOf([recordAt(trial)], trial).map((each) => each.notes.length);
    assert.deepEqual(notes, [1, 0, 0, 0]);
  });

  it('do not say it of an image with its digest', () => {
    const trial = { dockerfile: `FROM base@sha256:${'a'.repeat(64)}\nRUN a\n` };
    assert.deepEqual(predictionsOf([recordAt(trial)], trial)[0]?.notes, []);
  });
});

describe('records of builds', () => {
  it('keep time and size of a step that came from cache', () => {
    const plan = keyed(base);
    const [first, , last] = plan.steps;
    const ran = recordOf(
      plan,
      { ...meta, source: 'build' },
      new Map([[last?.step as Step, { outcome: 'ran', ms: 500, bytes: 7 }]]),
    );
    const again = recordOf(
      plan,
      { ...meta, source: 'build', earlier: [ran] },
      new Map([[last?.step as Step, { outcome: 'cached', ms: 2, bytes: null }]]),
    );
    const step = again.steps[2];
    assert.deepEqual([step?.outcome, step?.ms, step?.bytes], ['cached', 500, 7]);
    assert.equal(again.steps[0]?.outcome, 'assumed');
    assert.ok(first);
  });

  it('leave out what a build that ended early did not reach', () => {
    const plan = keyed(base);
    const first = plan.steps[0]?.step as Step;
    const outcomes = new Map([[first, { outcome: 'ran', ms: 1, bytes: null } as const]]);
    const record = recordOf(plan, { ...meta, complete: false }, outcomes);
    assert.deepEqual(
      record.steps.map(({ text }) => text),
      ['RUN a'],
    );
    assert.equal(
      predictionsOf([record], base)
        .map(({ word }) => word)
        .join(' '),
      'cached changed rebuild',
    );
  });

  it('add up what runs again, and count what has no time', () => {
    const plan = keyed(base);
    const last = plan.steps[2]?.step as Step;
    const outcomes = new Map([[last, { outcome: 'ran', ms: 500, bytes: 7 } as const]]);
    const record = recordOf(plan, meta, outcomes);
    const after = keyed({ ...base, dockerfile: file.replace('RUN a', 'RUN x') });
    assert.deepEqual(predict(after, [record]).again, { steps: 3, ms: 500, unknownTimes: 2 });
  });
});

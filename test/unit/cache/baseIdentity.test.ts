import assert from 'node:assert/strict';
import {
  byReference,
  comparedWith,
  imageIdentity,
  movedBases,
  toRecord,
} from '../../../server/src/cache/baseIdentity.ts';
import type { BuildRecord } from '../../../server/src/cache/buildRecord.ts';
import { keyedPlan } from '../../../server/src/cache/keyedPlan.ts';
import { plainKeys } from '../../../server/src/cache/plainKeys.ts';
import { predict } from '../../../server/src/cache/predict.ts';
import { decodeRecord, encodeRecord } from '../../../server/src/cache/recordText.ts';
import type { BaseImage } from '../../../server/src/model/plan.ts';
import { hash, keyed, recordAt, type Trial } from '../../support/cacheTrial.ts';
import { planOf } from '../../support/plans.ts';

/** What images are, by their reference; those that are left out nobody tells of. */
type Images = Readonly<Record<string, string>>;

const now = (images: Images) => (reference: string) => images[reference] ?? null;

const app: Trial = { dockerfile: 'FROM debian\nRUN a\nRUN b\n' };

function built(trial: Trial, images: Images, earlier: readonly BuildRecord[] = [], at = 0) {
  const inputs = { images: toRecord(earlier, now(images), hash) };
  const record = recordAt({ ...trial, inputs }, { at: new Date(at).toISOString() });
  // As it comes back from the disk.
  const decoded = decodeRecord(encodeRecord(record));
  assert.ok(decoded.ok);
  return decoded.record;
}

function said(trial: Trial, images: Images, records: readonly BuildRecord[]): string {
  const plan = keyed({ ...trial, inputs: { images: comparedWith(records, now(images), hash) } });
  const predictions = predict(plan, records);
  return plan.steps.map(({ step }) => predictions.of(step)?.word).join(' ');
}

describe('a tag that moved', () => {
  const record = built(app, { debian: 'A' }, [], Date.UTC(2026, 0, 2, 3, 4));

  it('makes the steps on it run again, and the cause names the build that had the other image', () => {
    assert.equal(said(app, { debian: 'A' }, [record]), 'cached cached');
    assert.equal(said(app, { debian: 'B' }, [record]), 'changed rebuild');
    const images = comparedWith([record], now({ debian: 'B' }), hash);
    const plan = keyed({ ...app, inputs: { images } });
    const [first] = plan.steps;
    const cause = first && predict(plan, [record]).of(first.step)?.cause;
    assert.match(
      cause?.reason ?? '',
      /^debian means another image than in the build of 2026-01-0\d \d\d:\d4$/,
    );
    assert.equal(cause?.span?.start, 0);
  });

  it('is told of its stage alone', () => {
    const text = 'FROM debian AS a\nRUN a\nFROM alpine\nRUN b\nCOPY --from=a /x /x\n';
    const both = built({ dockerfile: text }, { debian: 'A', alpine: 'X' });
    assert.equal(
      said({ dockerfile: text }, { debian: 'B', alpine: 'X' }, [both]).split(' ')[1],
      'cached',
    );
    const told = movedBases(planOf(text), [both], now({ debian: 'B', alpine: 'X' }), hash);
    assert.deepEqual([...told.keys()], [0]);
    assert.match(told.get(0) ?? '', /^debian means another image than in the build of .*\d\.$/);
    assert.deepEqual(
      [...movedBases(planOf(text), [both], now({ debian: 'A', alpine: 'X' }), hash)],
      [],
    );
    assert.deepEqual([...movedBases(planOf(text), [both], now({}), hash)], []);
  });

  it('and back again is what it was', () => {
    const second = built(app, { debian: 'B' }, [record], 1);
    assert.equal(said(app, { debian: 'A' }, [second, record]), 'cached cached');
    assert.equal(said(app, { debian: 'B' }, [second, record]), 'cached cached');
    assert.equal(said(app, { debian: 'C' }, [second, record]), 'changed rebuild');
    const edited = { dockerfile: app.dockerfile.replace('RUN a', 'RUN c') };
    const images = comparedWith([second, record], now({ debian: 'A' }), hash);
    const plan = keyed({ ...edited, inputs: { images } });
    const [first] = plan.steps;
    const cause = first && predict(plan, [second, record]).of(first.step)?.cause;
    assert.equal(cause?.reason, '"a" became "c"');
  });

  it('counts as unmoved where nobody tells', () => {
    assert.equal(said(app, {}, [record]), 'cached cached');
    const plan = keyed({ ...app, inputs: { images: comparedWith([record], now({}), hash) } });
    const [first] = plan.steps;
    const notes = first && predict(plan, [record]).of(first.step)?.notes;
    assert.match(notes?.join() ?? '', /debian counts as unmoved/);
    // A build that nobody told of is taken as one on the same image.
    const second = built(app, {}, [record], 1);
    assert.equal(said(app, { debian: 'A' }, [second]), 'cached cached');
  });

  it('is not known from records of which none says what it was', () => {
    const old = built(app, {});
    assert.equal(old.bases, undefined);
    assert.equal(said(app, { debian: 'B' }, [old]), 'cached cached');
    assert.equal(said(app, {}, [old]), 'cached cached');
    const same = recordAt({ ...app, inputs: { images: byReference } });
    assert.deepEqual(old.steps, recordAt(app).steps);
    assert.deepEqual(same.steps, old.steps);
  });

  it('is not looked at after a build by a builder that fetches its own images', () => {
    const own = recordAt({ ...app, inputs: { images: byReference } });
    assert.equal(said(app, { debian: 'B' }, [own, record]), 'cached cached');
    assert.equal(said(app, { debian: 'A' }, [own, record]), 'cached cached');
  });

  it('may still hold the same where files are taken from it', () => {
    const copy: Trial = { dockerfile: 'FROM scratch\nCOPY --from=tools /bin/x /x\n' };
    const before = built(copy, { tools: 'A' });
    assert.equal(said(copy, { tools: 'A' }, [before]), 'cached');
    assert.equal(said(copy, { tools: 'B' }, [before]), 'unknown');
    assert.equal(said(copy, {}, [before]), 'cached');
  });
});

describe('another name of the same image', () => {
  const record = built(app, { debian: 'A' });

  it('is the same for the builder, and so cached', () => {
    const other = { dockerfile: app.dockerfile.replace('debian', 'debian:12') };
    assert.equal(said(other, { 'debian:12': 'A' }, [record]), 'cached cached');
    assert.equal(said(other, { 'debian:12': 'B' }, [record]), 'changed rebuild');
    assert.equal(said(other, {}, [record]), 'changed rebuild');
  });
});

describe('what an image is', () => {
  it('are its layers, and of its configuration what steps on it hang on', () => {
    const of = (config: object) => imageIdentity('sha256:1', config, hash);
    assert.equal(of({}), of({ env: [], workingDir: '/', cmd: ['sh'], labels: { a: 'b' } }));
    assert.notEqual(of({}), of({ env: ['A=1'] }));
    assert.notEqual(of({}), of({ user: 'app' }));
    assert.notEqual(of({}), imageIdentity('sha256:2', {}, hash));
  });

  it('tells a step that goes by its directory or shell from one that names the defaults', () => {
    const image = imageIdentity('sha256:1', { workingDir: '/app', shell: ['bash', '-c'] }, hash);
    const usual = imageIdentity('sha256:1', { workingDir: '/', shell: ['/bin/sh', '-c'] }, hash);
    const cases: readonly (readonly [string, string])[] = [
      ['COPY --from=other /x .', 'COPY --from=other /x /'],
      ['WORKDIR src', 'WORKDIR /src'],
      ['RUN a', 'SHELL ["/bin/sh", "-c"]\nRUN a'],
      ['RUN a', 'RUN ["/bin/sh", "-c", "a"]'],
      ['RUN ["a"]', 'WORKDIR /\nRUN ["a"]'],
    ];
    for (const [inherited, named] of cases) {
      const before: Trial = { dockerfile: `FROM debian\n${inherited}\n` };
      const after: Trial = { dockerfile: `FROM debian\n${named}\n` };
      for (const [debian, own, other] of [
        [image, 'cached', 'changed'],
        [usual, 'cached', 'cached'],
      ] as const) {
        const record = built(before, { debian, other: 'O' });
        assert.equal(said(before, { debian, other: 'O' }, [record]), own, inherited);
        assert.equal(said(after, { debian, other: 'O' }, [record]), other, named);
        // What the image sets is known by the record where nobody tells it any more.
        assert.equal(said(before, {}, [record]), own, inherited);
        assert.equal(said(after, {}, [record]), other, named);
      }
    }
  });

  it('makes no key another one by being told', () => {
    const image: BaseImage = {
      config: { env: ['PATH=/opt', 'A=1'], workingDir: '/app', user: 'app' },
      history: [],
      layers: 1,
    };
    const text = 'FROM x AS a\nENV B=$A\nWORKDIR src\nRUN b\nFROM x\nCOPY --from=a /b ./\nRUN c\n';
    const options = { images: () => image };
    const told = planOf(text, options);
    const unknown = { unknown: 'The stage is not looked at.', pending: false };
    const pending = () => ({ state: 'pending' }) as const;
    const keysOf = (plan: ReturnType<typeof planOf>) =>
      plainKeys(plan, (plain) =>
        keyedPlan(plain, {
          hash,
          content: pending,
          mountContent: pending,
          stageContent: () => unknown,
          mergesLayers: null,
        }),
      );
    const [one, other] = [keysOf(told), keysOf(planOf(text))];
    assert.deepEqual(
      one.steps.map(({ key }) => key),
      other.steps.map(({ key }) => key),
    );
    const own = told.stages
      .flatMap(({ steps }) => steps)
      .filter(({ effect }) => effect === 'layer');
    assert.equal(one.plan, told);
    assert.deepEqual(
      one.steps.map(({ step }) => step),
      own,
    );
  });
});

import assert from 'node:assert/strict';
import type { BuildRecord } from '../../../server/src/cache/buildRecord.ts';
import { predict } from '../../../server/src/cache/predict.ts';
import { goneKeys, probeRecord } from '../../../server/src/cache/probeRecord.ts';
import { recordOf } from '../../../server/src/cache/recordOf.ts';
import type { Step } from '../../../server/src/model/plan.ts';
import { keyed, meta, recordAt, type Trial } from '../../support/cacheTrial.ts';

const app: Trial = {
  dockerfile: `FROM base AS one
RUN one
FROM base
RUN two
COPY src /src
COPY --link src /linked
RUN three
`,
  files: { 'src/app.ts': '1' },
};

/** A probe that stops at some lines (1-based) and has others. */
function probe(
  has: readonly number[],
  misses: readonly number[],
  earlier: readonly BuildRecord[],
  trial: Trial = app,
) {
  const plan = keyed(trial);
  const at = (lines: readonly number[]): readonly Step[] =>
    plan.steps
      .map(({ step }) => step)
      .filter(({ instruction }) => lines.includes(instruction.lines.start));
  const cached = { outcome: 'cached', ms: null, bytes: null } as const;
  const steps = new Map(at(has).map((step) => [step, cached]));
  const record = recordOf(plan, { ...meta, source: 'probe', complete: false, earlier }, steps);
  return probeRecord(record, plan, new Set(at(misses)), earlier);
}

/** Words by lines. */
function words(records: readonly BuildRecord[], trial: Trial = app): string {
  const plan = keyed(trial);
  const predictions = predict(plan, records);
  return plan.steps.map(({ step }) => predictions.of(step)?.word).join(' ');
}

describe('what a probe adds to records', () => {
  it('makes steps cached that no build of ours made', () => {
    assert.equal(words([probe([4, 5, 6, 7], [], [])]), 'cached cached cached cached');
  });

  it('takes back what records said of a step and of all that stands on it', () => {
    const build = recordAt(app);
    assert.equal(words([build]), 'cached cached cached cached');
    const asked = probe([4], [5], [build]);
    // A linked copy does not stand on what is below it.
    assert.equal(words([asked, build]), 'cached changed cached rebuild');
  });

  it('says why', () => {
    const build = recordAt(app);
    const plan = keyed(app);
    const predictions = predict(plan, [probe([4], [5], [build]), build]);
    const step = plan.steps[1]?.step as Step;
    assert.equal(
      predictions.of(step)?.cause?.reason,
      'the builder was asked, and does not have it any more',
    );
    assert.ok(predictions.of(step)?.last, 'what it took is still known');
  });

  it('is overruled by a build that comes later', () => {
    const asked = probe([4], [5], [recordAt(app)]);
    assert.equal(words([recordAt(app), asked, recordAt(app)]), 'cached cached cached cached');
    assert.equal(goneKeys([recordAt(app), asked]).size, 0);
  });

  it('carries on what an earlier probe found, so that the earlier one may vanish', () => {
    const build = recordAt(app);
    const first = probe([4], [5], [build]);
    const other = probe([4], [], [first, build]);
    assert.ok(other.steps.length > 0);
    const second = { ...probe([4], [7], [first, build]) };
    assert.equal(words([second, build]), words([second, first, build]));
    assert.match(words([second, build]), /^cached changed/);
  });

  describe('of a build of several stages', () => {
    const stages = (two: string, files = '1'): Trial => ({
      dockerfile: `FROM base AS one
RUN one
RUN more
FROM base
RUN ${two}
COPY src /src
COPY --from=one /out /out
RUN three
`,
      files: { 'src/app.ts': files },
    });
    const silent = stages('two');
    const build = recordAt(silent);
    const asked = (earlier: readonly BuildRecord[]) => probe([], [2], earlier, silent);

    it('says nothing of steps that the builder did not come to, and no build is known to have had', () => {
      assert.equal(words([asked([])], silent), 'changed rebuild unknown unknown unknown unknown');
      const plan = keyed(silent);
      const reason = predict(plan, [asked([])]).of(plan.steps[2]?.step as Step)?.cause?.reason;
      assert.match(reason ?? '', /^The builder was asked, and stopped before it came to this line/);
    });

    it('leaves to earlier builds what they say of these', () => {
      assert.match(words([asked([build]), build], silent), /^changed rebuild cached cached/);
      const edited = stages('two', '2');
      const first = probe([], [2], [build], edited);
      assert.match(words([first, build], edited), /^changed rebuild cached changed/);
    });

    it('knows a line that is written afterwards', () => {
      assert.match(words([asked([])], stages('other')), /^changed rebuild changed rebuild/);
    });
  });

  it('says nothing of a linked copy above which a step was missed', () => {
    const linked = { ...app, dockerfile: 'FROM base\nRUN a\nCOPY --link src /src\nRUN b\n' };
    const asked = probe([], [2], [], linked);
    assert.equal(words([asked], linked), 'changed unknown rebuild');
    assert.equal(words([recordAt(linked), asked], linked), 'cached cached cached');
  });

  it('is gone too of a linked copy where the store merges no layers', () => {
    const inputs = { mergesLayers: false };
    const asked = probe([4], [5], [], { ...app, inputs });
    assert.equal(asked.gone?.length, 3);
    assert.equal(probe([4], [5], []).gone?.length, 2);
  });
});

/** While someone types, keys and predictions are made of what is remembered; they are the same as made anew. */

import assert from 'node:assert/strict';
import { cacheReading } from '../../../server/src/analysis/cacheFacts.ts';
import type { ContextReading } from '../../../server/src/analysis/contextFacts.ts';
import { createModelMemory, planOf } from '../../../server/src/analysis/model.ts';
import type { BuildRecord } from '../../../server/src/cache/buildRecord.ts';
import type { Doubt } from '../../../server/src/cache/keyedStep.ts';
import { createKeyMemory } from '../../../server/src/cache/keyMemory.ts';
import { recordOf } from '../../../server/src/cache/recordOf.ts';
import { entryDigests } from '../../../server/src/context/contentDigests.ts';
import type { ContentFacts } from '../../../server/src/context/contentFacts.ts';
import type { Fact } from '../../../server/src/context/fact.ts';
import type { FileDigests } from '../../../server/src/context/fileDigests.ts';
import type { Plan, Step } from '../../../server/src/model/plan.ts';
import { readSettings } from '../../../server/src/settings.ts';
import { linux } from '../../support/plans.ts';
import { type Random, seeded } from '../../support/random.ts';
import { contextNode, factsOf, sha256 } from '../../support/stageTrees.ts';

const digests: FileDigests = { text: sha256, file: async () => null };

const lines = [
  'RUN make all',
  'RUN make all > /out/log',
  'RUN date > /now',
  'RUN mkdir -p /out && echo $V > /out/v',
  'RUN apt-get install -y curl',
  'RUN cp -r /src /copy && rm -rf /src/a',
  'RUN chmod +x /f && chown me:us /f',
  'RUN ls | wc -l >> /count',
  'RUN --mount=source=src,target=/m cp /m/a /taken',
  'COPY src /src',
  'COPY f g /d/',
  'COPY --link f /linked/',
  'COPY <<E /h\n$V\nE',
  'ENV V=1',
  'ENV V=2 W=$V',
  'ARG P=1',
  'WORKDIR /w',
  'WORKDIR x',
  'USER me',
  'USER root',
  'SHELL ["/bin/bash", "-c"]',
];
/** What the last stage takes of the others. */
const taking = [
  'COPY --from=one / /all',
  'COPY --from=one /out /out',
  'COPY --from=one --chown=1 /f /d/f',
  'COPY --from=0 /w /w',
  'RUN --mount=from=one,target=/m make x',
];
const starts = ['FROM base AS one', 'FROM base', 'FROM one AS two', 'FROM other AS one'];

/** One edit as someone makes it: a line more, less, elsewhere or another one. */
function edited(text: readonly string[], random: Random): readonly string[] {
  const at = 1 + random.below(text.length);
  const line = random.chance(0.15) ? random.pick(starts) : random.pick(lines);
  switch (random.below(4)) {
    case 0:
      return text.length > 40 ? text : text.toSpliced(at, 0, line);
    case 1:
      return text.length < 6 ? text : text.toSpliced(at, 1);
    case 2:
      return text.toSpliced(at, 1, line);
    default:
      return text.toSpliced(at, 1).toSpliced(1 + random.below(text.length), 0, text[at] ?? line);
  }
}

/** A context whose facts stay the same objects while its files do. */
function contextOf(version: number): ContextReading {
  const root = contextNode({ 'src/a': String(version), 'src/b': 'b', f: 'f', g: 'g' });
  const facts = new Map<string, Fact<ContentFacts>>();
  const of = (sources: readonly string[]): Fact<ContentFacts> => {
    const key = sources.join(' ');
    const known = facts.get(key) ?? { state: 'known', value: factsOf(root, sources) };
    facts.set(key, known);
    return known;
  };
  return {
    state: { path: null, reason: '', chosen: 'none' },
    context: null,
    copies: new Map(),
    content: ({ copy }: Step) => of(copy?.sources ?? []),
    mountContent: ({ run }: Step, index: number) => of([run?.mounts[index]?.source ?? '']),
    ignore: null,
    pending: false,
  } as unknown as ContextReading;
}

/** All that is said of the next build, without what is an object of this plan. */
function said(
  plan: Plan,
  context: ContextReading,
  records: readonly BuildRecord[],
  memory = createKeyMemory(sha256, entryDigests),
): unknown {
  const reading = cacheReading(plan, context, records, { digests }, memory);
  const doubt = ({ of, surely, step, reason }: Doubt) => [
    of,
    surely,
    step?.instruction.span,
    reason,
  ];
  const { keyed, predictions } = reading;
  const steps = keyed.steps.map((each) => {
    const { step, stage, doubts, hopes, ...rest } = each;
    const { word, cause, notes, last } = predictions.of(step) ?? {};
    const made = { stage, doubts: doubts.map(doubt), hopes: hopes.map(doubt) };
    return { ...rest, ...made, word, cause, notes, last: last?.key };
  });
  return { steps, again: predictions.again };
}

describe('keys and predictions while someone types', () => {
  for (const seed of [1, 2, 3, 4]) {
    it(`are those of the text, whatever it was before (${seed})`, () => {
      const random = seeded(seed);
      const model = createModelMemory();
      const memory = createKeyMemory(sha256, entryDigests);
      const settings = readSettings({});
      let text: readonly string[] = ['FROM base AS one', ...lines.slice(0, 12)];
      let context = contextOf(0);
      let records: readonly BuildRecord[] = [];
      let known = 0;
      for (let round = 0; round < 120; round += 1) {
        // Back to what it was now and then, as `undo` does.
        const before = text;
        text = edited(text, random);
        if (random.chance(0.05)) context = contextOf(random.below(3));
        const tail = ['FROM base', random.pick(taking), random.pick(taking)];
        const whole = [...text, ...tail].join('\n');
        const plan = planOf(model, { text: whole, settings }, linux);
        const now = said(plan, context, records, memory);
        assert.deepEqual(now, said(plan, context, records), whole);
        if (random.chance(0.2)) {
          const { keyed } = cacheReading(plan, context, records, { digests }, memory);
          known += keyed.steps.filter(({ key }) => key).length;
          const meta = {
            dockerfile: '/Dockerfile',
            context: null,
            at: new Date(round).toISOString(),
            source: 'build',
            builder: null,
            complete: true,
            earlier: [],
          } as const;
          records = [recordOf(keyed, meta), ...records].slice(0, 4);
        }
        if (random.chance(0.2)) text = before;
      }
      assert.ok(known > 50, `only ${known} steps had keys`);
    });
  }
});

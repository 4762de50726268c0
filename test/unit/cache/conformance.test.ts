/**
 * Two real builds of each recorded pair: what the second did with each step, beside what is predicted
 * from the keys of the first. Without the tool around it; `test/unit/cli/cacheStatus.test.ts` has it.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildRecord } from '../../../server/src/cache/buildRecord.ts';
import { keyedPlan } from '../../../server/src/cache/keyedPlan.ts';
import type { KeyedPlan } from '../../../server/src/cache/keyedStep.ts';
import { createKeyMemory } from '../../../server/src/cache/keyMemory.ts';
import { type PredictOptions, predict } from '../../../server/src/cache/predict.ts';
import { recordOf } from '../../../server/src/cache/recordOf.ts';
import { decodeRecord, encodeRecord } from '../../../server/src/cache/recordText.ts';
import { stageContents } from '../../../server/src/cache/stages/stageContents.ts';
import { openContext } from '../../../server/src/context/buildContext.ts';
import { entryDigests } from '../../../server/src/context/contentDigests.ts';
import type { ContentFacts } from '../../../server/src/context/contentFacts.ts';
import type { Fact } from '../../../server/src/context/fact.ts';
import { nodeDigests } from '../../../server/src/host/contentDigest.ts';
import { nodeFileSystem } from '../../../server/src/host/nodeFileSystem.ts';
import type { Plan, Step } from '../../../server/src/model/plan.ts';
import {
  type CacheCase,
  type CacheStep,
  type Experiment,
  layOut,
} from '../../support/cacheCases.ts';
import { meta } from '../../support/cacheTrial.ts';
import { eachCase } from '../../support/conformance.ts';
import { planOf } from '../../support/plans.ts';

async function keysOf(root: string, experiment: Experiment, since: BuildRecord | null) {
  layOut(root, experiment);
  const { dockerfile, buildArgs = {} } = experiment;
  const plan = planOf(dockerfile, { buildArgs: new Map(Object.entries(buildArgs)) });
  const context = openContext(nodeFileSystem, join(root, 'context'), {
    dockerfile: join(root, 'build/Dockerfile'),
    digests: nodeDigests,
  });
  const files = since?.files;
  const sent = files ? (path: string) => files.get(path) : null;
  const facts = new Map<unknown, Fact<ContentFacts>>();
  for (const { copy, run } of stepsOf(plan)) {
    if (copy?.origin.kind === 'context') {
      facts.set(copy, { state: 'known', value: await context.content(copy, sent) });
    }
    for (const mount of run?.mounts ?? []) {
      if (mount.origin?.kind !== 'context') continue;
      facts.set(mount, { state: 'known', value: await context.content(mount.source, sent) });
    }
  }
  const of = (key: unknown): Fact<ContentFacts> =>
    facts.get(key) ?? { state: 'unavailable', reason: 'It takes nothing of the context.' };
  const hash = nodeDigests.text;
  const content = (step: Step) => of(step.copy);
  return keyedPlan(plan, {
    hash,
    content,
    mountContent: ({ run }, index) => of(run?.mounts[index]),
    stageContent: stageContents(
      plan,
      (step, mount) => (mount ? of(mount) : content(step)),
      createKeyMemory(hash, entryDigests),
    ),
    mergesLayers: null,
  });
}

function stepsOf({ stages }: Plan): readonly Step[] {
  return stages.flatMap(({ triggers, steps }) => [...triggers, ...steps]);
}

function recordIn(keyed: KeyedPlan): BuildRecord {
  const decoded = decodeRecord(encodeRecord(recordOf(keyed, meta)));
  assert.ok(decoded.ok);
  return decoded.record;
}

function optionsOf({ noCache }: Experiment): PredictOptions {
  if (noCache === undefined) return {};
  return { noCache: noCache === '' ? 'all' : noCache.split(',') };
}

function stepNamed({ plan }: KeyedPlan, name: string): Step {
  const [, stageName, number] = /^(?:(\S+) )?(\d+)\/\d+$/.exec(name) ?? [];
  const stage = plan.stages.find(
    ({ name: own, index }) => stageName === undefined || (own ?? `stage-${index}`) === stageName,
  );
  const layers = stage?.steps.filter(({ effect }) => effect === 'layer') ?? [];
  const found = layers[Number(number) - 1];
  assert.ok(found, `there is no step ${name}`);
  return found;
}

/**
 * BuildKit counts a linked COPY as two: the copy, which is cached, and its merging with the layers
 * below, which takes no time. Here it is one step.
 */
const isMerge = ({ text }: CacheStep): boolean => text.startsWith('LINK ');

describe('predictions from keys', () => {
  eachCase<CacheCase>(
    'cache_status',
    ({ name }) => name,
    async ({ before, after, stepsAfter }) => {
      const root = mkdtempSync(join(tmpdir(), 'keys-'));
      try {
        const record = recordIn(await keysOf(root, before, null));
        const keyed = await keysOf(root, after, record);
        const predictions = predict(keyed, [record], optionsOf(after));
        for (const step of stepsAfter) {
          if (isMerge(step)) continue;
          const prediction = predictions.of(stepNamed(keyed, step.step));
          const word = prediction?.word ?? 'none';
          const means = word === 'changed' || word === 'rebuild' ? 'run' : word;
          assert.equal(means, step.status, `${step.text}: ${word}, ${prediction?.cause?.reason}`);
          assert.equal(prediction?.cause === null, word === 'cached');
        }
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    },
  );
});

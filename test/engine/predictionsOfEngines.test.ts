/**
 * The mutation suite on other engines than the machine's: the containerd image store keeps the layers
 * of `COPY --link` apart, and older builders have rules of their own. Each engine walks otherwise.
 */

import assert from 'node:assert/strict';
import { ensureBaseImage } from './baseImage.ts';
import { describeWithLab, type LabEngine, startedEngine } from './labs/engines.ts';
import { predictionEngine } from './predictionEngine.ts';
import {
  describeJudged,
  mostUnknown,
  type PredictionSummary,
  predictionSummary,
  walkSeed,
} from './predictionPage.ts';
import { judgeSuite } from './predictionTrial.ts';

/** Edits of each project: some 100 builds take half a minute. */
const walkLength = 7;

const kinds = ['docker-store', 'docker-26', 'docker-26-store'] as const;

for (const [turn, kind] of kinds.entries()) {
  describeWithLab(`what the next build of ${kind} takes from cache`, [kind], () => {
    let lab: LabEngine;
    let summary: PredictionSummary;

    before(async function () {
      this.timeout(300_000);
      lab = await startedEngine(kind);
      await ensureBaseImage(undefined, lab.env);
      const engine = await predictionEngine(lab.env);
      assert.equal(engine.builder.mergesLayers, kind.endsWith('store'));
      const seed = walkSeed + 10 + turn;
      summary = predictionSummary(await judgeSuite({ edits: walkLength, seed, engine }));
      const { edits, steps, agreed, known, unknown } = summary;
      console.log(
        `      ${edits} edits, ${steps} steps: ${agreed} of ${known} agree, ${unknown} unknown`,
      );
    });
    after(() => lab?.stop());

    it('is told rightly, or said to be unknown of few steps', () => {
      const { steps, unknown, falseCached, falseMisses } = summary;
      assert.ok(steps > 600, `${steps} steps`);
      assert.deepEqual([...falseCached, ...falseMisses].map(describeJudged), []);
      assert.ok(unknown <= mostUnknown * steps, `${unknown} of ${steps}`);
    });
  });
}

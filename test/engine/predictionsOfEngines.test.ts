/**
 * The mutation suite on other engines than the machine's: the containerd image store keeps the layers
 * of `COPY --link` apart, and older builders have rules of their own. Each engine walks otherwise.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import { ofOlder, ofSnapshots } from './snapshotPredictor.ts';

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

    it('is said by report --since a snapshot too', async () => {
      const snapshots = mkdtempSync(join(tmpdir(), 'layers-snapshots-'));
      try {
        const edits = await judgeSuite({
          edits: 4,
          seed: walkSeed + 20 + turn,
          predictor: ofSnapshots(snapshots, { ...process.env, ...lab.env }),
          only: ['link', 'mounts'],
          // What is linked again is what it was before the moment before.
          without: new RegExp(`${ofOlder.source}|gets --link`),
          engine: await predictionEngine(lab.env),
        });
        const { falseCached, falseMisses, steps, unknown } = predictionSummary(edits);
        assert.ok(steps > 50, `${steps} steps`);
        assert.deepEqual([...falseCached, ...falseMisses].map(describeJudged), []);
        assert.ok(unknown <= 0.15 * steps, `${unknown} of ${steps}`);
      } finally {
        rmSync(snapshots, { recursive: true, force: true });
      }
    });

    it('is told rightly, or said to be unknown of few steps', () => {
      const { steps, unknown, falseCached, falseMisses } = summary;
      assert.ok(steps > 600, `${steps} steps`);
      assert.deepEqual([...falseCached, ...falseMisses].map(describeJudged), []);
      assert.ok(unknown <= mostUnknown * steps, `${unknown} of ${steps}`);
    });
  });
}

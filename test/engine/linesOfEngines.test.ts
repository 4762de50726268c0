/**
 * Layers on the lines of edited Dockerfiles, by each engine: the texts of their histories differ, what
 * their stores count too. Each engine builds some of the cases, so that together they build all.
 */

import assert from 'node:assert/strict';
import { createEngine } from '../../server/src/host/engine.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { pooled } from './estimateCases.ts';
import { describeWithLab, type LabEngine, labKinds, startedEngine } from './labs/engines.ts';
import { measuredCases } from './measuredCases.ts';
import { type BuiltCase, buildCase, judgeLines, type MeasuringEngine } from './measuredLines.ts';

/** Podman, which cannot build them all, builds those that the builders without BuildKit can. */
const dockers = labKinds.filter((kind) => kind !== 'podman').length;

const never = new AbortController().signal;

for (const [turn, kind] of labKinds.entries()) {
  describeWithLab(`layers on the lines of Dockerfiles that ${kind} built`, [kind], () => {
    const cases = measuredCases.filter(({ buildkit }, at) =>
      kind === 'podman' ? !buildkit : at % dockers === turn,
    );
    const built: BuiltCase[] = [];
    let lab: LabEngine;

    before(async () => {
      lab = await startedEngine(kind);
      await ensureBaseImage(baseImage, lab.env);
      const engine = measuringEngine(lab);
      const jobs = cases.map(
        (one, at) => () => buildCase(one, `dockerfile-layers-test/lines-${at}:1`, engine),
      );
      built.push(...(await Promise.all(pooled(jobs))));
    });
    after(() => lab?.stop());

    it('are right, or said to be unsure in few cases, as built and as edited', () => {
      let right = 0;
      const unsure: string[] = [];
      for (const one of built) {
        const { built: then, edited, name } = one.measured;
        for (const text of [then, edited]) {
          if (!text) continue;
          const judged = judgeLines(one, text, true);
          assert.deepEqual(judged.wrong, [], name);
          right += judged.right;
          unsure.push(...judged.unsure.map((line) => `${name}: ${line}`));
          assert.deepEqual(judgeLines(one, text, false).wrong, [], `${name}, of an unknown base`);
        }
      }
      const edits = built.filter(({ measured }) => measured.edited).length;
      console.log(
        `      ${built.length} Dockerfiles, ${edits} of them edited: ${right} lines right, ${unsure.length} unsure, 0 wrong`,
      );
      assert.ok(built.length >= cases.length && built.length >= 8, `${built.length} cases`);
      assert.ok(unsure.length <= 0.05 * (right + unsure.length), unsure.join('\n'));
    });
  });
}

function measuringEngine(lab: LabEngine): MeasuringEngine {
  const engine = createEngine({ env: lab.env });
  return {
    build: async (folder, name, { target, buildArgs }) => {
      await lab.dockerOk([
        ...['build', '--quiet', '--tag', name],
        ...(target === null ? [] : ['--target', target]),
        ...Object.entries(buildArgs).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
        folder,
      ]);
    },
    image: (name) => engine.image({ endpoint: null }, name, never),
  };
}

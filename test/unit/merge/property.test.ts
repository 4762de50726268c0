/**
 * Merging changes nothing that can be seen: random RUN lines of all hard kinds run with real shells,
 * a process each, and then merged, and are compared in status, output, files and what the later
 * scripts see of their shell.
 *
 * `MERGE_SEEDS=<count>` tries more, `MERGE_FROM=<seed>` others.
 */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { runTrial } from '../../support/mergeTrial.ts';
import { type Variant, variants } from '../../support/runGrammar.ts';

const each = Number(process.env.MERGE_SEEDS ?? 350);
const from = Number(process.env.MERGE_FROM ?? 1);

/** Programs of the shells; a machine without Bash runs those of sh. */
function isThere(variant: Variant): boolean {
  return existsSync(variant.shell?.[0] ?? '/bin/sh');
}

describe('merged RUN lines', function () {
  this.timeout(Math.max(300_000, each * 1_000));
  const results = new Map<string, Awaited<ReturnType<typeof runTrial>>>();

  before(async function () {
    if (process.platform === 'win32') this.skip();
    const seeds = Array.from({ length: each }, (_, index) => from + index);
    const waiting = variants.filter(isThere);
    const work = async () => {
      for (let variant = waiting.shift(); variant; variant = waiting.shift()) {
        results.set(variant.name, await runTrial({ variant, seeds }));
      }
    };
    await Promise.all([work(), work(), work()]);
  });

  for (const variant of variants) {
    it(`do what the separate ones did under ${variant.name}`, function () {
      const trial = results.get(variant.name);
      if (!trial) return this.skip();
      assert.equal(trial.differences.length, 0, trial.differences.slice(0, 3).join('\n=====\n'));
    });

    it(`are offered for nearly all scripts under ${variant.name}`, function () {
      const trial = results.get(variant.name);
      if (!trial) return this.skip();
      const share = trial.merged / trial.total;
      const reasons = [...trial.declined].map(([reason, count]) => `${count} ${reason}`).join('\n');
      assert.ok(share >= 0.9, `${trial.merged} of ${trial.total} merged\n${reasons}`);
    });
  }

  it('were looked at in at least 2,000 sequences', function () {
    if (variants.some((variant) => !isThere(variant))) return this.skip();
    const trials = [...results.values()];
    assert.ok(trials.reduce((sum, { merged }) => sum + merged, 0) >= Math.min(1_890, each * 5));
    assert.ok(trials.reduce((sum, { total }) => sum + total, 0) >= 2_000 || each < 350);
  });
});

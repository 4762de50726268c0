/** Files of all kinds with their history, edited at random: no line may be given another's entry. */

import assert from 'node:assert/strict';
import {
  type Builder,
  type KnownBase,
  randomEdits,
  randomStages,
  run,
  textOf,
} from '../../support/laidTrials.ts';
import { seeded } from '../../support/random.ts';

const builders: readonly Builder[] = ['buildkit', 'engine26', 'classic'];
const bases: readonly KnownBase[] = ['rows', 'layers', 'nothing'];
const trials = 120;

describe('sizes of an image on the lines of a file that was edited since', () => {
  for (const known of bases) {
    for (const builder of builders) {
      for (const repeats of [0, 0.3]) {
        for (const count of [0, 1, 4]) {
          const title = `${builder}, ${repeats > 0 ? 'many equal lines' : 'few equal lines'}, ${count} edits, known of the base: ${known}`;
          it(`stand on their own lines or on none (${title})`, () => {
            const sums = { right: 0, unsure: 0, told: 0 };
            for (let seed = 0; seed < trials; seed++) {
              const random = seeded(seed * 977 + count * 31 + (repeats > 0 ? 7 : 0));
              const before = randomStages(random, repeats);
              const { after, edits } = randomEdits(random, before, count);
              const result = run({ before, after, edits, builder, known }, random);
              const shown = [textOf(before), ...edits, textOf(after), ...result.wrong].join('\n');
              assert.equal(result.wrong.length, 0, shown);
              sums.right += result.right;
              sums.unsure += result.unsure.length;
              sums.told += result.told;
            }
            assert.ok(sums.right > 600, `${sums.right} right`);
            // The classic builder does not say what COPY takes: lines with one destination are all alike.
            const limit =
              builder === 'classic' || known === 'nothing' ? 0.35 : repeats > 0 ? 0.15 : 0.05;
            const share = sums.unsure / (sums.right + sums.unsure + sums.told);
            assert.ok(share <= limit, `${sums.unsure} unsure, ${sums.right} right`);
            if (count === 0 && builder !== 'classic') assert.ok(share < 0.02, `${sums.unsure}`);
          });
        }
      }
    }
  }
});

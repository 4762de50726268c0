/**
 * What `snapshot` and `report --since` say before the second build of each recorded pair of builds,
 * beside what BuildKit then did with each step. Files are edited in place, as by a user.
 */

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { InstructionReport, StackReport } from '../../../server/src/protocol.ts';
import {
  type CacheCase,
  type CacheStep,
  type Experiment,
  layOut,
} from '../../support/cacheCases.ts';
import { cli, folderWith, removeFolders } from '../../support/cli.ts';
import { eachCase } from '../../support/conformance.ts';

/** Cases of which something is not compared, and why. */
const exceptions = {
  /** Entries of BuildKit's progress that stand for no line of the file. */
  noLine: {
    '--link: earlier layer changed':
      'BuildKit merges a linked layer in a step of its own (LINK), which has no line; the COPY is compared.',
  },
  otherFolder: {
    'user xattr on copied file':
      'Extended attributes are not read: Node cannot. In the same folder the builder does not notice them either.',
  },
} as const;

function options({ buildArgs = {} }: Experiment, context = 'context'): string[] {
  const args = Object.entries(buildArgs).map(([name, value]) => `--build-arg=${name}=${value}`);
  return ['build/Dockerfile', '--context', context, '--platform', 'linux/amd64', ...args];
}

function cacheOptions({ noCache }: Experiment): string[] {
  if (noCache === undefined) return [];
  return noCache === '' ? ['--no-cache'] : ['--no-cache-filter', noCache];
}

async function snapshot(cwd: string, experiment: Experiment): Promise<void> {
  const ran = await cli(['snapshot', ...options(experiment), '-o', 'since.json'], { cwd });
  assert.deepEqual(ran, { code: 0, out: '', err: '' });
}

async function report(cwd: string, experiment: Experiment, context?: string): Promise<StackReport> {
  const argv = ['report', '--json', '--since', 'since.json'];
  const ran = await cli([...argv, ...options(experiment, context), ...cacheOptions(experiment)], {
    cwd,
  });
  assert.equal(ran.err, '');
  assert.equal(ran.code, 0);
  return JSON.parse(ran.out) as StackReport;
}

/** `2/4` or `b 1/2`: which of the steps that make a layer, of which stage. */
function stepOf(report: StackReport, { step }: CacheStep): InstructionReport {
  const [, name, number] = /^(?:(\S+) )?(\d+)\/\d+$/.exec(step) ?? [];
  const stage = report.stages.find(
    (one) => name === undefined || (one.name ?? `stage-${one.index}`) === name,
  );
  const layers = stage?.instructions.filter(({ effect }) => effect === 'layer') ?? [];
  const found = layers[Number(number) - 1];
  assert.ok(found, `there is no step ${step}`);
  return found;
}

describe('snapshot and report --since', () => {
  const seen = { cases: 0, steps: 0, equal: 0, unknown: 0, apart: 0 };

  after(() => {
    removeFolders();
    const { cases, steps, equal, unknown, apart } = seen;
    const count = `${cases} cases, ${steps} steps: ${equal} as the builder, ${unknown} unknown, ${steps - equal - unknown} otherwise; ${apart} not compared, with reasons`;
    process.stdout.write(`\n    cache_status through snapshot and report --since: ${count}\n`);
  });

  function compare(name: string, said: StackReport, did: readonly CacheStep[]): void {
    seen.cases += 1;
    const wrong: string[] = [];
    for (const step of did) {
      if (step.text.startsWith('LINK ')) {
        assert.ok(name in exceptions.noLine, name);
        seen.apart += 1;
        continue;
      }
      const { cache } = stepOf(said, step);
      const word = cache?.prediction ?? 'none';
      const means = word === 'changed' || word === 'rebuild' ? 'run' : word;
      seen.steps += 1;
      seen.equal += means === step.status ? 1 : 0;
      seen.unknown += word === 'unknown' ? 1 : 0;
      if (means !== step.status) {
        wrong.push(
          `${step.text}: ${word} (${cache?.cause?.reason ?? 'no cause'}), was ${step.status}`,
        );
      }
    }
    assert.deepEqual(wrong, []);
  }

  eachCase<CacheCase>(
    'cache_status',
    ({ name }) => name,
    async ({ name, before, after, stepsAfter }) => {
      const cwd = folderWith({});
      layOut(cwd, before);
      await snapshot(cwd, before);
      layOut(cwd, after);
      compare(name, await report(cwd, after), stepsAfter);
    },
  );

  describe('in a folder of another name, of which the builder holds no copy', () => {
    eachCase<CacheCase>(
      'cache_status',
      ({ name }) => name,
      async ({ name, before, after, stepsAfter, stepsAfterFreshContext }) => {
        if (name in exceptions.otherFolder) {
          seen.apart += stepsAfter.length;
          return;
        }
        const cwd = folderWith({});
        layOut(cwd, before);
        await snapshot(cwd, before);
        const other = join(folderWith({}), 'other');
        mkdirSync(other);
        layOut(other, after);
        cpSync(join(cwd, 'since.json'), join(other, 'since.json'));
        renameSync(join(other, 'context'), join(other, 'elsewhere'));
        const said = await report(other, after, 'elsewhere');
        compare(name, said, stepsAfterFreshContext ?? stepsAfter);
      },
    );
  });
});

/** What the command line tool says of a build, from the snapshot of the moment of the build before. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../server/src/engine/engine.ts';
import { createEngine } from '../../server/src/host/engine.ts';
import type { Step } from '../../server/src/model/plan.ts';
import type { CacheReport, StackReport } from '../../server/src/protocol.ts';
import { cli } from '../support/cli.ts';
import { ofProduct, type Predictor } from './predictionTrial.ts';
import type { State } from './projectState.ts';

/** Kinds of edits of which the moment before says too little. */
export const ofOlder = /older|first state|undone|removed|no longer|size and time/;

/**
 * `snapshots`: a folder of the caller's, outside of all contexts. Reports ask the engine that `env`
 * names.
 */
export function ofSnapshots(
  snapshots: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Predictor {
  const run = runWith(createEngine({ env }));
  return async (folder, state, records) => {
    const file = join(snapshots, `${folder.replaceAll('/', '-')}.json`);
    const told = existsSync(file)
      ? await report(folder, state, file, run)
      : new Map<number, CacheReport[]>();
    await run(folder, state, ['snapshot'], ['-o', file]);
    const { analysis } = await ofProduct(folder, state, records);
    const found = new Map<Step, CacheReport>();
    for (const { from, triggers, steps } of analysis.plan.stages) {
      const atFrom = told.get(from.instruction.lines.start) ?? [];
      for (const [index, step] of triggers.entries()) {
        const cache = atFrom[index];
        if (cache) found.set(step, cache);
      }
      for (const step of steps) {
        const cache = told.get(step.instruction.lines.start)?.[0];
        if (cache) found.set(step, cache);
      }
    }
    return {
      analysis,
      of: (step) => {
        const cache = found.get(step);
        if (!cache) return undefined;
        const { prediction: word, cause, notes = [] } = cache;
        return { word, cause: cause && { span: null, reason: cause.reason }, notes };
      },
    };
  };
}

/** What the report says by line, from 1; triggers by that of their FROM, in order. */
async function report(
  folder: string,
  state: State,
  snapshot: string,
  run: Run,
): Promise<ReadonlyMap<number, CacheReport[]>> {
  const out = await run(folder, state, ['report', '--json'], ['--since', snapshot]);
  const { stages } = JSON.parse(out) as StackReport;
  const told = new Map<number, CacheReport[]>();
  for (const { base, instructions } of stages) {
    const from = instructions[0]?.range.start.line;
    if (from !== undefined) {
      // Triggers that only set something keep their place.
      const triggers = (base.triggers ?? []).map(({ cache }) => cache as CacheReport);
      if (triggers.length > 0) told.set(from + 1, triggers);
    }
    for (const { range, cache } of instructions) if (cache) told.set(range.start.line + 1, [cache]);
  }
  return told;
}

type Run = (
  folder: string,
  state: State,
  before: readonly string[],
  after: readonly string[],
) => Promise<string>;

function runWith(engine: Engine): Run {
  return async (folder, { buildArgs, target }, before, after) => {
    const args = Object.entries(buildArgs).map(([name, value]) => `--build-arg=${name}=${value}`);
    const { code, out, err } = await cli(
      [
        ...before,
        join(folder, 'Dockerfile'),
        ...['--context', folder],
        ...(target ? ['--target', target] : []),
        ...args,
        ...after,
      ],
      { engine },
    );
    assert.equal(code, 0, err);
    return out;
  };
}

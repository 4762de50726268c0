/** An image that was laid over a plan, and the same over the next one: an edit elsewhere moves nothing. */

import type { Plan, Step } from '../model/plan.ts';
import type { Laid } from './laid.ts';
import { imageSteps } from './layEntries.ts';

/** What was laid last. */
export interface LastLaid {
  readonly plan: Plan;
  readonly steps: readonly Step[];
  readonly laid: Laid;
  /** Its declarations of ARG. */
  readonly declared: string;
}

export function lastLaid(plan: Plan, laid: Laid): LastLaid {
  const declared = declarations(plan.program);
  return { plan, steps: imageSteps(plan, plan.target), laid, declared };
}

/**
 * The same laid over another plan, where all lines of its image have the texts that they had; null
 * where one has another. Laying the image anew would come to the same.
 */
export function movedTo(plan: Plan, last: LastLaid): Laid | null {
  if (last.plan === plan) return last.laid;
  const steps = imageSteps(plan, plan.target);
  const { steps: before, laid } = last;
  if (steps.length !== before.length || !hasSameStart(plan, last.plan)) return null;
  if (!hasSameOptions(plan, last.plan)) return null;
  if (last.declared !== declarations(plan.program)) return null;
  const now = new Map<Step, Step>();
  for (const [at, step] of steps.entries()) {
    const old = before[at] as Step;
    if (old !== step && !isSameLine(old, step)) return null;
    now.set(old, step);
  }
  const moved = <T>(map: ReadonlyMap<Step, T>): ReadonlyMap<Step, T> =>
    new Map([...map].map(([step, value]) => [now.get(step) ?? step, value]));
  return {
    ...laid,
    rows: moved(laid.rows),
    changed: moved(laid.changed),
    ...(laid.unsure && { unsure: moved(laid.unsure) }),
  };
}

/** What decides on texts beside the lines themselves. */
function hasSameOptions(one: Plan, other: Plan): boolean {
  if (one.program.dockerfile.escape !== other.program.dockerfile.escape) return false;
  return one.options === other.options || optionsText(one) === optionsText(other);
}

function optionsText({ options }: Plan): string {
  const { platform, buildPlatform, buildArgs = [], namedContexts = [] } = options;
  return JSON.stringify([platform, buildPlatform, [...buildArgs], [...namedContexts]]);
}

/** What the target stands on, and what was said of it from outside. */
function hasSameStart(one: Plan, other: Plan): boolean {
  if (one.target !== other.target || one.stages.length !== other.stages.length) return false;
  return one.stages.every(({ base }, at) => {
    const its = other.stages[at]?.base;
    return (
      base.reference === its?.reference && base.stage === its.stage && base.image === its.image
    );
  });
}

const known = new WeakMap<Plan['program'], string>();

/** Names by which values of ARG are found in a history. */
function declarations(program: Plan['program']): string {
  const before = known.get(program);
  if (before !== undefined) return before;
  const { globals, stages } = program;
  const names: string[] = [];
  for (const command of [...globals, ...stages.flatMap(({ commands }) => commands)]) {
    if (command.kind === 'arg')
      for (const { key, value } of command.args) names.push(`${key}=${value}`);
  }
  const all = names.join('\n');
  known.set(program, all);
  return all;
}

/** The same line behind the same lines has the same text in a history, which takes long to make. */
function isSameLine(one: Step, other: Step): boolean {
  const { instruction: its } = other;
  return (
    one.instruction.joined.text === its.joined.text &&
    one.effect === other.effect &&
    one.createdByExact === other.createdByExact &&
    sameTexts(one.instruction.heredocs, its.heredocs) &&
    one.fromTrigger === other.fromTrigger &&
    // The instruction of a trigger is the FROM that it runs at.
    (!one.fromTrigger || one.createdBy === other.createdBy)
  );
}

function sameTexts(
  one: readonly { readonly content: string }[],
  other: readonly { readonly content: string }[],
): boolean {
  return (
    one.length === other.length && one.every(({ content }, at) => content === other[at]?.content)
  );
}

/**
 * Keys that do not hang on what is known of base images. Whether an engine tells of an image changes
 * from one hour to the next, and keys must not: variables and folders of an image are left out of the
 * plan that keys are made of, and come in by the image's identity (`baseIdentity.ts`).
 */

import { buildPlan } from '../model/buildPlan.ts';
import type { Plan, PlanOptions, Step } from '../model/plan.ts';
import type { Doubt, KeyedPlan } from './keyedStep.ts';

/** Gives the step of the document's own plan for one of the plan that keys are made of. */
export type OwnStep = (step: Step) => Step;

const plainOptions = new WeakMap<PlanOptions, PlanOptions>();
const lastPlans = new WeakMap<PlanOptions, Plan>();
const plainPlans = new WeakMap<Plan, Plan>();

/**
 * The keys of a plan's steps. Where an image has triggers for ONBUILD, these are steps that nothing
 * but the image tells of, and then all that is known of it counts.
 */
export function plainKeys(plan: Plan, make: (plain: Plan, own: OwnStep) => KeyedPlan): KeyedPlan {
  const isPlain = plan.stages.every(({ base }) => base.image === null);
  const triggered = plan.stages.some(
    ({ base, triggers }) => base.stage === null && triggers.length > 0,
  );
  if (isPlain || triggered) return make(plan, (step) => step);
  const plain = plainPlan(plan);
  const pairs = paired(plain, plan);
  if (!pairs) return make(plan, (step) => step);
  const { own, plains } = pairs;
  const ownOf = (step: Step) => own.get(step) ?? step;
  const plainOf = (step: Step) => plains.get(step) ?? step;
  const keyed = make(plain, ownOf);
  const ownDoubt = (doubt: Doubt): Doubt =>
    doubt.step ? { ...doubt, step: ownOf(doubt.step) } : doubt;
  const steps = keyed.steps.map((each) => ({
    ...each,
    step: ownOf(each.step),
    doubts: each.doubts.map(ownDoubt),
    hopes: each.hopes.map(ownDoubt),
  }));
  const byStep = new Map(steps.map((each) => [each.step, each]));
  return {
    ...keyed,
    plan,
    steps,
    of: (step) => byStep.get(step),
    contents: (step) => keyed.contents(plainOf(step)),
    images: (step) => keyed.images(plainOf(step)),
  };
}

function plainPlan(plan: Plan): Plan {
  const known = plainPlans.get(plan);
  if (known) return known;
  let options = plainOptions.get(plan.options);
  if (!options) {
    const { images: _, ...rest } = plan.options;
    options = rest;
    plainOptions.set(plan.options, options);
  }
  const made = buildPlan(plan.program, options, lastPlans.get(options) ?? null);
  lastPlans.set(options, made);
  plainPlans.set(plan, made);
  return made;
}

/** Steps of two plans of one program; null: they are not of the same instructions. */
function paired(
  plain: Plan,
  plan: Plan,
): { readonly own: ReadonlyMap<Step, Step>; readonly plains: ReadonlyMap<Step, Step> } | null {
  const own = new Map<Step, Step>();
  const plains = new Map<Step, Step>();
  for (const [index, stage] of plan.stages.entries()) {
    const other = plain.stages[index];
    const mine = [...stage.triggers, ...stage.steps];
    const others = other ? [...other.triggers, ...other.steps] : [];
    if (mine.length !== others.length) return null;
    for (const [at, step] of mine.entries()) {
      const one = others[at];
      if (!one || one.instruction.joined.text !== step.instruction.joined.text) return null;
      own.set(one, step);
      plains.set(step, one);
    }
  }
  return { own, plains };
}

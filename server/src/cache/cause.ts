/**
 * Why a step is not among those that the builder has: what differs from the step that stood there in
 * an earlier build.
 */

import type { Stage, Step } from '../model/plan.ts';
import type { Span } from '../syntax/ast.ts';
import type { Cause } from './causeWords.ts';
import { quotedLine } from './causeWords.ts';
import { type Compared, comparedSteps, differ } from './difference.ts';
import type { KeyedPlan, KeyedStep, KeyPart } from './keyedStep.ts';
import type { Recorded, RecordIndex } from './recordIndex.ts';
import { stepText } from './stepText.ts';

export interface Explained extends Compared {
  /** The step that stood here; null: none did. */
  readonly instead: Recorded | null;
}

/** Why a step whose key is in no record runs, although all below it may be cached. */
export function explain(at: KeyedStep, keyed: KeyedPlan, index: RecordIndex): Explained {
  const text = stepText(at.step);
  const siblings = at.parent === null ? [] : index.onParent(at.parent);
  if (siblings.length === 0) return withoutSibling(at, text, keyed, index);
  const same = siblings.find(({ step }) => step.text === text);
  if (same) return compared(at, text, same, keyed);
  const [first] = siblings;
  if (first && wasNotBuilt(at, siblings, first.record, keyed, index)) {
    const { name, from } = keyed.plan.stages[at.stage] as Stage;
    return placed(from.instruction.span, `stage ${name ?? at.stage} was not built then`, null);
  }
  const instead = mostAlike(at, text, siblings);
  const stays = textsBelow(at, keyed).has(instead.step.text);
  const was = index
    .textsIn(instead.record, text)
    .some(({ stage, line }) => stage === instead.step.stage && line !== instead.step.line);
  if (stays && was) return placed(null, 'this line was moved', instead);
  if (stays) return placed(null, 'this line is new', null);
  if (was) {
    const reason = `the line ${quotedLine(instead.step.text)} above it was removed`;
    return placed(null, reason, index.textsIn(instead.record, text)[0] ?? null, instead);
  }
  return compared(at, text, instead, keyed);
}

/** Only other stages stood on what it stands on, and nothing of its own stage was built. */
function wasNotBuilt(
  at: KeyedStep,
  siblings: readonly Recorded[],
  record: Recorded['record'],
  keyed: KeyedPlan,
  index: RecordIndex,
): boolean {
  const stage = keyed.plan.stages[at.stage];
  if (!stage || siblings.some(({ step }) => step.stage === at.stage)) return false;
  return !stage.steps.some(
    (step) => step.effect === 'layer' && index.textsIn(record, stepText(step)).length > 0,
  );
}

function placed(
  span: Span | null,
  reason: string,
  found: Recorded | Recorded['step'] | null,
  within: Recorded | null = null,
): Explained {
  const instead = found && !('record' in found) ? within && { ...within, step: found } : found;
  return { cause: { span, reason }, instead, onlyContent: false };
}

/** Nothing was recorded on what this step stands on: its base is another, or it was the end. */
function withoutSibling(
  at: KeyedStep,
  text: string,
  keyed: KeyedPlan,
  index: RecordIndex,
): Explained {
  const found = index.byText(text);
  const instead = found.find(({ step }) => step.stage === at.stage) ?? found[0] ?? null;
  const isFirst = at.parts.some(({ kind }) => kind === 'base');
  const stage = keyed.plan.stages[at.stage];
  if (stage && isFirst) {
    const first = instead ?? firstOf(at.stage, index);
    const cause = first && changedBase(at, first, stage, keyed);
    if (cause) return { cause, instead, onlyContent: false };
  } else if (stage && instead?.step.parts.some(({ kind }) => kind === 'base')) {
    const span = stage.from.instruction.span;
    return {
      cause: { span, reason: 'the stage starts from something else' },
      instead,
      onlyContent: false,
    };
  }
  if (at.parent === null && instead) return compared(at, text, instead, keyed);
  return placed(null, 'this line is new', null);
}

function firstOf(stage: number, index: RecordIndex): Recorded | null {
  for (const record of index.records) {
    const step = record.steps.find(
      (each) => each.stage === stage && each.parts.some(({ kind }) => kind === 'base'),
    );
    if (step) return { step, record };
  }
  return null;
}

function changedBase(
  at: KeyedStep,
  { step: old, record }: Recorded,
  stage: Stage,
  keyed: KeyedPlan,
): Cause | null {
  const { span } = stage.from.instruction;
  const base = (parts: readonly KeyPart[]) => parts.filter(({ kind }) => kind === 'base');
  const differing = differ(base(at.parts), base(old.parts));
  const has = (name: string) => differing.some((part) => part.name === name);
  if (has('written')) return { span, reason: `the base image changed to ${stage.from.base}` };
  const variable = differing.find(({ name }) => name.startsWith('$'))?.name.slice(1);
  if (variable !== undefined) {
    const isArgument =
      keyed.plan.options.buildArgs?.has(variable) || record.arguments[variable] !== undefined;
    const global = keyed.plan.globals.find(
      ({ command }) => command.kind === 'arg' && command.args.some(({ key }) => key === variable),
    );
    return {
      span: global?.instruction.span ?? span,
      reason: `${isArgument ? 'the build argument' : 'ARG'} ${variable} changed`,
    };
  }
  if (has('platform')) return { span, reason: 'the platform changed' };
  return old.parent === at.parent ? null : { span, reason: 'the base image changed' };
}

/** Texts of the steps behind this one in its stage. */
function textsBelow(at: KeyedStep, keyed: KeyedPlan): ReadonlySet<string> {
  let known = below.get(keyed);
  if (!known) {
    known = new Map();
    below.set(keyed, known);
  }
  const found = known.get(at.step);
  if (found) return found;
  const stage = keyed.plan.stages[at.stage];
  const all = stage ? [...stage.triggers, ...stage.steps] : [];
  const from = all.indexOf(at.step);
  const made = new Set(
    all.slice(from + 1).flatMap((step) => (step.effect === 'layer' ? [stepText(step)] : [])),
  );
  known.set(at.step, made);
  return made;
}

const below = new WeakMap<KeyedPlan, Map<Step, ReadonlySet<string>>>();

/** Of several that stood on the same, the one that this most likely was. */
function mostAlike(at: KeyedStep, text: string, siblings: readonly Recorded[]): Recorded {
  const words = new Set(text.split(/\s+/));
  const score = ({ step }: Recorded) => {
    const other = step.text.split(/\s+/);
    const keyword = other[0]?.toUpperCase() === at.step.instruction.name ? 1 : 0;
    const shared = other.filter((word) => words.has(word)).length / Math.max(1, other.length);
    return (step.stage === at.stage ? 3 : 0) + keyword * 2 + shared;
  };
  return siblings.reduce((best, each) => (score(each) > score(best) ? each : best));
}

function compared(at: KeyedStep, text: string, instead: Recorded, keyed: KeyedPlan): Explained {
  return { ...comparedSteps(at, text, instead, keyed), instead };
}

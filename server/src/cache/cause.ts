/**
 * Why a step is not among those that the builder has: what differs from the step that stood there in
 * an earlier build.
 */

import type { Stage } from '../model/plan.ts';
import type { Span } from '../syntax/ast.ts';
import type { BuildRecord, RecordedStep } from './buildRecord.ts';
import { type Cause, quotedLine } from './causeWords.ts';
import { type Compared, comparedSteps, differ } from './difference.ts';
import type { KeyedPlan, KeyedStep, KeyPart } from './keyedStep.ts';
import { layersOf } from './layers.ts';
import { stepBelow, stoodOn } from './recordedOrder.ts';
import type { Recorded, RecordIndex } from './recordIndex.ts';
import { type Siblings, siblingsIn } from './siblings.ts';
import { stepText } from './stepText.ts';

export interface Explained extends Compared {
  /** The step that stood here; null: none did. */
  readonly instead: Recorded | null;
}

/** Why a step whose key is in no record runs, although all below it may be cached. */
export function explain(at: KeyedStep, keyed: KeyedPlan, index: RecordIndex): Explained {
  const text = stepText(at.step);
  const siblings = siblingsIn(at.parent === null ? nobody : index.onParent(at.parent));
  if (siblings.all.length === 0) return withoutSibling(at, text, keyed, index);
  const same = siblings.withText(text);
  if (same) return compared(at, text, same, keyed);
  const [{ record }] = siblings.all as [Recorded];
  if (wasNotBuilt(at, siblings, record, keyed, index)) return notBuilt(at, keyed);
  const start = otherStart(at, text, record, keyed, index);
  if (start) return start;
  const instead = mostAlike(at, text, siblings);
  const stays = textsAbove(at, keyed).has(instead.step.text);
  const was = index.textsIn(record, text).find((step) => stoodOn(record, step, instead.step));
  if (stays && was) return placed(null, 'this line was moved', instead);
  if (stays) return placed(null, 'this line is new', null);
  return was ? removed(instead, was) : compared(at, text, instead, keyed);
}

function notBuilt(at: KeyedStep, keyed: KeyedPlan): Explained {
  const { name, from } = keyed.plan.stages[at.stage] as Stage;
  return placed(from.instruction.span, `stage ${name ?? at.stage} was not built before`, null);
}

function removed({ step, record }: Recorded, own: RecordedStep): Explained {
  const reason = `the line ${quotedLine(step.text)} above it was removed`;
  return placed(null, reason, { step: own, record });
}

/** Where the first line of a stage stood on something else, although all of that is as it was. */
function otherStart(
  at: KeyedStep,
  text: string,
  record: BuildRecord,
  { plan }: KeyedPlan,
  index: RecordIndex,
): Explained | null {
  const stage = plan.stages[at.stage];
  if (!stage || layersOf(stage)[0] !== at.step) return null;
  const all = index.textsIn(record, text);
  const own = all.find((step) => step.stage === at.stage) ?? all[0];
  if (!own) return null;
  const below = stepBelow(record, own);
  // It was no first line then, or an image is below in both.
  if (below ? below.stage === own.stage : stage.base.stage === null) return null;
  if (below && stage.base.stage !== null) {
    const isGone = !plan.stages.some((each) =>
      layersOf(each).some((step) => stepText(step) === below.text),
    );
    if (isGone) return removed({ step: below, record }, own);
  }
  const { span } = stage.from.instruction;
  return placed(span, 'the stage starts from something else', { step: own, record });
}

/** Only other stages stood on what it stands on, and nothing of its own stage was built. */
function wasNotBuilt(
  at: KeyedStep,
  siblings: Siblings,
  record: Recorded['record'],
  keyed: KeyedPlan,
  index: RecordIndex,
): boolean {
  const stage = keyed.plan.stages[at.stage];
  if (!stage || siblings.ofStage(at.stage).length > 0) return false;
  // A stage without steps of its own is known by who took files from it.
  const taken = `from=${stage.name} `;
  if (record.steps.some(({ text }) => text.includes(taken))) return false;
  return !stage.steps.some(
    (step) => step.effect === 'layer' && index.textsIn(record, stepText(step)).length > 0,
  );
}

function placed(span: Span | null, reason: string, instead: Recorded | null): Explained {
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
  const start = instead && otherStart(at, text, instead.record, keyed, index);
  if (start) return start;
  if (stage && isFirst) {
    const [newest] = index.records;
    const isStage = newest?.steps.some((step) => step.stage === at.stage) ?? true;
    if (newest && !isStage && wasNotBuilt(at, siblingsIn(nobody), newest, keyed, index))
      return notBuilt(at, keyed);
    const first = instead ?? firstOf(at.stage, index);
    const cause = first && changedBase(at, first, stage, keyed);
    if (cause) return { cause, instead, onlyContent: false };
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

/** Texts of the steps that stand on this one, in its stage and in those that are built from it. */
function textsAbove(at: KeyedStep, { plan }: KeyedPlan): ReadonlySet<string> {
  const texts = new Set<string>();
  const stages = new Set([at.stage]);
  for (const stage of plan.stages) {
    const { index, base } = stage;
    const isOwn = index === at.stage;
    if (!isOwn && (base.stage === null || !stages.has(base.stage))) continue;
    stages.add(index);
    const all = layersOf(stage);
    for (const step of isOwn ? all.slice(all.indexOf(at.step) + 1) : all) texts.add(stepText(step));
  }
  return texts;
}

/** Of lines of other stages no more are compared word by word. */
const mostCompared = 100;
const nobody: readonly Recorded[] = [];

/** Of several that stood on the same, the one that this most likely was. */
function mostAlike(at: KeyedStep, text: string, siblings: Siblings): Recorded {
  const own = siblings.ofStage(at.stage);
  const some = own.length > 0 ? own : siblings.all.slice(0, mostCompared);
  const words = new Set(text.split(/\s+/));
  const score = ({ step }: Recorded) => {
    const other = step.text.split(/\s+/);
    const keyword = other[0]?.toUpperCase() === at.step.instruction.name ? 1 : 0;
    const shared = other.filter((word) => words.has(word)).length / Math.max(1, other.length);
    return (step.stage === at.stage ? 3 : 0) + keyword * 2 + shared;
  };
  return some.reduce((best, each) => (score(each) > score(best) ? each : best));
}

function compared(at: KeyedStep, text: string, instead: Recorded, keyed: KeyedPlan): Explained {
  return { ...comparedSteps(at, text, instead, keyed), instead };
}

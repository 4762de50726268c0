/**
 * Why a step is not among those that the builder has: what differs from the step that stood there in
 * an earlier build.
 */

import type { Stage, Step } from '../model/plan.ts';
import type { Span } from '../syntax/ast.ts';
import { changedFiles } from './causeFiles.ts';
import { changedVariables, instructionsAbove, variableOrder } from './causeVariables.ts';
import { changedWords, quotedLine } from './causeWords.ts';
import type { KeyedPlan, KeyedStep, KeyPart } from './keyedStep.ts';
import { decides } from './operation.ts';
import type { Recorded, RecordIndex } from './recordIndex.ts';
import { stepText } from './stepText.ts';

export interface Cause {
  /** The instruction that causes it; null: the step's own. */
  readonly span: Span | null;
  /** A part of a sentence, such as `src/app.ts changed`. */
  readonly reason: string;
}

export interface Explained {
  readonly cause: Cause;
  /** The step that stood here; null: none did. */
  readonly instead: Recorded | null;
  /** All that differs is what its sources hold. */
  readonly onlyContent: boolean;
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

const textual: ReadonlySet<KeyPart['kind']> = new Set([
  'instruction',
  'command',
  'source',
  'destination',
  'heredoc',
  'owner',
  'mode',
  'option',
  'mount',
  'network',
]);

function compared(at: KeyedStep, text: string, instead: Recorded, keyed: KeyedPlan): Explained {
  const { step: old, record } = instead;
  const differing = differ(at.parts, old.parts);
  const deciding = differing.filter(decides);
  const explained = (span: Span | null, reason: string): Explained => ({
    cause: { span, reason },
    instead,
    onlyContent: deciding.every(({ kind }) => kind === 'content'),
  });
  const has = (kind: KeyPart['kind']) => deciding.some((part) => part.kind === kind);
  const { plan } = keyed;
  const above = (name: string) => lastAbove(at, keyed, name);
  const isTextual = deciding.some(({ kind }) => textual.has(kind));
  if (isTextual && text !== old.text) {
    const keyword = old.text.split(/\s/, 1)[0]?.toUpperCase();
    const isOther = keyword !== at.step.instruction.name && !isCopy(keyword, at.step);
    return explained(null, isOther ? 'this line is new' : changedWords(old.text, text));
  }
  const variables = () => changedVariables(plan, at.step, at.stage, at.parts, old.parts, record);
  if (isTextual) {
    // The shell's prefix is in the command, and no variable is.
    if (at.step.run && has('command')) return explained(above('SHELL'), 'the SHELL changed');
    const cause = variables();
    if (cause) return explained(cause.span, cause.reason);
    if (has('destination')) return explained(above('WORKDIR'), 'the working directory changed');
    return explained(null, 'the instruction changed');
  }
  if (has('user')) return explained(above('USER'), 'the user changed');
  if (has('directory')) return explained(above('WORKDIR'), 'the working directory changed');
  if (has('platform')) return explained(null, 'the platform changed');
  if (has('variable')) {
    const cause = variables() ?? variableOrder(plan, at.step, at.stage);
    return explained(cause.span, cause.reason);
  }
  return explained(null, changedContent(at, instead, keyed));
}

function isCopy(keyword: string | undefined, { copy }: Step): boolean {
  return copy !== null && (keyword === 'COPY' || keyword === 'ADD');
}

function changedContent(at: KeyedStep, { step: old, record }: Recorded, keyed: KeyedPlan): string {
  const files = changedFiles(keyed.contents(at.step), old.took, record);
  if (files !== null) return files;
  const { copy } = at.step;
  if (copy?.origin.kind === 'stage') {
    const { name, index } = keyed.plan.stages[copy.origin.stage] ?? { name: null, index: 0 };
    return `what it takes from stage ${name ?? index} changed`;
  }
  if (copy && copy.remotes.length > 0) return 'what it downloads changed';
  return at.step.run ? 'what it mounts changed' : 'the files that it takes changed';
}

function lastAbove(at: KeyedStep, keyed: KeyedPlan, name: string): Span | null {
  for (const { instruction } of instructionsAbove(keyed.plan, at.step, at.stage)) {
    if (instruction.name === name) return instruction.span;
  }
  return null;
}

/** Parts of one that the other has not, and the other way round. */
function differ(now: readonly KeyPart[], before: readonly KeyPart[]): readonly KeyPart[] {
  const textOf = ({ kind, name, digest }: KeyPart) =>
    `${kind} ${kind === 'content' ? '' : name} ${digest}`;
  const own = now.map(textOf);
  const old = before.map(textOf);
  if (own.length === old.length && own.every((each, at) => each === old[at])) return [];
  const [ownSet, oldSet] = [new Set(own), new Set(old)];
  const found = [
    ...now.filter((_, at) => !oldSet.has(own[at] as string)),
    ...before.filter((_, at) => !ownSet.has(old[at] as string)),
  ];
  // The same parts in another order.
  return found.length > 0 ? found : now.filter((part, at) => decides(part) && own[at] !== old[at]);
}

/** What differs between a step and the one that stood there in an earlier build, in words. */

import type { Step } from '../model/plan.ts';
import { builderArguments } from './builderArguments.ts';
import { changedFiles } from './causeFiles.ts';
import {
  changedVariables,
  instructionsAbove,
  type VariableCause,
  variableOrder,
} from './causeVariables.ts';
import { type Cause, changedWords } from './causeWords.ts';
import type { KeyedPlan, KeyedStep, KeyPart } from './keyedStep.ts';
import { decides } from './operation.ts';
import type { Recorded } from './recordIndex.ts';
import { isOfSources } from './sourceKeys.ts';

export interface Compared {
  readonly cause: Cause;
  /** All that differs is what its sources hold. */
  readonly onlyContent: boolean;
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

/** What made of `old`, which stood on the same, another step; at most two things are told. */
export function comparedSteps(
  at: KeyedStep,
  text: string,
  old: Recorded,
  keyed: KeyedPlan,
): Compared {
  const deciding = differ(at.parts, old.step.parts).filter(decides);
  const causes = causesOf({ at, text, old, keyed, deciding });
  const [first = { span: null, reason: changedContent(at, text, old, keyed) }, second] = causes;
  const reason = second ? `${first.reason}, and ${second.reason}` : first.reason;
  return {
    cause: { span: first.span, reason },
    onlyContent: deciding.every(isOfSources),
  };
}

interface Comparison {
  readonly at: KeyedStep;
  readonly text: string;
  readonly old: Recorded;
  readonly keyed: KeyedPlan;
  /** Parts of the key that differ. */
  readonly deciding: readonly KeyPart[];
}

/** All but what the sources hold, the plainest first. */
function causesOf(comparison: Comparison): readonly Cause[] {
  const { at, text, old, keyed, deciding } = comparison;
  const { parts, text: before } = old.step;
  const isTextual = deciding.some((part) => textual.has(part.kind) && !isOfSources(part));
  if (isTextual && text !== before) {
    if (isOther(at.step, before)) return [{ span: null, reason: 'this line is new' }];
    const own = { span: null, reason: changedWords(before, text) };
    // The words of all others hold what variables make of them.
    return at.step.run ? [own, ...fromAbove(comparison, null)] : [own];
  }
  const variable = changedVariables(keyed, at, parts, old.record);
  return isTextual ? [fromElsewhere(comparison, variable)] : fromAbove(comparison, variable);
}

/** Why a step is another although its text is the same. */
function fromElsewhere(
  { at, old, keyed, deciding }: Comparison,
  variable: VariableCause | null,
): Cause {
  const has = (kind: KeyPart['kind']) => deciding.some((part) => part.kind === kind);
  const isInherited = (what: string) => deciding.some(({ name }) => name === `inherited ${what}`);
  // The shell's prefix is in the command, and no variable is.
  if (isInherited('directory')) {
    return setBy(at, keyed, 'WORKDIR', 'the working directory changed', variable);
  }
  if (isInherited('shell') || (at.step.run && has('command')))
    return setBy(at, keyed, 'SHELL', 'the SHELL changed');
  if (deciding.some(({ kind, name }) => kind === 'option' && name === 'flags')) {
    return { span: null, reason: 'the flags of the build changed' };
  }
  if (variable) return variable;
  const { buildArgs } = keyed.plan.options;
  const argument = builderArguments.find((name) => {
    const value = buildArgs?.get(name);
    return old.record.arguments[name] !== (value === undefined ? value : keyed.hash(value));
  });
  if (argument !== undefined && (at.step.run || !has('destination'))) {
    return { span: null, reason: `the build argument ${argument} changed` };
  }
  if (has('destination')) return setBy(at, keyed, 'WORKDIR', 'the working directory changed');
  return { span: null, reason: 'the instruction changed' };
}

/** What instructions above change about it. */
function fromAbove(
  { at, old, keyed, deciding }: Comparison,
  known: VariableCause | null,
): readonly Cause[] {
  const has = (kind: KeyPart['kind']) => deciding.some((part) => part.kind === kind);
  const variable = has('variable')
    ? (known ??
      changedVariables(keyed, at, old.step.parts, old.record) ??
      variableOrder(keyed.plan, at))
    : null;
  const lines = [
    ...(has('user') ? [setBy(at, keyed, 'USER', 'the user changed', variable)] : []),
    ...(has('directory')
      ? [setBy(at, keyed, 'WORKDIR', 'the working directory changed', variable)]
      : []),
  ];
  const found: readonly Cause[] = [
    ...lines.filter((cause) => cause !== variable),
    ...(has('platform') ? [{ span: null, reason: 'the platform changed' }] : []),
    ...(variable ? [variable] : []),
  ];
  return found.slice(0, 2);
}

/** The last such instruction above; a variable that it names and that changed, in its place. */
function setBy(
  at: KeyedStep,
  { plan }: KeyedPlan,
  name: string,
  reason: string,
  variable: VariableCause | null = null,
): Cause {
  for (const { instruction } of instructionsAbove(plan, at.step, at.stage)) {
    if (instruction.name !== name) continue;
    const isNamed = variable?.names.some((each) =>
      new RegExp(`\\$\\{?${each}\\b`).test(instruction.joined.text),
    );
    return variable && isNamed ? variable : { span: instruction.span, reason };
  }
  return { span: null, reason };
}

/** Has it nothing to do with what stood there? */
function isOther({ instruction, copy }: Step, before: string): boolean {
  const keyword = before.split(/\s/, 1)[0]?.toUpperCase();
  const isCopy = copy !== null && (keyword === 'COPY' || keyword === 'ADD');
  return keyword !== instruction.name && !isCopy;
}

function changedContent(
  at: KeyedStep,
  text: string,
  { step: old, record }: Recorded,
  keyed: KeyedPlan,
): string {
  const files = changedFiles(keyed.contents(at.step), old.took, record, () =>
    keyed.steps.flatMap(({ step }) => keyed.contents(step)),
  );
  if (files !== null) return files;
  // Paths and names of stages are in no key, but what lies there.
  if (text !== old.text) return changedWords(old.text, text);
  const { copy } = at.step;
  if (copy?.origin.kind === 'stage') {
    const { name, index } = keyed.plan.stages[copy.origin.stage] ?? { name: null, index: 0 };
    return `what it takes from stage ${name ?? index} changed`;
  }
  if (copy && copy.remotes.length > 0) return 'what it downloads changed';
  return at.step.run ? 'what it mounts changed' : 'the files that it takes changed';
}

/** Parts of one that the other has not, and the other way round. */
export function differ(now: readonly KeyPart[], before: readonly KeyPart[]): readonly KeyPart[] {
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

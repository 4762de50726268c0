/** Which variables differ, and which instruction sets them. Values are never shown. */

import type { Plan, Stage, Step } from '../model/plan.ts';
import type { Span } from '../syntax/ast.ts';
import type { BuildRecord } from './buildRecord.ts';
import type { KeyPart } from './keyedStep.ts';

export interface VariableCause {
  readonly span: Span | null;
  readonly reason: string;
}

/** Null: no variable of those that are told apart differs. */
export function changedVariables(
  plan: Plan,
  step: Step,
  stage: number,
  now: readonly KeyPart[],
  before: readonly KeyPart[],
  record: BuildRecord,
): VariableCause | null {
  const own = named(now);
  const old = named(before);
  const set = [...own.keys()].filter((name) => old.get(name) !== own.get(name));
  const unset = [...old.keys()].filter((name) => !own.has(name) && !step.env.has(name));
  const [first] = set;
  if (first !== undefined) {
    const setter = setterOf(plan, step, stage, first);
    const isArgument = setter?.isArgument || (!setter && record.arguments[first] !== undefined);
    const what = old.has(first) ? 'changed' : 'is new';
    const names = set.length + unset.length;
    if (names === 1) {
      const kind = isArgument ? 'the build argument' : (setter?.keyword ?? 'the variable');
      return { span: setter?.span ?? null, reason: `${kind} ${first} ${what}` };
    }
    return {
      span: setter?.span ?? null,
      reason: `the variables ${list([...set, ...unset])} changed`,
    };
  }
  const [gone] = unset;
  if (gone === undefined) return null;
  if (unset.length > 1) {
    return { span: null, reason: `the variables ${list(unset)} are no longer set` };
  }
  return { span: null, reason: `the variable ${gone} is no longer set` };
}

/** The same variables in another order: told at the one that was set last. */
export function variableOrder(plan: Plan, step: Step, stage: number): VariableCause {
  const reason = 'the variables above changed in number or order';
  const last = [...instructionsAbove(plan, step, stage)].find(
    ({ command }) => command.kind === 'env' || command.kind === 'arg',
  );
  return { span: last?.instruction.span ?? null, reason };
}

function named(parts: readonly KeyPart[]): ReadonlyMap<string, string> {
  return new Map(
    parts.flatMap(({ kind, name, digest }) =>
      kind === 'variable' && name !== '' ? [[name, digest] as const] : [],
    ),
  );
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 3);
  const rest = names.length - shown.length;
  if (rest > 0) return `${shown.join(', ')} and ${rest} more`;
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

interface Setter {
  readonly span: Span;
  readonly keyword: string;
  readonly isArgument: boolean;
}

/** The last instruction above that assigns the variable. */
function setterOf(plan: Plan, step: Step, stage: number, name: string): Setter | null {
  const { buildArgs } = plan.options;
  for (const { command, instruction } of instructionsAbove(plan, step, stage)) {
    if (command.kind === 'env' && command.pairs.some(({ key }) => key === name)) {
      return { span: instruction.span, keyword: 'ENV', isArgument: false };
    }
    if (command.kind !== 'arg') continue;
    const found = command.args.find(({ key }) => key === name);
    if (!found) continue;
    const isArgument = buildArgs?.has(name) ?? false;
    if (!isArgument && found.value === null) {
      const global = plan.globals.find(
        ({ command: above }) => above.kind === 'arg' && above.args.some(({ key }) => key === name),
      );
      if (global) return { span: global.instruction.span, keyword: 'ARG', isArgument };
    }
    return { span: instruction.span, keyword: 'ARG', isArgument };
  }
  return null;
}

/** The instructions above a step, through the stages that its stage is built from, the nearest first. */
export function* instructionsAbove(plan: Plan, step: Step, stage: number): Generator<Step> {
  let at: Stage | undefined = plan.stages[stage];
  let isBelow = false;
  while (at) {
    const { steps, triggers, base }: Stage = at;
    for (const list of [steps, triggers]) {
      for (let index = list.length - 1; index >= 0; index--) {
        const each = list[index] as Step;
        if (isBelow) yield each;
        else if (each === step) isBelow = true;
      }
    }
    at = base.stage === null ? undefined : plan.stages[base.stage];
  }
}

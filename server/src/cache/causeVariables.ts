/** Which variables differ, and which instruction sets them. Values are never shown. */

import type { Plan, Stage, Step } from '../model/plan.ts';
import type { Span } from '../syntax/ast.ts';
import type { BuildRecord } from './buildRecord.ts';
import type { Cause } from './causeWords.ts';
import { mostNamed } from './environmentDigest.ts';
import type { KeyedPlan, KeyedStep, KeyPart } from './keyedStep.ts';

export interface VariableCause extends Cause {
  readonly names: readonly string[];
}

type What = 'changed' | 'new' | 'gone';

interface Differing {
  readonly name: string;
  readonly what: What;
  readonly setter: Setter | null;
}

/** Told at the first line that sets one; null: no variable of those that are told apart differs. */
export function changedVariables(
  { plan }: KeyedPlan,
  { step, stage, parts }: KeyedStep,
  before: readonly KeyPart[],
  record: BuildRecord,
): VariableCause | null {
  const own = named(parts);
  const old = named(before);
  const set = [...own.keys()].filter((name) => old.get(name) !== own.get(name));
  const setters = settersOf(plan, step, stage, new Set(set));
  const gone = [...old.keys()].filter((name) => !own.has(name) && !step.env.has(name));
  const all: readonly Differing[] = [
    ...set.map((name) => ({
      name,
      what: old.has(name) ? ('changed' as const) : ('new' as const),
      setter: setters.get(name) ?? null,
    })),
    ...gone.map((name) => ({ name, what: 'gone' as const, setter: null })),
  ].sort((a, b) => placeOf(a) - placeOf(b));
  const [first] = all;
  if (!first) return null;
  const names = all.map(({ name }) => name);
  const { setter } = first;
  if (all.length > 1) return { names, span: spanOf(first), reason: several(all) };
  const given = record.arguments[first.name] !== undefined;
  const isArgument = setter ? setter.isArgument : given && first.what !== 'gone';
  const kind = isArgument ? 'the build argument' : (setter?.keyword ?? 'the variable');
  const isDropped = given && setter?.keyword === 'ARG' && !isArgument && first.what === 'changed';
  const reason = isDropped
    ? `the build argument ${first.name} is no longer given`
    : `${kind} ${first.name} ${verbs[first.what][0]}`;
  return { names, span: spanOf(first), reason };
}

/** Where it was edited most likely: a value above the first FROM, a declaration that was added in the stage. */
function spanOf({ what, setter }: Differing): Span | null {
  return (what === 'changed' ? setter?.global : null) ?? setter?.span ?? null;
}

function placeOf(differing: Differing): number {
  return spanOf(differing)?.start ?? Number.MAX_SAFE_INTEGER;
}

const verbs: Readonly<Record<What, readonly [one: string, several: string]>> = {
  changed: ['changed', 'changed'],
  new: ['is new', 'are new'],
  gone: ['is no longer set', 'are no longer set'],
};

/** `the variables A and B changed`; what is new and what is gone in clauses of their own. */
function several(all: readonly Differing[]): string {
  const clauses = (['changed', 'new', 'gone'] as const).flatMap((what) => {
    const names = all.filter((each) => each.what === what).map(({ name }) => name);
    if (names.length === 0) return [];
    const [one, more] = verbs[what];
    return names.length === 1
      ? [`the variable ${names[0]} ${one}`]
      : [`the variables ${list(names)} ${more}`];
  });
  return clauses.length < 3
    ? clauses.join(' and ')
    : `${clauses[0]}, ${clauses[1]} and ${clauses[2]}`;
}

/** No variable that is told apart differs: told at the one that was set last. */
export function variableOrder(plan: Plan, { step, stage, parts }: KeyedStep): VariableCause {
  const last = [...instructionsAbove(plan, step, stage)].find(
    ({ command }) => command.kind === 'env' || command.kind === 'arg',
  );
  const span = last?.instruction.span ?? null;
  const reason =
    named(parts).size < mostNamed
      ? 'the order of the variables above changed'
      : 'one of the variables above changed';
  return { names: [], span, reason };
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
  /** The ARG above the first FROM that an ARG without a value takes its value from. */
  readonly global: Span | null;
  readonly keyword: 'ENV' | 'ARG';
  readonly isArgument: boolean;
}

/** The last instruction above that assigns each of the variables. */
function settersOf(
  plan: Plan,
  step: Step,
  stage: number,
  names: ReadonlySet<string>,
): ReadonlyMap<string, Setter> {
  const found = new Map<string, Setter>();
  if (names.size === 0) return found;
  const isWanted = (name: string) => names.has(name) && !found.has(name);
  for (const { command, instruction } of instructionsAbove(plan, step, stage)) {
    if (found.size === names.size) break;
    const { span } = instruction;
    if (command.kind === 'env') {
      for (const { key } of command.pairs) {
        if (isWanted(key))
          found.set(key, { span, global: null, keyword: 'ENV', isArgument: false });
      }
    } else if (command.kind === 'arg') {
      for (const { key, value } of command.args) {
        if (!isWanted(key)) continue;
        const isArgument = plan.options.buildArgs?.has(key) ?? false;
        const global = isArgument || value !== null ? null : globalOf(plan, key);
        found.set(key, { span, global, keyword: 'ARG', isArgument });
      }
    }
  }
  return found;
}

function globalOf({ globals }: Plan, name: string): Span | null {
  const found = globals.find(
    ({ command }) => command.kind === 'arg' && command.args.some(({ key }) => key === name),
  );
  return found?.instruction.span ?? null;
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

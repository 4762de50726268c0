/** The values of ARG that an image was built with, as far as its history tells. */

import { buildPlan } from '../model/buildPlan.ts';
import type { Plan } from '../model/plan.ts';
import type { ReadRow, RunParts } from './layRow.ts';

/** Names that the file declares with ARG. */
export function declaredNames(plan: Plan): ReadonlySet<string> {
  const names = new Set<string>();
  const { stages, globals } = plan.program;
  for (const command of [...globals, ...stages.flatMap(({ commands }) => commands)]) {
    if (command.kind === 'arg') for (const { key } of command.args) names.add(key);
  }
  return names;
}

/**
 * Values by name, from the lists in front of commands and from ARG itself; a name that is given
 * more than one value was not set from outside, or not for all stages, and is left out.
 */
export function valuesIn(
  rows: readonly ReadRow[],
  parts: readonly (RunParts | null)[],
  names: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const found = new Map<string, string | null>();
  const note = (text: string, into: Map<string, string | null>) => {
    for (const [name, value] of readValues(text, names)) {
      const before = into.get(name);
      into.set(name, before === undefined || before === value ? value : null);
    }
  };
  for (const part of parts) if (part?.args) note(part.args, found);
  // Engine 26 repeats ARG as it is written, so what commands were run with says more.
  const declared = new Map<string, string | null>();
  for (const row of rows) {
    if (row.keyword === 'ARG' && row.byBuildkit) note(row.text.slice('ARG '.length), declared);
  }
  for (const [name, value] of declared) if (!found.has(name)) found.set(name, value);
  return new Map([...found].flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}

/** `A=1 B=two words C`: a word that starts with a declared name and `=` begins the next value. */
function readValues(text: string, names: ReadonlySet<string>): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let name: string | null = null;
  for (const word of text.split(' ')) {
    const equals = word.indexOf('=');
    const key = equals < 0 ? word : word.slice(0, equals);
    if (names.has(key) && (equals >= 0 || !values.has(key))) {
      name = equals < 0 ? null : key;
      if (name !== null) values.set(name, word.slice(equals + 1));
    } else if (name !== null) values.set(name, `${values.get(name)} ${word}`);
  }
  return values;
}

const others = new WeakMap<Plan, Map<string, Plan | null>>();

/**
 * The plan of the same file with the values that an image was built with; null: they change
 * nothing, or they make other stages of it.
 */
export function planWith(plan: Plan, values: ReadonlyMap<string, string>): Plan | null {
  const given = plan.options.buildArgs ?? new Map<string, string>();
  const own = ownValues(plan);
  const added = [...values].filter(
    ([name, value]) => given.get(name) !== value && own.get(name) !== value,
  );
  if (added.length === 0) return null;
  const known = others.get(plan) ?? new Map<string, Plan | null>();
  others.set(plan, known);
  const key = JSON.stringify(added.sort(([a], [b]) => (a < b ? -1 : 1)));
  let made = known.get(key);
  if (made === undefined) {
    if (known.size > 7) known.clear();
    const other = buildPlan(plan.program, {
      ...plan.options,
      buildArgs: new Map([...given, ...added]),
    });
    made = isSameShape(plan, other) ? other : null;
    known.set(key, made);
  }
  return made;
}

const owns = new WeakMap<Plan, ReadonlyMap<string, string>>();

/** Values that the plan gives to all declarations of a name alike. */
function ownValues(plan: Plan): ReadonlyMap<string, string> {
  const known = owns.get(plan);
  if (known) return known;
  const found = new Map<string, string | null>();
  for (const { steps } of plan.stages) {
    for (const step of steps) {
      const { command } = step;
      if (command.kind !== 'arg') continue;
      // Read only here: the text of a RUN would take long to make.
      const createdBy = step.createdBy ?? '';
      const [only, more] = command.args;
      if (!only || more) continue;
      const start = `ARG ${only.key}=`;
      const value = createdBy.startsWith(start) ? createdBy.slice(start.length) : '';
      found.set(only.key, found.has(only.key) && found.get(only.key) !== value ? null : value);
    }
  }
  const own = new Map(
    [...found].flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
  );
  owns.set(plan, own);
  return own;
}

function isSameShape(plan: Plan, other: Plan): boolean {
  return plan.stages.every((stage, at) => {
    const its = other.stages[at];
    return (
      its !== undefined &&
      its.base.stage === stage.base.stage &&
      its.triggers.length === stage.triggers.length &&
      its.steps.length === stage.steps.length
    );
  });
}

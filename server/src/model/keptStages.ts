/**
 * What stays of a plan when the text is edited further down: the stages above the edit, as far as
 * all that they hang on is the same. A command that `interpret` took over from the earlier version is
 * the same object, and then all text above it is the same, too.
 */

import type { Problem } from '../syntax/ast.ts';
import type { Command, Program } from '../syntax/commands.ts';
import type { CopyOrigin, Plan, PlanOptions, Stage } from './plan.ts';
import type { Finished } from './running.ts';
import type { Graph } from './stages.ts';

/** A stage that has been gone through. */
export interface Built {
  readonly stage: Stage;
  readonly finished: Finished;
  readonly problems: readonly Problem[];
  /** How much of the budget for expansions it took; infinite when that did not suffice. */
  readonly spent: number;
}

interface Memory {
  readonly built: readonly Built[];
  readonly origins: Graph['origins'];
}

const memories = new WeakMap<Plan, Memory>();

/** Keeps what `keptStages` needs of a plan, for as long as the plan lives. */
export function rememberStages(plan: Plan, built: readonly Built[], { origins }: Graph): void {
  memories.set(plan, { built, origins });
}

/**
 * The first stages of an earlier plan that going through them again would give again. `left`: the
 * budget for expansions. `before` has to be made with the very same options.
 */
export function keptStages(
  before: Plan | null,
  program: Program,
  options: PlanOptions,
  graph: Graph,
  left: number,
): readonly Built[] {
  const memory = before && memories.get(before);
  if (!memory || before.options !== options) return [];
  if (lastName(before.program) !== lastName(program)) return [];
  const kept: Built[] = [];
  let budget = left;
  for (const [index, built] of memory.built.entries()) {
    const stage = graph.stages[index];
    const was = before.program.stages[index];
    if (!stage || !was) break;
    // What triggers copy from is looked up anew.
    if (stage.triggers.length > 0 || built.stage.triggers.length > 0) break;
    const { from, commands } = stage.syntax;
    if (from !== was.from || !areSame(commands, was.commands)) break;
    // More may be known of the image by now.
    if (stage.resolved.base.image !== built.stage.base.image) break;
    const isMoved = (command: Command) =>
      !haveOneOrigin(memory.origins.get(command), graph.origins.get(command));
    budget -= built.spent;
    if (budget < 0 || commands.some(isMoved)) break;
    kept.push(built);
  }
  return kept;
}

/** `TARGETSTAGE`, which stages further up may use. */
function lastName({ stages }: Program): string | null | undefined {
  return stages.at(-1)?.from.name;
}

function areSame(one: readonly object[], other: readonly object[]): boolean {
  return one.length === other.length && one.every((each, index) => each === other[index]);
}

type Origins = readonly (CopyOrigin | null)[] | undefined;

/** A stage further down may have taken the name that a COPY or mount is from. */
function haveOneOrigin(one: Origins, other: Origins): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/**
 * The graph of stages: which stage or image each FROM, `COPY --from` and mount means, what runs
 * first as an ONBUILD trigger, what the target needs, and loops. Nothing here recurses along the
 * graph: a file may have thousands of stages in a chain.
 */

import type { Instruction, Problem } from '../syntax/ast.ts';
import type { Command, Program, StageSyntax } from '../syntax/commands.ts';
import { expand } from '../syntax/expand.ts';
import { goQuote } from '../syntax/goText.ts';
import { withSuggestion } from '../syntax/suggestions.ts';
import { namedContext, type ResolvedBase, referenceError, resolveBase } from './bases.ts';
import { Environment } from './environment.ts';
import type { CopyOrigin, PlanOptions } from './plan.ts';
import { planProblem } from './problems.ts';
import { type ParsedTrigger, parseTrigger, placeTrigger } from './triggers.ts';
import type { Scope } from './variables.ts';

export interface Trigger {
  readonly command: Command;
  /** The ONBUILD instruction, when the base is a stage of this file. */
  readonly onbuild: Instruction | null;
}

export interface GraphStage {
  readonly syntax: StageSyntax;
  readonly resolved: ResolvedBase;
  readonly triggers: readonly Trigger[];
  readonly dependsOn: ReadonlySet<number>;
  /** Problems that count only when the stage is built. */
  readonly problems: readonly Problem[];
}

export interface Graph {
  readonly stages: readonly GraphStage[];
  readonly target: number;
  readonly needed: ReadonlySet<number>;
  /** Origin of each `COPY --from` (one) and of each mount with a source, in order (else null). */
  readonly origins: ReadonlyMap<Command, readonly (CopyOrigin | null)[]>;
  /** Problems that BuildKit reports whatever the target is. */
  readonly problems: readonly Problem[];
}

/** More triggers than this are not followed; n ONBUILD lines times n stages would be n² steps. */
const maxTriggers = 20_000;

interface Building {
  readonly program: Program;
  readonly options: PlanOptions;
  /** The last stage of each name. */
  readonly byName: ReadonlyMap<string, number>;
  /** BuildKit's list of states: stages first, then each image that `--from` named. */
  readonly states: CopyOrigin[];
  readonly origins: Map<Command, readonly (CopyOrigin | null)[]>;
  readonly problems: Problem[];
}

/** Resolves every reference between stages; what is wrong with one is among the problems. */
export function buildGraph(program: Program, globals: Scope, options: PlanOptions): Graph {
  const above = new Map<string, number>();
  const problems: Problem[] = [];
  const bases = program.stages.map((stage) => {
    const resolved = resolveBase(stage, above, globals, options);
    problems.push(...resolved.problems);
    if (stage.from.name !== null) above.set(stage.from.name, stage.index);
    return resolved;
  });
  const states = program.stages.map(({ index }): CopyOrigin => ({ kind: 'stage', stage: index }));
  const building = { program, options, byName: above, states, origins: new Map(), problems };
  const target = findTarget(program, building, options, problems);

  const edges = program.stages.map((stage) => {
    const found = new Map<number, Command>();
    for (const command of stage.commands) {
      for (const origin of resolveOrigins(command, building, problems)) {
        if (origin?.kind === 'stage') found.set(origin.stage, command);
      }
    }
    return found;
  });
  problems.push(...findLoops(program.stages, edges));

  const triggers = collectTriggers(bases, building);
  const stages = program.stages.map((syntax, index): GraphStage => {
    const resolved = bases[index] as ResolvedBase;
    const own = triggers[index] as CollectedTriggers;
    const parent = resolved.base.stage;
    const dependsOn = new Set(parent === null ? [] : [parent]);
    for (const stage of edges[index]?.keys() ?? []) dependsOn.add(stage);
    for (const stage of own.dependsOn) dependsOn.add(stage);
    return { syntax, resolved, triggers: own.triggers, dependsOn, problems: own.problems };
  });
  return { stages, target, needed: reach(stages, target), origins: building.origins, problems };
}

/** BuildKit's name of a stage in its messages: `stage-<n>` when it has none. */
export function stageLabel(stage: StageSyntax): string {
  return stage.from.name ?? `stage-${stage.index}`;
}

/** By name, in any case, never by number; the last stage without a target (BuildKit `instructions.HasStage`). */
function findTarget(
  program: Program,
  building: Building,
  options: PlanOptions,
  problems: Problem[],
): number {
  const last = program.stages.length - 1;
  const { target } = options;
  if (!target || last < 0) return last;
  const found = building.byName.get(target.toLowerCase());
  if (found !== undefined) return found;
  const error = `target stage ${goQuote(target)} could not be found`;
  const message = withSuggestion(error, target, program.stages.map(stageLabel), true);
  const at = program.stages[last]?.from.instruction ?? null;
  problems.push(planProblem('unknown-target', message, at, false));
  return last;
}

const noOrigins: readonly (CopyOrigin | null)[] = [];

/** What `COPY --from` or the mounts of a command mean; notes it and returns it. */
function resolveOrigins(
  command: Command,
  building: Building,
  problems: Problem[],
): readonly (CopyOrigin | null)[] {
  let origins = noOrigins;
  if (command.kind === 'copy' && command.from) {
    origins = [copyOrigin(command.from, command.instruction, building, problems)];
  } else if (command.kind === 'run' && command.mounts.length > 0) {
    // BuildKit looks up `scratch` for a mount without a source; a stage may have that name.
    origins = command.mounts.map(({ from }) => {
      if (from) return nameOrigin(from, command.instruction, false, building, problems);
      const stage = building.byName.get('scratch');
      return stage === undefined ? null : { kind: 'stage', stage };
    });
  }
  if (origins.length > 0) building.origins.set(command, origins);
  return origins;
}

function copyOrigin(
  from: string,
  at: Instruction,
  building: Building,
  problems: Problem[],
): CopyOrigin {
  const unknown: CopyOrigin = { kind: 'image', reference: from };
  const options = { escape: building.program.dockerfile.escape };
  const expanded = expand(from, Environment.empty, options);
  if (!expanded.ok || expanded.value !== from) {
    const message = expanded.ok
      ? 'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround'
      : expanded.error;
    problems.push(planProblem('copy-source', message, at, false));
    return unknown;
  }
  if (!/^[+-]?\d{1,15}$/.test(from)) return nameOrigin(from, at, true, building, problems);
  const state = building.states[Number(from)];
  if (state) return state;
  problems.push(planProblem('copy-source', `invalid stage index ${Number(from)}`, at, false));
  return unknown;
}

function nameOrigin(
  name: string,
  at: Instruction,
  located: boolean,
  building: Building,
  problems: Problem[],
): CopyOrigin {
  const stage = building.byName.get(name.toLowerCase());
  if (stage !== undefined) return { kind: 'stage', stage };
  const named = namedContext(name, building.options) !== undefined;
  const origin: CopyOrigin = named ? { kind: 'named', name } : { kind: 'image', reference: name };
  building.states.push(origin);
  const error = name === 'scratch' ? '' : referenceError(name);
  if (error) problems.push(planProblem('copy-source', error, at, located));
  return origin;
}

interface CollectedTriggers {
  readonly triggers: readonly Trigger[];
  readonly dependsOn: readonly number[];
  readonly problems: readonly Problem[];
}

function collectTriggers(
  bases: readonly ResolvedBase[],
  building: Building,
): readonly CollectedTriggers[] {
  const parsed = new Map<Command, ParsedTrigger>();
  let left = maxTriggers;
  return bases.map(({ base, replaced }, index) => {
    const { from } = building.program.stages[index] as StageSyntax;
    const problems: Problem[] = [];
    const dependsOn: number[] = [];
    const triggers: Trigger[] = [];
    const add = (trigger: ParsedTrigger, onbuild: Instruction | null) => {
      if (left-- <= 0) return;
      if (!trigger.ok) {
        problems.push(planProblem('onbuild-trigger', trigger.error, from.instruction));
        return;
      }
      const command = placeTrigger(trigger.command, from.instruction);
      triggers.push({ command, onbuild });
      for (const origin of resolveOrigins(command, building, problems)) {
        if (origin?.kind === 'stage') dependsOn.push(origin.stage);
      }
    };
    if (replaced) return { triggers, dependsOn, problems };
    for (const text of base.image?.config.onBuild ?? []) add(parseTrigger(text), null);
    const parent = base.stage === null ? undefined : building.program.stages[base.stage];
    for (const command of parent?.commands ?? []) {
      if (command.kind !== 'onbuild') continue;
      const known = parsed.get(command) ?? parseTrigger(command.expression);
      parsed.set(command, known);
      add(known, command.instruction);
    }
    return { triggers, dependsOn, problems };
  });
}

function reach(stages: readonly GraphStage[], target: number): ReadonlySet<number> {
  const found = new Set<number>();
  const open = [target];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    const stage = stages[index];
    if (!stage || found.has(index)) continue;
    found.add(index);
    for (const next of stage.dependsOn) open.push(next);
  }
  return found;
}

interface Visit {
  readonly index: number;
  /** The instruction that led here. */
  readonly by: Command | null;
  readonly rest: Iterator<[number, Command]>;
}

/**
 * A stage that copies or mounts from itself, directly or in a circle. BuildKit stops at the first
 * one; it names the stage where it began to look, and the lines of all instructions on the way, of
 * which the first is told here.
 */
function findLoops(
  stages: readonly StageSyntax[],
  edges: readonly ReadonlyMap<number, Command>[],
): readonly Problem[] {
  // A loop always has a source that does not stand above; nearly all files end here.
  const goesBack = edges.some((sources, index) => {
    for (const source of sources.keys()) if (source >= index) return true;
    return false;
  });
  if (!goesBack) return [];
  const visited = new Set<number>();
  for (const start of stages) {
    const path = new Set<number>();
    const walk: Visit[] = [];
    const enter = (index: number, by: Command | null) => {
      visited.add(index);
      path.add(index);
      walk.push({ index, by, rest: (edges[index] ?? new Map<number, Command>()).entries() });
    };
    if (!visited.has(start.index)) enter(start.index, null);
    for (let top = walk.at(-1); top; top = walk.at(-1)) {
      const next = top.rest.next();
      if (next.done) {
        path.delete(top.index);
        walk.pop();
        continue;
      }
      const [index, command] = next.value;
      if (path.has(index)) {
        const message = `circular dependency detected on stage: ${stageLabel(start)}`;
        const first = walk[1]?.by ?? command;
        return [planProblem('circular-dependency', message, first.instruction)];
      }
      if (!visited.has(index)) enter(index, command);
    }
  }
  return [];
}

/** Makes the build plan of a Dockerfile: what BuildKit's `dockerfile2llb` makes of it. */

import type { Problem } from '../syntax/ast.ts';
import type { Command, Program } from '../syntax/commands.ts';
import { tellOnce } from '../syntax/trailingComment.ts';
import type { Environment } from './environment.ts';
import { emptyConfig, viewConfig } from './imageConfig.ts';
import { applyLayer } from './layerSteps.ts';
import { applyMetadata } from './metadataSteps.ts';
import type { Outcome } from './outcome.ts';
import type { Plan, PlanOptions, Stage, Step } from './plan.ts';
import { type PlanProblemCode, planProblem } from './problems.ts';
import { type Finished, type Running, type Surroundings, startStage } from './running.ts';
import { buildGraph, type Graph, type GraphStage, stageLabel, type Trigger } from './stages.ts';
import {
  evaluateGlobals,
  type GlobalArg,
  newBudget,
  platformArgs,
  type Scope,
} from './variables.ts';

/**
 * The plan of a whole file for one target and platform. Never throws; a file with errors gives the
 * steps that can be told. Every stage is gone through, also those that the target does not need;
 * as in BuildKit, those then report no problem of their own.
 */
export function buildPlan(program: Program, options: PlanOptions): Plan {
  const budget = newBudget();
  const buildArgs = options.buildArgs ?? new Map<string, string>();
  const lastName = program.stages.at(-1)?.from.name ?? '';
  const start: Scope = {
    env: platformArgs(options, options.target || lastName),
    escape: program.dockerfile.escape,
    namesKnown: true,
    budget,
  };
  const globals = evaluateGlobals(program.globals, start, buildArgs);
  const graph = buildGraph(program, { ...start, env: globals.env }, options);
  const around: Surroundings = {
    escape: program.dockerfile.escape,
    globals: globals.env,
    buildArgs,
    budget,
    origins: graph.origins,
    label: (index) => {
      const stage = program.stages[index];
      return stage ? stageLabel(stage) : '';
    },
  };
  const problems: Problem[] = [...program.problems];
  for (const { command, error } of globals.args) {
    if (error) problems.push(planProblem('instruction-value', error, command.instruction));
  }
  problems.push(...graph.problems);
  const noStage = 'dockerfile contains no stages to build';
  if (
    program.stages.length === 0 &&
    program.globals.length > 0 &&
    !problems.some(({ buildkit }) => buildkit && buildkit.phase !== 'plan')
  ) {
    problems.push(planProblem('no-stage', noStage, program.globals[0]?.instruction ?? null, false));
  }

  // A loop always has a source that stands below; the loop is told, that is enough.
  const looped = graph.problems.some(({ code }) => code === 'circular-dependency');
  const isNew = ({ code }: Problem) => !(looped && code === 'stage-order');
  const finished: Finished[] = [];
  const stages = graph.stages.map((stage, index) => {
    const built = buildStage(stage, index, graph, finished, around);
    finished.push(built.finished);
    if (graph.needed.has(index)) problems.push(...stage.problems, ...built.problems.filter(isNew));
    return built.stage;
  });
  return {
    program,
    options,
    globals: globals.args.map(globalStep),
    stages,
    target: graph.target,
    problems: tellOnce(problems.sort((a, b) => a.span.start - b.span.start)),
  };
}

function globalStep({ command, before }: GlobalArg): Step {
  return {
    ...nothingDone(command),
    env: before,
    config: emptyView,
  };
}

const emptyView = viewConfig(emptyConfig);

function nothingDone(command: Command) {
  return {
    instruction: command.instruction,
    command,
    effect: 'metadata',
    layer: null,
    createdBy: null,
    createdByExact: true,
    fromTrigger: false,
    onbuild: null,
    copy: null,
    run: null,
    workdir: null,
  } as const;
}

function buildStage(
  graphStage: GraphStage,
  index: number,
  graph: Graph,
  finished: readonly Finished[],
  around: Surroundings,
): { readonly stage: Stage; readonly finished: Finished; readonly problems: readonly Problem[] } {
  const { syntax, resolved, dependsOn } = graphStage;
  const { base } = resolved;
  const parent = base.stage === null ? null : (finished[base.stage] ?? null);
  const begun = startStage(index, base, resolved.platform, parent, around);
  const running: Running = { ...begun, view: viewConfig(begun.config) };
  const problems: Problem[] = [];
  const take = (command: Command, trigger: Trigger | null): Step => {
    if (resolved.replaced)
      return { ...nothingDone(command), env: running.env, config: running.view };
    const { env, config } = running;
    const outcome = applyMetadata(running, command) ?? applyLayer(running, command);
    if (outcome.effect === 'layer') running.layers++;
    if (running.config !== config) running.view = viewConfig(running.config);
    if (outcome.error !== null) problems.push(problemOf(command, outcome.error, outcome));
    return toStep(command, outcome, running, env, trigger);
  };
  const triggers = graphStage.triggers.map((trigger) => take(trigger.command, trigger));
  const steps = syntax.commands.map((command) => take(command, null));
  const stage: Stage = {
    index,
    name: syntax.from.name,
    needed: graph.needed.has(index),
    from: syntax.from,
    base,
    replaced: resolved.replaced,
    triggers,
    steps,
    config: running.view,
    layers: running.layers,
    dependsOn: [...dependsOn],
  };
  return { stage, finished: running, problems };
}

/** The step's text is made when it is read: that of a RUN repeats all ARGs above it. */
function toStep(
  command: Command,
  outcome: Outcome,
  running: Running,
  before: Environment,
  trigger: Trigger | null,
): Step {
  const { effect, history, error } = outcome;
  return {
    instruction: command.instruction,
    command,
    effect,
    layer: effect === 'layer' ? running.layers : null,
    get createdBy() {
      return history ? history.text() : null;
    },
    get createdByExact() {
      return error === null && (history?.exact() ?? true);
    },
    fromTrigger: trigger !== null,
    onbuild: trigger?.onbuild ?? null,
    copy: outcome.copy ?? null,
    run: outcome.run ?? null,
    workdir: outcome.workdir ?? null,
    env: before,
    config: running.view,
  };
}

function problemOf(command: Command, message: string, outcome: Outcome): Problem {
  const order = /^cannot (copy|mount) from stage /.test(message);
  const code: PlanProblemCode = order
    ? 'stage-order'
    : message === 'arguments are required'
      ? 'empty-command'
      : 'instruction-value';
  return planProblem(code, message, command.instruction, !outcome.unlocated);
}

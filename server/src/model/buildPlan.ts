/** Makes the build plan of a Dockerfile: what BuildKit's `dockerfile2llb` makes of it. */

import type { Instruction, Problem } from '../syntax/ast.ts';
import type { Command, Program } from '../syntax/commands.ts';
import { tellOnce } from '../syntax/trailingComment.ts';
import type { Environment } from './environment.ts';
import { type ConfigState, emptyConfig, viewConfig } from './imageConfig.ts';
import { type Built, keptStages, rememberStages } from './keptStages.ts';
import { applyLayer } from './layerSteps.ts';
import { applyMetadata } from './metadataSteps.ts';
import type { Outcome } from './outcome.ts';
import type { ImageConfig, Plan, PlanOptions, Stage, Step } from './plan.ts';
import { type PlanProblemCode, planProblem } from './problems.ts';
import { type Finished, finish, type Running, type Surroundings, startStage } from './running.ts';
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
 * as in BuildKit, those then report no problem of their own. `before`, a plan of an earlier version
 * of the text with the same options object, saves time and changes nothing.
 */
export function buildPlan(
  program: Program,
  options: PlanOptions,
  before: Plan | null = null,
): Plan {
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
  const emptyFile = 'the Dockerfile cannot be empty';
  const problems: Problem[] =
    program.dockerfile.text === ''
      ? [planProblem('no-stage', emptyFile, null, false)]
      : [...program.problems];
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
  const kept = keptStages(before, program, options, graph, budget.left);
  const all: Built[] = [];
  for (const [index, stage] of graph.stages.entries()) {
    const known = kept[index];
    const built = known
      ? takeOver(known, stage, graph)
      : buildStage(stage, index, graph, all, around);
    if (known) budget.left -= known.spent;
    all.push(built);
    if (graph.needed.has(index)) problems.push(...stage.problems, ...built.problems.filter(isNew));
  }
  const plan: Plan = {
    program,
    options,
    globals: globals.args.map(globalStep),
    stages: all.map(({ stage }) => stage),
    target: graph.target,
    problems: tellOnce(problems.sort((a, b) => a.span.start - b.span.start)),
  };
  rememberStages(plan, all, graph);
  return plan;
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
  above: readonly Built[],
  around: Surroundings,
): Built {
  const { syntax, resolved } = graphStage;
  const { base } = resolved;
  const parent = base.stage === null ? null : (above[base.stage]?.finished ?? null);
  const { budget } = around;
  const { left } = budget;
  const running = startStage(index, base, resolved.platform, parent, around);
  const problems: Problem[] = [];
  const take = (command: Command, trigger: Trigger | null): Step => {
    if (resolved.replaced)
      return { ...nothingDone(command), env: running.env, config: viewConfig(running.config) };
    const { env } = running;
    const outcome = applyMetadata(running, command) ?? applyLayer(running, command);
    if (outcome.effect === 'layer') running.layers++;
    if (outcome.error !== null) problems.push(problemOf(command, outcome.error, outcome));
    return new PlannedStep(command, outcome, running, env, trigger);
  };
  const triggers = graphStage.triggers.map((trigger) => take(trigger.command, trigger));
  const steps = syntax.commands.map((command) => take(command, null));
  const spent = budget.left < 0 ? Number.POSITIVE_INFINITY : left - budget.left;
  const finished = finish(running);
  const stage = stageOf(graphStage, index, graph, finished, { triggers, steps });
  return { stage, finished, problems, spent };
}

/** A stage of an earlier plan in this one: who needs it, and what it needs, may have changed. */
function takeOver(
  { stage, finished, problems, spent }: Built,
  now: GraphStage,
  graph: Graph,
): Built {
  return { stage: stageOf(now, stage.index, graph, finished, stage), finished, problems, spent };
}

function stageOf(
  { syntax, resolved, dependsOn }: GraphStage,
  index: number,
  graph: Graph,
  { config, layers }: Finished,
  { triggers, steps }: Pick<Stage, 'triggers' | 'steps'>,
): Stage {
  return {
    index,
    name: syntax.from.name,
    needed: graph.needed.has(index),
    from: syntax.from,
    base: resolved.base,
    replaced: resolved.replaced,
    triggers,
    steps,
    // Made when it is read, as few ask for it.
    get config() {
      return viewConfig(config);
    },
    layers,
    dependsOn: [...dependsOn],
  };
}

/**
 * A step whose text and config are made when they are read: the text of a RUN repeats all ARGs above
 * it. A class, because getters in a literal give each object a shape of its own, and there is a step
 * for each instruction: that would take longer than all the rest of the plan.
 */
class PlannedStep implements Step {
  readonly instruction: Instruction;
  readonly command: Command;
  readonly effect: Step['effect'];
  readonly layer: number | null;
  readonly fromTrigger: boolean;
  readonly onbuild: Instruction | null;
  readonly copy: Step['copy'];
  readonly run: Step['run'];
  readonly workdir: string | null;
  readonly env: Environment;
  readonly #text: Outcome['text'];
  readonly #exact: Outcome['exact'];
  readonly #refused: boolean;
  readonly #config: ConfigState;

  constructor(
    command: Command,
    outcome: Outcome,
    { layers, config }: Running,
    before: Environment,
    trigger: Trigger | null,
  ) {
    this.instruction = command.instruction;
    this.command = command;
    this.effect = outcome.effect;
    this.layer = outcome.effect === 'layer' ? layers : null;
    this.fromTrigger = trigger !== null;
    this.onbuild = trigger?.onbuild ?? null;
    this.copy = outcome.copy;
    this.run = outcome.run;
    this.workdir = outcome.workdir;
    this.env = before;
    this.#text = outcome.text;
    this.#exact = outcome.exact;
    this.#refused = outcome.error !== null;
    this.#config = config;
  }

  get createdBy(): string | null {
    const text = this.#text;
    return typeof text === 'function' ? text() : text;
  }

  get createdByExact(): boolean {
    const exact = this.#exact;
    return !this.#refused && (typeof exact === 'function' ? exact() : exact);
  }

  get config(): ImageConfig {
    return viewConfig(this.#config);
  }
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

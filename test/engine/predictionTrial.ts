/**
 * The mutation suite: each project is built, edited and built again, and what was said before each
 * build is held against what the builder did, step by step.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contextIdentity } from '../../server/src/analysis/cacheFacts.ts';
import { type Analysis, analyze } from '../../server/src/analysis.ts';
import type { BuilderFacts, BuildRecord, StepOutcome } from '../../server/src/cache/buildRecord.ts';
import type { Prediction } from '../../server/src/cache/prediction.ts';
import { recordOf } from '../../server/src/cache/recordOf.ts';
import { nodeDigests } from '../../server/src/host/contentDigest.ts';
import { nodeDecompressors } from '../../server/src/host/decompress.ts';
import { nodeFileSystem } from '../../server/src/host/nodeFileSystem.ts';
import type { Step } from '../../server/src/model/plan.ts';
import { readSettings, settingDefaults } from '../../server/src/settings.ts';
import { platform } from './predicted.ts';
import { type NamedEdit, walks } from './predictionEdits.ts';
import { type PredictionEngine, predictionEngine } from './predictionEngine.ts';
import { type Project, projects } from './predictionProjects.ts';
import { dockerfileOf, lay, type State } from './projectState.ts';
import { buildSteps, type LineOutcomes, type Outcome } from './stepOutcomes.ts';

/** One step of one build, as it was foretold and as it was. */
export interface Judged {
  readonly project: string;
  /** Which edit of the project's walk, from 1. */
  readonly edit: number;
  readonly kind: string;
  readonly about: string;
  /** One-based. */
  readonly line: number;
  readonly text: string;
  readonly word: Prediction['word'];
  /** What is given as the cause; `''` for cached. */
  readonly reason: string;
  readonly notes: readonly string[];
  readonly actual: Outcome;
}

/** One edit with all steps of the build after it. */
export interface JudgedEdit {
  readonly project: string;
  readonly edit: NamedEdit;
  readonly number: number;
  readonly steps: readonly Judged[];
}

/** What is said of a state of the project before it is built. */
export interface Foretold {
  readonly analysis: Analysis;
  of(step: Step): Pick<Prediction, 'word' | 'cause' | 'notes'> | undefined;
}

/** Says what a build will do. The product's own by default; a test plants others. */
export type Predictor = (
  folder: string,
  state: State,
  records: readonly BuildRecord[],
) => Promise<Foretold>;

/** What the server says of the folder with these records, the newest first. */
export const ofProduct: Predictor = async (folder, state, records) => {
  const path = join(folder, 'Dockerfile');
  const analysis = await analyze(
    {
      key: path,
      path,
      folder: null,
      within: null,
      text: dockerfileOf(state),
      version: 1,
      settings: readSettings({
        ...settingDefaults,
        'context.path': folder,
        target: state.target,
        buildArgs: state.buildArgs,
      }),
    },
    {
      files: nodeFileSystem,
      decompressors: nodeDecompressors,
      buildPlatform: platform,
      digests: nodeDigests,
      records: { read: async () => records, add: async () => {} },
    },
    { keys: true },
  );
  return { analysis, of: (step) => analysis.cache.of(step) };
};

/** Builds the first state and each edit of the walk. Rejects where a build fails. */
export async function judgeWalk(
  project: Project,
  edits: readonly NamedEdit[],
  predictor: Predictor = ofProduct,
  given?: PredictionEngine,
): Promise<readonly JudgedEdit[]> {
  const engine = given ?? (await predictionEngine());
  const folder = mkdtempSync(join(tmpdir(), `layers-predictions-${project.name}-`));
  const judged: JudgedEdit[] = [];
  let records: readonly BuildRecord[] = [];
  let before: State | null = null;
  try {
    const first: NamedEdit = { kind: 'first build', about: '', state: project.state };
    for (const [number, edit] of [first, ...edits].entries()) {
      lay(folder, before, edit.state);
      before = edit.state;
      const foretold = await predictor(folder, edit.state, records);
      const lines = await built(folder, project, edit, engine);
      const outcomes = outcomesOf(foretold.analysis, lines);
      if (number > 0) {
        const steps = judgedSteps(project, number, edit, foretold, outcomes);
        judged.push({ project: project.name, edit, number, steps });
      }
      const build = { folder, number, builder: engine.builder, earlier: records };
      records = [recorded(foretold.analysis, outcomes, build), ...records];
    }
    return judged;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function built(
  folder: string,
  project: Project,
  edit: NamedEdit,
  { env }: PredictionEngine,
): Promise<LineOutcomes> {
  const { buildArgs, target } = edit.state;
  try {
    return await buildSteps({ folder, buildArgs, target, env });
  } catch (error) {
    const what = `${project.name}, ${edit.kind} (${edit.about})`;
    throw new Error(`${what}: ${(error as Error).message}\n${dockerfileOf(edit.state)}`);
  }
}

/** Steps that the builder has, each with what came of it. */
function outcomesOf(analysis: Analysis, lines: LineOutcomes): ReadonlyMap<Step, Outcome> {
  const found = new Map<Step, Outcome>();
  for (const { needed, from, triggers, steps } of analysis.plan.stages) {
    if (!needed) continue;
    // Triggers stand on the line of their FROM.
    const own = triggers.filter(isStep);
    const atFrom = lines.get(from.instruction.lines.start) ?? [];
    for (const [index, step] of own.entries()) {
      const outcome = atFrom[index]?.outcome;
      if (outcome) found.set(step, outcome);
    }
    for (const step of steps.filter(isStep)) {
      const outcome = lines.get(step.instruction.lines.start)?.at(-1)?.outcome;
      if (outcome) found.set(step, outcome);
    }
  }
  return found;
}

const isStep = ({ copy, run, workdir }: Step) => copy !== null || run !== null || workdir !== null;

function judgedSteps(
  project: Project,
  number: number,
  { kind, about }: NamedEdit,
  foretold: Foretold,
  outcomes: ReadonlyMap<Step, Outcome>,
): readonly Judged[] {
  return [...outcomes].map(([step, actual]) => {
    const prediction = foretold.of(step);
    return {
      project: project.name,
      edit: number,
      kind,
      about,
      line: step.instruction.lines.start,
      text: foretold.analysis.dockerfile.text
        .slice(step.instruction.span.start, step.instruction.span.end)
        .replace(/\s+/g, ' '),
      word: prediction?.word ?? 'unknown',
      reason: prediction ? (prediction.cause?.reason ?? '') : 'Nothing is said of this step.',
      notes: prediction?.notes ?? [],
      actual,
    };
  });
}

interface RecordedBuild {
  readonly folder: string;
  readonly number: number;
  readonly builder: BuilderFacts;
  readonly earlier: readonly BuildRecord[];
}

function recorded(
  analysis: Analysis,
  outcomes: ReadonlyMap<Step, Outcome>,
  { folder, number, builder, earlier }: RecordedBuild,
): BuildRecord {
  const steps = new Map<Step, StepOutcome>();
  for (const [step, outcome] of outcomes) {
    if (outcome !== 'unreported') steps.set(step, { outcome, ms: null, bytes: null });
  }
  return recordOf(
    analysis.keyedFor(builder.mergesLayers),
    {
      dockerfile: join(folder, 'Dockerfile'),
      context: contextIdentity(nodeDigests.text, folder),
      at: new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString(),
      source: 'build',
      builder,
      complete: true,
      earlier,
    },
    steps,
  );
}

export interface SuiteOptions {
  /** Edits of each project. */
  readonly edits: number;
  readonly seed: number;
  readonly predictor?: Predictor;
  /** Only projects of these names. */
  readonly only?: readonly string[];
  /** Kinds of edits that are left out. */
  readonly without?: RegExp;
  /** The engine of the environment by default. */
  readonly engine?: PredictionEngine;
}

/** Builds that run at once. */
const atOnce = 3;

/** All walks, a few at once. */
export async function judgeSuite({
  edits,
  seed,
  predictor = ofProduct,
  only,
  without,
  engine: given,
}: SuiteOptions): Promise<readonly JudgedEdit[]> {
  const engine = given ?? (await predictionEngine());
  const { builds } = engine;
  const chosen = projects(`${Date.now()}-${process.pid}`).filter(
    ({ name, state }) => (!only || only.includes(name)) && builds(state),
  );
  const queue = [...walks(chosen, { edits, seed, without, builds })];
  const judged = new Map<Project, readonly JudgedEdit[]>();
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      judged.set(next[0], await judgeWalk(...next, predictor, engine));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return chosen.flatMap((project) => judged.get(project) ?? []);
}

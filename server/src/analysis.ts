/**
 * The pipeline: text, settings and facts → one immutable `Analysis`.
 *
 * Three things with three lives. The model (text version, target, arguments) is pure and remembered.
 * The facts (which folder is the context, what each COPY takes from it) change on their own and are
 * fetched in the background, once. The analysis is a cheap join of both, made again when either
 * moves. Asking for an analysis never waits; `analyze` waits until all is known.
 */

import { ContextFacts, type ContextPorts, type ContextReading } from './analysis/contextFacts.ts';
import { contextProblems } from './analysis/contextProblems.ts';
import { createModelMemory, type ModelMemory, planOf } from './analysis/model.ts';
import type { ContextState, Subject } from './analysis/subject.ts';
import type { Plan, Platform } from './model/plan.ts';
import { formatPlatform } from './model/platform.ts';
import type { Settings } from './settings.ts';
import { type StepSizes, sizeOfSteps } from './size/estimate.ts';
import { type StageTotals, totals } from './size/totals.ts';
import type { Dockerfile, Problem } from './syntax/ast.ts';
import type { Program } from './syntax/commands.ts';

/** The outside world as the analysis needs it. */
export interface AnalysisPorts extends ContextPorts {
  /** What a builder on this machine builds for by itself. */
  readonly buildPlatform: Platform;
}

/**
 * All that is known of one version of one Dockerfile. Never changes; what takes time is made when it
 * is first asked for, since an edit's hints need only what is on the screen.
 */
export interface Analysis {
  readonly dockerfile: Dockerfile;
  readonly program: Program;
  readonly plan: Plan;
  readonly settings: Settings;
  /** `os/arch[/variant]` that the plan is made for. */
  readonly platform: string;
  readonly context: ContextState;
  /** Of every step of needed stages that makes a layer. */
  readonly sizes: StepSizes;
  /** Sums of each stage, by index, the stages below it included. */
  readonly totals: StageTotals;
  /** Of all phases and of the context, in source order. */
  readonly problems: readonly Problem[];
  /** Something is still on its way. */
  readonly pending: boolean;
}

/** Analyses of many documents, which share nothing but the machine's files. */
export interface Analyzer {
  /** What is known now; starts to fetch what is not. `aside`: asked for a target of its own. */
  analysis(subject: Subject, aside?: boolean): Analysis;
  /** These files changed, came or went. */
  filesChanged(paths: readonly string[]): void;
  /** Files may have changed without a word: look again. */
  revalidate(key: string): void;
  /** Resolves when nothing of the document is being fetched any more. */
  settled(key: string): Promise<void>;
  close(key: string): void;
  stop(): void;
}

/** The analysis when all is known that can be; for whoever has time, as the command line tool. */
export async function analyze(
  subject: Subject,
  ports: AnalysisPorts,
  signal?: AbortSignal,
): Promise<Analysis> {
  const analyzer = createAnalyzer(ports, () => {});
  const stop = () => analyzer.stop();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for (;;) {
      const analysis = analyzer.analysis(subject);
      if (!analysis.pending || signal?.aborted) return analysis;
      await analyzer.settled(subject.key);
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}

/** Remembers, per document, the model of its last version and the facts that it needs. */
export function createAnalyzer(ports: AnalysisPorts, onChanged: (key: string) => void): Analyzer {
  const documents = new Map<string, DocumentState>();
  const stateOf = (key: string): DocumentState => {
    const known = documents.get(key);
    if (known) return known;
    const state: DocumentState = {
      model: createModelMemory(),
      facts: new ContextFacts(ports, () => {
        state.last = null;
        onChanged(key);
      }),
      last: null,
    };
    documents.set(key, state);
    return state;
  };
  const close = (key: string) => {
    documents.get(key)?.facts.stop();
    documents.delete(key);
  };
  return {
    analysis(subject, aside = false) {
      const state = stateOf(subject.key);
      const plan = planOf(state.model, subject, ports.buildPlatform);
      const subjectNow = identityOf(subject);
      const { last, facts } = state;
      if (last?.plan === plan && last.subject === subjectNow && !facts.busy) return last.analysis;
      const analysis = join(subject, plan, facts.read(subject, plan, aside));
      const isFinal = !aside && !analysis.pending;
      state.last = isFinal ? { plan, subject: subjectNow, analysis } : null;
      return analysis;
    },
    filesChanged(paths) {
      for (const { facts } of documents.values()) facts.filesChanged(paths);
    },
    revalidate: (key) => documents.get(key)?.facts.revalidate(),
    settled: async (key) => documents.get(key)?.facts.settled(),
    close,
    stop() {
      for (const key of [...documents.keys()]) close(key);
    },
  };
}

interface DocumentState {
  readonly model: ModelMemory;
  readonly facts: ContextFacts;
  last: {
    readonly plan: Plan;
    readonly subject: string;
    readonly analysis: Analysis;
  } | null;
}

/** All of a subject that decides on its analysis beside its plan. */
function identityOf({ path, folder, within, settings }: Subject): string {
  return JSON.stringify([path, folder, within, { ...settings, buildArgs: null }]);
}

function join(subject: Subject, plan: Plan, context: ContextReading): Analysis {
  const figures = sizeOfSteps(plan, (step) => context.copies.get(step)?.fact ?? pendingFact);
  const sizes: StepSizes = {
    get(step) {
      const figure = figures.get(step);
      const refreshing = context.copies.get(step)?.refreshing === true;
      return figure && refreshing ? { ...figure, pending: true } : figure;
    },
  };
  let problems: readonly Problem[] | null = null;
  return Object.freeze({
    dockerfile: plan.program.dockerfile,
    program: plan.program,
    plan,
    settings: subject.settings,
    platform: formatPlatform(plan.options.platform),
    context: context.state,
    sizes,
    totals: totals(plan, sizes),
    get problems() {
      problems ??= [...plan.problems, ...contextProblems(plan, context)].sort(
        (a, b) => a.span.start - b.span.start,
      );
      return problems;
    },
    pending: context.pending,
  });
}

const pendingFact = { state: 'pending' } as const;

/**
 * The pipeline: text, settings and facts → one immutable `Analysis`.
 *
 * Three things with three lives. The model (text version, target, arguments) is pure and remembered.
 * The facts (which folder is the context, what each COPY takes from it) change on their own and are
 * fetched in the background, once. The analysis is a cheap join of both, made again when either
 * moves. Asking for an analysis never waits; `analyze` waits until all is known.
 */

import { type CachePorts, type CacheReading, sentContext } from './analysis/cacheFacts.ts';
import type { ChurnPorts, ChurnReading } from './analysis/churnFacts.ts';
import type { ContextPorts } from './analysis/contextFacts.ts';
import {
  createDocumentState,
  type DocumentState,
  documentSettled,
  identityOf,
  seenBy,
  stopDocument,
} from './analysis/documentState.ts';
import { type Asking, EngineFacts, type EnginePorts } from './analysis/engineFacts.ts';
import type { EngineReading } from './analysis/engineReading.ts';
import { recordsOfEngine } from './analysis/engineRecords.ts';
import { join } from './analysis/join.ts';
import type { ManifestReading } from './analysis/manifestFacts.ts';
import { type Images, planOf } from './analysis/model.ts';
import type { ProjectPorts } from './analysis/projectFacts.ts';
import { OutsideFacts, type SizePorts } from './analysis/sizeFacts.ts';
import type { ContextState, Subject } from './analysis/subject.ts';
import type { BuildRecord } from './cache/buildRecord.ts';
import type { KeyedPlan } from './cache/keyedStep.ts';
import type { Predictions } from './cache/prediction.ts';
import type { Fact } from './context/fact.ts';
import type { Plan, Platform } from './model/plan.ts';
import { type PackageSize, sizeSources } from './projects/packageSize.ts';
import type { LockedPackage } from './projects/projectFacts.ts';
import type { Settings } from './settings.ts';
import type { StepSizes } from './size/estimate.ts';
import type { SizeFacts } from './size/run/draft.ts';
import type { StageTotals } from './size/totals.ts';
import type { Dockerfile, Problem } from './syntax/ast.ts';
import type { Program } from './syntax/commands.ts';

/** The outside world as the analysis needs it. */
export interface AnalysisPorts
  extends ContextPorts,
    SizePorts,
    ProjectPorts,
    ChurnPorts,
    CachePorts,
    EnginePorts {
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
  /** Of every step of needed stages that makes a layer; and of base images what is known of them. */
  readonly sizes: StepSizes;
  /** Sums of each stage, by index, the stages below it included. */
  readonly totals: StageTotals;
  /** What the next build takes from cache and what it runs again. */
  readonly cache: Predictions;
  /** The cache keys of all steps; what they depend on is looked for from the first time on that someone asks. */
  readonly keyed: KeyedPlan;
  /** The same for a builder of which more is known than records say. */
  readonly keyedFor: CacheReading['keyedFor'];
  /** Stages, by index, whose base image is another than in the last build: full sentences. */
  readonly movedBases: CacheReading['movedBases'];
  /** Earlier builds of the document, the newest first. */
  readonly records: readonly BuildRecord[];
  /** Of all phases and of the context, in source order. */
  readonly problems: readonly Problem[];
  /** How often what lines take from the context changes, by git. */
  readonly churn: ChurnReading;
  /** What an engine says: the image that was built, measured sizes. */
  readonly engine: EngineReading;
  /** Files of the context that installations of dependencies read. */
  readonly manifests: ManifestReading;
  /** Packages of lock files whose sizes this machine does not know, and a registry may. */
  readonly unsized: readonly LockedPackage[];
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
  /** A record of a build was added. */
  recordsChanged(): void;
  /** These documents are seen and worked with, and no others: engines are followed for them. */
  follow(keys: readonly string[]): void;
  /** Somebody works: an engine that was gone is looked for once more. */
  retryEngines(): void;
  /** A registry was asked for images. */
  imagesChanged(): void;
  /** Package data was renewed. */
  packagesChanged(): void;
  /** Sizes of packages that the user asked registries for, by integrity. */
  takePackageSizes(sizes: ReadonlyMap<string, PackageSize>): void;
  /** Lengths of downloads that the user asked for, by address. */
  takeLengths(lengths: ReadonlyMap<string, Fact<number>>): void;
  close(key: string): void;
  stop(): void;
}

/**
 * The analysis when all is known that can be; for whoever has time, as the command line tool.
 * `keys`: the cache keys too, also where there is no record to compare with.
 */
export async function analyze(
  subject: Subject,
  ports: AnalysisPorts,
  { signal, keys = false }: { readonly signal?: AbortSignal; readonly keys?: boolean } = {},
): Promise<Analysis> {
  const analyzer = createAnalyzer(ports, () => {}, 'ask');
  const stop = () => analyzer.stop();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for (;;) {
      const analysis = analyzer.analysis(subject);
      // Sums of all needed stages ask for all that their lines need from outside.
      for (const { index, needed } of analysis.plan.stages) if (needed) analysis.totals.of(index);
      void (keys ? analysis.keyed : analysis.cache);
      if (!analysis.pending || signal?.aborted) return analysis;
      await analyzer.settled(subject.key);
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}

/** Remembers, per document, the model of its last version and the facts that it needs. */
export function createAnalyzer(
  ports: AnalysisPorts,
  onChanged: (key: string) => void,
  asking: Asking = 'follow',
): Analyzer {
  const documents = new Map<string, DocumentState>();
  const allChanged = () => {
    for (const key of documents.keys()) onChanged(key);
  };
  const outside = new OutsideFacts(ports, allChanged);
  const engines = new EngineFacts(ports, asking, allChanged);
  const { files, decompressors, npmCache = null, storedSizes } = ports;
  const packageSizes = sizeSources({
    files,
    decompressors,
    npmCache,
    ...(storedSizes && { stored: storedSizes }),
  });
  const stateOf = (key: string): DocumentState => {
    const known = documents.get(key);
    if (known) return known;
    const state = createDocumentState(ports, packageSizes, () => onChanged(key));
    documents.set(key, state);
    return state;
  };
  const close = (key: string) => {
    const state = documents.get(key);
    if (!state) return;
    stopDocument(state);
    engines.forget(key);
    documents.delete(key);
  };
  return {
    analysis(subject, aside = false) {
      const state = stateOf(subject.key);
      const subjectNow = identityOf(subject);
      const view = engines.view(subject);
      const base: SizeFacts['base'] = (reference, platform) =>
        view.base(reference, platform, outside.base(reference, platform, subject.settings));
      const images: Images = (reference, platform) => {
        const found = base(reference, platform);
        return found.state === 'known' ? found.value.told?.image : undefined;
      };
      const plan = planOf(state.model, subject, ports.buildPlatform, images);
      engines.uses(
        subject.key,
        plan.stages.map((stage) => stage.base.reference),
      );
      const { last, facts } = state;
      const generation = outside.generation + engines.baseGeneration;
      const seenNow = () => seenBy(state, { subject, id: subjectNow, outside, base, generation });
      const seen = seenNow();
      const isSame =
        last?.plan === plan &&
        last.subject === subjectNow &&
        last.facts === seen &&
        last.engines === engines.generation;
      if (isSame && !facts.busy) return last.analysis;
      // Where an engine is named it need not be the one that builds.
      const isBuilding = subject.settings.engine.endpoint === null;
      const answering = isBuilding ? (view.state.info ?? view.session?.last ?? null) : null;
      const records = recordsOfEngine(state.records.of(subject), answering);
      const sent = sentContext(records, facts.root, ports);
      const context = facts.read(subject, plan, aside, sent);
      state.projects.take({
        plan,
        context: context.context,
        reason: context.state.reason,
        pending: context.pending,
        restricted: subject.within !== null,
      });
      const now = seenNow();
      const analysis = join({
        subject,
        plan,
        context,
        records,
        facts: now,
        state,
        outside,
        engines,
        view,
        aside,
        ports,
      });
      const isFinal = !aside && !context.pending;
      const said = engines.generation;
      state.last = isFinal
        ? { plan, subject: subjectNow, facts: now, engines: said, analysis }
        : null;
      return analysis;
    },
    filesChanged(paths) {
      for (const { facts, projects, manifests, compose } of documents.values()) {
        facts.filesChanged(paths);
        projects.filesChanged(paths);
        manifests.revalidate();
        compose.filesChanged(paths);
      }
    },
    revalidate(key) {
      documents.get(key)?.facts.revalidate();
      // Another window may have built it.
      documents.get(key)?.records.refresh();
      documents.get(key)?.projects.revalidate();
      documents.get(key)?.churn.revalidate();
      documents.get(key)?.manifests.revalidate();
      documents.get(key)?.compose.revalidate();
    },
    async settled(key) {
      await Promise.all([
        documentSettled(documents.get(key)),
        outside.settled(),
        engines.settled(),
      ]);
    },
    recordsChanged() {
      for (const { records } of documents.values()) records.refresh();
    },
    follow: (keys) => {
      const isNews = engines.follow(keys);
      if (isNews) for (const key of keys) if (documents.has(key)) onChanged(key);
    },
    retryEngines: () => engines.retry(),
    imagesChanged: () => engines.registryChanged(),
    packagesChanged: () => outside.packagesChanged(),
    takePackageSizes(sizes) {
      for (const [integrity, size] of sizes) packageSizes.known.set(integrity, size);
      for (const { projects } of documents.values()) projects.revalidate();
    },
    takeLengths: (lengths) => outside.takeLengths(lengths),
    close,
    stop() {
      for (const key of [...documents.keys()]) close(key);
      engines.stop();
      outside.stop();
    },
  };
}

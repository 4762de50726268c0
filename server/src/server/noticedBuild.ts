/**
 * Builds that were made anywhere on this machine, as in a terminal of its own: the image that surely is
 * a document's and what buildx noted of its builds say what the builder has, as far as files are
 * older than the beginning of the build. Nothing tells with which options it was made; those that an
 * image shows are compared, and without the others it is taken to be made, as nearly all builds are.
 */

import { recordName, rulesOf } from '../analysis/cacheFacts.ts';
import { resolvePath } from '../analysis/hostPaths.ts';
import { baseBorder } from '../analysis/imageFacts.ts';
import { type Analysis, analyze } from '../analysis.ts';
import type { NotedBuild } from '../builder/builder.ts';
import type { BuilderFacts, StepOutcome } from '../cache/buildRecord.ts';
import { cleanSteps } from '../cache/olderThan.ts';
import { isBaseOpen, openStages } from '../cache/openStages.ts';
import type { EngineImage } from '../engine/engine.ts';
import type { Step } from '../model/plan.ts';
import { isSaved } from './buildOrder.ts';
import { rememberOlder } from './olderBuild.ts';
import { isTextOlder, olderFolders } from './olderFiles.ts';
import type { Open, ServerState } from './serverState.ts';
import { settledWithKeys } from './settledKeys.ts';
import { outcomeByAge, wholly } from './terminalImage.ts';

/** Whoever made the build says more of it, and says it soon. */
const othersFirstMs = 2000;
/** Longer ago, another build has most likely made the image. */
const longestBuild = 600_000;

export interface Noticing {
  /** Facts of this document moved; its image may have been found. */
  look(uri: string): void;
  stop(): void;
}

/** Remembers such builds of open documents, each once, one after the other. */
export function createNoticing(state: ServerState): Noticing {
  const tried = new Set<string>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  let queue = Promise.resolve();
  const take = async (uri: string, image: EngineImage) => {
    if (state.ended) return;
    try {
      const result = await takeOver(uri, image, state);
      if (result !== null) state.connection.console.log(`Build outside of the editor: ${result}`);
    } catch (error) {
      state.connection.console.error(`A build outside of the editor is not remembered: ${error}`);
    }
  };
  return {
    look(uri) {
      const { builder, records, digests, buildsSince } = state.ports;
      if (!builder || !records || !digests || !buildsSince || !state.client.trusted) return;
      void state.analysisOf(uri).then(
        (open) => {
          const image = open && imageOf(open);
          const name = `${image?.id} ${uri}`;
          if (!image || tried.has(name)) return;
          tried.add(name);
          const timer = setTimeout(() => {
            timers.delete(timer);
            queue = queue.then(() => take(uri, image));
          }, othersFirstMs);
          timers.add(timer);
        },
        () => {},
      );
    },
    stop() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** The image that surely is the document's, where its builds are to be noticed. */
function imageOf({ analysis, settings }: Open): EngineImage | null {
  const { recognized } = analysis.engine;
  if (!settings.noticeBuilds || recognized?.state !== 'found' || !recognized.sure) return null;
  return recognized.laid.image;
}

/** What came of it, a sentence; null: there was nothing to notice. */
async function takeOver(
  uri: string,
  image: EngineImage,
  state: ServerState,
): Promise<string | null> {
  const { builder, records, digests, buildsSince, files } = state.ports;
  const open = await settledWithKeys(state, uri);
  const dockerfile = open?.subject.path ?? null;
  if (!builder || !records || !digests || !buildsSince || !open || dockerfile === null) return null;
  const name = recordName(open.subject);
  const note = noteOf(image, dockerfile, await buildsSince((image.createdAt ?? 0) - longestBuild));
  // Times of files are coarser than clocks.
  const isUnlike = state.unlikeBuilds.some(
    ({ from, to }) => note && note.startedAt >= from - 1000 && note.startedAt <= to,
  );
  if (!note || isUnlike) return null;
  const { startedAt, context } = note;
  const isKnown = (await records.read(name)).some(
    (one) => one.image === image.id || Date.parse(one.at) >= startedAt - 1000,
  );
  if (isKnown) return null;
  if (!(await isSaved(open, files)) || !(await isTextOlder(dockerfile, context, startedAt, files)))
    return 'It is not remembered, as the Dockerfile or its ignore file changed since.';
  const analysis = await analysisIn(context, open, state);
  if (analysis.context.path !== context) return analysis.context.reason;
  const facts = builderOf(note, analysis);
  const found = wholly(analysis.plan, image);
  if (!facts || !found || !isBaseSame(analysis, image))
    return 'It is not remembered, as its image is not what is built with the arguments and the base of now.';

  const keyed = analysis.keyedFor(facts.mergesLayers);
  const isOlder = await olderFolders(keyed, context, startedAt, files);
  const others = openStages(analysis.plan);
  const clean = cleanSteps(keyed, startedAt, isOlder, (stage) => others.has(stage));
  const outcomes = clean.map((step): [Step, StepOutcome] => [
    step,
    {
      outcome: outcomeByAge(step, found, startedAt),
      ms: null,
      bytes: step.effect === 'layer' ? (found.laid.rows.get(step)?.row.bytes ?? null) : null,
    },
  ]);
  const count = await rememberOlder(
    {
      ...{ subject: open.subject, analysis, keyed, source: 'noticed', builder: facts },
      ...{ context, startedAt, image: image.id, clean: new Map(outcomes) },
    },
    state,
  );
  if (count === 0) return 'It is not remembered, as what it took changed since.';
  return `It is remembered, ${count} of ${keyed.steps.length} steps.`;
}

/** The last build of this Dockerfile that began before its image was there. */
function noteOf(
  { createdAt }: EngineImage,
  dockerfile: string,
  noted: readonly NotedBuild[],
): NotedBuild | null {
  if (createdAt === null) return null;
  const own = noted.filter(
    (one) =>
      resolvePath(one.context, one.dockerfile ?? 'Dockerfile') === dockerfile &&
      // Engines tell times in whole seconds.
      one.startedAt <= createdAt + 999 &&
      createdAt - one.startedAt <= longestBuild,
  );
  const last = own.toSorted((a, b) => b.startedAt - a.startedAt)[0];
  const isOne = own.every(({ context, builder }) => {
    return context === last?.context && builder === last.builder;
  });
  return last && isOne ? last : null;
}

/** The engine's own builder; null: another one, or not known. */
function builderOf({ builder, apart }: NotedBuild, { engine }: Analysis): BuilderFacts | null {
  const { info } = engine.state;
  if (apart || !info || info.store === 'podman') return null;
  const { store, id } = info;
  return { name: builder, ...rulesOf(info), store, ...(id !== null && { engine: id }) };
}

/** The analysis with that folder as its context. */
async function analysisIn(
  context: string,
  { analysis, subject, settings }: Open,
  { ports }: ServerState,
): Promise<Analysis> {
  if (analysis.context.path === context && !analysis.plan.options.flags) return analysis;
  const own = { ...settings, buildArguments: [], contextPath: context };
  const there = { ...subject, settings: own };
  return analyze(there, ports, { keys: true });
}

/** Do the layers of the image begin with those of its base image, as it is now? */
function isBaseSame({ plan, sizes }: Analysis, { diffIds }: EngineImage): boolean {
  const base = baseBorder(plan, sizes);
  if (base) return base.diffIds.every((id, at) => id === diffIds[at]);
  for (let at: number | null = plan.target; at !== null; ) {
    const stage: Analysis['plan']['stages'][number] | undefined = plan.stages[at];
    if (stage && isBaseOpen(stage)) return false;
    at = stage?.base.stage ?? null;
  }
  return true;
}

/**
 * The request *Ask the Builder*: has the builder say which steps it has, by builds that are stopped at
 * the first step that it has not got.
 */

import type { Builder, BuildOrder, FoundBuilder } from '../builder/builder.ts';
import { notCached, type Probed, probed, silentStages } from '../builder/probed.ts';
import type { ProbeEnd, Prober, ProbeSession } from '../builder/prober.ts';
import type { Vertex } from '../builder/progress.ts';
import { probeSentence } from '../features/probeWords.ts';
import type { Stage } from '../model/plan.ts';
import { type ProbeResult, probeRequest } from '../protocol.ts';
import { shutDown } from './asking.ts';
import { foreignFlag, readyOrder } from './buildOrder.ts';
import { imagesOf, remember } from './buildRecording.ts';
import type { Open, ServerState } from './serverState.ts';

export interface Probing {
  /** A document was saved: asks where that is set. */
  saved(uri: string): void;
  /** Ends what is being asked. */
  stop(): void;
}

const cancelled: ProbeResult = {
  outcome: 'cancelled',
  message: 'The probe was cancelled.',
  line: null,
  cached: 0,
  ms: 0,
  recorded: false,
};

function refused(message: string): ProbeResult {
  return { ...cancelled, outcome: 'refused', message };
}

/** In Restricted Mode no process is started, whoever asks. */
const refusedInRestrictedMode = refused(
  'The builder is not asked in Restricted Mode. Trust the workspace to use this command.',
);

/** Answers *Ask the Builder What Is Cached*, and asks on save where that is set. */
export function handleProbing(state: ServerState): Probing {
  const { connection, ports } = state;
  const running = new Map<string, AbortController>();

  /** The last one who asks counts: the files are not what they were. */
  const start = async (uri: string, abort: AbortController): Promise<ProbeResult> => {
    const { builder, prober } = ports;
    if (!state.client.trusted) return refusedInRestrictedMode;
    if (!builder || !prober) return refused('This language server cannot ask a builder.');
    running.get(uri)?.abort();
    running.set(uri, abort);
    try {
      return await probe({ uri, state, builder, prober, signal: abort.signal });
    } catch (error) {
      connection.console.error(`dockerfileLayers/probe: ${(error as Error)?.stack ?? error}`);
      return refused('The probe ended with an error of this extension; its log has the details.');
    } finally {
      if (running.get(uri) === abort) running.delete(uri);
    }
  };
  connection.onRequest(probeRequest, async ({ textDocument: { uri } }, token) => {
    if (state.ended) return shutDown();
    const abort = new AbortController();
    if (token.isCancellationRequested) abort.abort();
    const listening = token.onCancellationRequested(() => abort.abort());
    try {
      return await start(uri, abort);
    } finally {
      listening.dispose();
    }
  });
  return {
    saved(uri) {
      if (state.ended || !state.client.trusted || !ports.prober) return;
      void state
        .analysisOf(uri)
        .catch(() => null)
        .then(async (found) => {
          if (!found?.settings.probeOnSave) return;
          const { outcome, message } = await start(uri, new AbortController());
          if (outcome === 'refused' || outcome === 'failed') connection.console.warn(message);
        });
    },
    stop() {
      for (const abort of running.values()) abort.abort();
    },
  };
}

interface Job {
  readonly uri: string;
  readonly state: ServerState;
  readonly builder: Builder;
  readonly prober: Prober;
  readonly signal: AbortSignal;
}

async function probe({ uri, state, builder, prober, signal }: Job): Promise<ProbeResult> {
  const start = performance.now();
  const ready = await readyOrder(state, uri, 'ask again', signal);
  if (signal.aborted) return cancelled;
  if (ready.refusal !== null) return refused(ready.refusal);
  const { before, order } = ready;
  const at = new Date().toISOString();
  const session = prober.start();
  try {
    const found = await builder.find(order, signal);
    if (signal.aborted) return cancelled;
    if ('missing' in found) return refused(found.missing);
    if (found.losesStops) return refused(found.losesStops);
    const asked = await askAll(session, order, before, signal);
    // What is removed keeps nobody waiting.
    void session.end();
    if (signal.aborted) return cancelled;
    return await answer({ before, order, at, found, asked, start }, state);
  } finally {
    void session.end();
  }
}

interface Answered {
  readonly before: Open;
  readonly order: BuildOrder;
  readonly at: string;
  readonly found: FoundBuilder;
  readonly asked: Asked;
  readonly start: number;
}

async function answer(
  { before, order, at, found, asked, start }: Answered,
  state: ServerState,
): Promise<ProbeResult> {
  const { analysis } = before;
  const { findings, main, vertices } = asked;
  const missing = notCached(findings);
  const keyed = analysis.keyedFor(found.facts.mergesLayers, imagesOf(found));
  const flag = foreignFlag(order);
  const { recorded, note } = flag
    ? { recorded: false, note: `It is not remembered, since ${flag} changes what RUN makes.` }
    : await remember(
        {
          ...{ before, keyed, found, at, vertices },
          source: 'probe',
          results: findings.has,
          misses: new Set(missing),
        },
        state,
      );
  const ms = Math.round(performance.now() - start);
  const sentence = probeSentence(analysis.plan, findings, missing, main, ms);
  const [miss] = missing;
  return {
    outcome: main.ended === 'timedOut' ? 'failed' : main.ended,
    message: [sentence, note].filter(Boolean).join(' '),
    line: miss ? miss.instruction.lines.start - 1 : null,
    cached: [...findings.has.values()].filter(({ outcome }) => outcome === 'cached').length,
    ms,
    recorded,
  };
}

interface Asked {
  /** The answer for the target itself. */
  readonly main: ProbeEnd;
  readonly findings: Probed;
  /** Of all answers; digests are those of one answer only. */
  readonly vertices: ReadonlyMap<string, Vertex>;
}

/** Asks for the target, then for each stage of which that told nothing, the last stage first. */
async function askAll(
  session: ProbeSession,
  order: BuildOrder,
  { analysis: { plan } }: Open,
  signal: AbortSignal,
): Promise<Asked> {
  const main = await session.ask(order, signal);
  const all = [main.vertices];
  let findings = probed(plan, all);
  if (main.ended === 'stopped') {
    const asked = new Set<number>();
    for (;;) {
      const next = silentStages(plan, findings).findLast((index) => !asked.has(index));
      if (next === undefined || signal.aborted) break;
      asked.add(next);
      const target = targetOf(plan.stages, next);
      const answer = await session.ask({ ...order, target }, signal);
      if (answer.ended === 'cancelled' || answer.ended === 'timedOut') break;
      all.push(answer.vertices);
      findings = probed(plan, all);
    }
  }
  const vertices = new Map(
    all.flatMap((each, place) =>
      [...each].map(([digest, vertex]): [string, Vertex] => [`${place} ${digest}`, vertex]),
    ),
  );
  return { main, findings, vertices };
}

/** A name that two stages have is that of the last of them, so that a number is surer. */
function targetOf(stages: readonly Stage[], index: number): string {
  const name = stages[index]?.name;
  const isOnly = name && stages.filter((stage) => stage.name === name).length === 1;
  return isOnly ? name : String(index);
}

/** The request *Build and Record*: builds with the user's builder, shows how far it is, and remembers it. */

import type {
  CancellationToken,
  Diagnostic,
  WorkDoneProgressReporter,
} from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Builder } from '../builder/builder.ts';
import { failureOf } from '../builder/failure.ts';
import { outcomesOf } from '../builder/outcomes.ts';
import { createPlainLog, type PlainLog, printable } from '../builder/plainLog.ts';
import { type BuildProgress, createProgressReader } from '../builder/progress.ts';
import { countSteps } from '../builder/stepCount.ts';
import {
  buildDiagnostic,
  builtSentence,
  commandLine,
  failedSentence,
  failureSpan,
  stepWords,
} from '../features/buildWords.ts';
import { type BuildResult, buildOutput, buildRequest } from '../protocol.ts';
import type { Span } from '../syntax/ast.ts';
import { shutDown } from './asking.ts';
import { foreignFlag, readyOrder } from './buildOrder.ts';
import { type Built, imagesOf, type Recorded, remember } from './buildRecording.ts';
import { sizesAfter } from './buildSizes.ts';
import { pulls, unlikePulled, unlikeSentence } from './pulledImages.ts';
import type { ServerState } from './serverState.ts';

export interface Building {
  /** The error of the last build, as long as the text is the one that was built. */
  diagnosticsOf(document: TextDocument): readonly Diagnostic[];
  /** Ends what is being built. */
  stop(): void;
}

/** In Restricted Mode no process is started, whoever asks. */
const refusedInRestrictedMode = refused(
  'Nothing is built in Restricted Mode. Trust the workspace to use this command.',
);

interface Failure {
  readonly version: number;
  readonly span: Span;
  readonly message: string;
  readonly tail: readonly string[];
}

type Progress = Pick<WorkDoneProgressReporter, 'begin' | 'report' | 'done'>;

/** Answers *Build and Record*. */
export function handleBuilding(state: ServerState): Building {
  const { connection, ports } = state;
  const running = new Map<string, AbortController>();
  const failures = new Map<string, Failure>();

  connection.onRequest(buildRequest, async (params, token) => {
    const { uri } = params.textDocument;
    if (state.ended) return shutDown();
    if (!state.client.trusted) return refusedInRestrictedMode;
    if (!ports.builder) return refused('This language server cannot build.');
    if (running.has(uri)) return refused('This Dockerfile is being built already.');
    const abort = new AbortController();
    running.set(uri, abort);
    const listening = cancelWith(token, abort);
    const progress = connection.window.attachWorkDoneProgress(params.workDoneToken);
    progress.begin('Building', 0, 'looking at the build context', true);
    try {
      return await build({
        uri,
        state,
        builder: ports.builder,
        signal: abort.signal,
        progress,
        failures,
      });
    } catch (error) {
      connection.console.error(`dockerfileLayers/build: ${(error as Error)?.stack ?? error}`);
      return refused('The build ended with an error of this extension; its log has the details.');
    } finally {
      progress.done();
      listening.dispose();
      running.delete(uri);
    }
  });
  return {
    diagnosticsOf(document) {
      const failure = failures.get(document.uri);
      return failure?.version === document.version ? [buildDiagnostic(document, failure)] : [];
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
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly failures: Map<string, Failure>;
}

async function build(job: Job): Promise<BuildResult> {
  const { uri, state, builder, signal, progress, failures } = job;
  const ready = await readyOrder(state, uri, 'build again', signal);
  if (signal.aborted) return cancelled;
  if (ready.refusal !== null) return refused(ready.refusal);
  const { before, order } = ready;
  const found = await builder.find(order, signal);
  if (signal.aborted) return cancelled;
  if ('missing' in found) return refused(found.missing);

  const { analysis, subject } = before;
  const keyed = analysis.keyedFor(found.facts.mergesLayers, imagesOf(found));
  const at = new Date().toISOString();
  const start = performance.now();
  const { log, write, flush } = outputTo(state, uri);
  const steps = countSteps(analysis.plan);
  const reader = createProgressReader({
    ...log,
    onVertex(vertex) {
      log.onVertex?.(vertex);
      const now = steps.take(vertex);
      if (now)
        progress.report(
          Math.floor((100 * (now.number - 1)) / now.total),
          stepWords(now.number, now.total, now.text),
        );
    },
  });
  write(commandLine(order));
  flush();
  const end = await builder.build(order, found, signal, (piece) => {
    reader.write(piece);
    flush();
  });
  reader.end();
  log.end();
  if (end.message) write(`${end.message}\n`);
  flush();

  const took = performance.now() - start;
  const results = outcomesOf(analysis.plan, reader.vertices);
  const failure =
    end.ended === 'failed'
      ? (failureOf(reader, results) ?? {
          message: end.message || saidFirst(reader),
          line: null,
          step: null,
        })
      : undefined;
  if (failure && failure.line !== null) {
    const failed = [...reader.vertices.values()].find(({ error }) => error === failure.message);
    failures.set(uri, {
      version: subject.version,
      span: failureSpan(analysis.plan, failure),
      message: failure.message,
      tail: failed ? log.tailOf(failed.digest) : [],
    });
  } else if (end.ended !== 'cancelled') failures.delete(uri);
  state.factsChanged(uri);

  const image = end.metadata?.image ?? reader.image;
  const bytes =
    end.ended === 'succeeded'
      ? await sizesAfter(
          {
            ...{ before, order, found, results, image },
            startedAt: Date.parse(at),
            layers: end.metadata?.layers ?? [],
          },
          state,
          signal,
        )
      : new Map();
  const unlike = whyUnlike();
  if (unlike !== undefined || analysis.plan.options.flags)
    state.unlikeBuilds.push({ from: Date.parse(at), to: Date.now() });
  const { recorded, note } =
    unlike !== undefined
      ? { recorded: false, note: unlike }
      : await remembered({
          ...{ before, keyed, found, at, results, bytes, vertices: reader.vertices },
          ...(end.ended === 'succeeded' && { image }),
        });
  if (end.ended === 'cancelled') return { ...cancelled, recorded };
  const sentence = failure
    ? failedSentence(failure, instructionAt(failure))
    : builtSentence(results, took);
  return {
    outcome: failure ? 'failed' : 'built',
    message: [sentence, note].filter(Boolean).join(' '),
    line: failure?.line ? failure.line - 1 : null,
    recorded,
  };

  /** Why the keys are not those of this build; undefined: they are. */
  function whyUnlike(): string | undefined {
    const flag = foreignFlag(order);
    if (flag) return `The build is not remembered, since ${flag} changes what RUN makes.`;
    const place = pulls(order.more) ? unlikePulled(analysis, keyed, reader.vertices) : undefined;
    return place === undefined ? undefined : unlikeSentence(place);
  }
  async function remembered(built: Built): Promise<Recorded> {
    try {
      return await remember(built, state);
    } catch (error) {
      const { console } = state.connection;
      console.error(`dockerfileLayers/build: ${(error as Error)?.stack ?? error}`);
      const note = 'The build is not remembered; the log of this extension has the reason.';
      return { recorded: false, note };
    }
  }
  function instructionAt({ step, line }: NonNullable<typeof failure>): string | null {
    if (line === null) return null;
    const { instructions } = analysis.dockerfile;
    const at = instructions.find(({ lines }) => lines.start <= line && line <= lines.end);
    return (step?.instruction ?? at)?.joined.text ?? null;
  }
}

/** What the builder's command says of itself, such as of an argument that it does not know. */
function saidFirst({ text }: BuildProgress): string {
  const first = printable(text.find((line) => !line.startsWith('{')) ?? '');
  if (/progress\b.*\brawjson\b/.test(first)) {
    return `${first}. This needs buildx 0.13 or newer; install it, and build again`;
  }
  if (first.trim() !== '' && !first.includes('\ufffd')) return first;
  const what = first === '' ? 'did not say which' : 'said nothing that can be read';
  return `the builder ended with an error and ${what}. Run docker buildx build in a terminal to see more`;
}

const cancelled: BuildResult = {
  outcome: 'cancelled',
  message: 'The build was cancelled.',
  line: null,
  recorded: false,
};

function refused(message: string): BuildResult {
  return { outcome: 'refused', message, line: null, recorded: false };
}

function cancelWith(token: CancellationToken, abort: AbortController) {
  if (token.isCancellationRequested) abort.abort();
  return token.onCancellationRequested(() => abort.abort());
}

/** The builder's log to the client: what comes at once is one message. */
function outputTo(
  { connection }: ServerState,
  uri: string,
): { readonly log: PlainLog; readonly write: (text: string) => void; readonly flush: () => void } {
  let waiting: string[] = [];
  const write = (text: string) => void waiting.push(text);
  const flush = () => {
    if (waiting.length === 0) return;
    const text = waiting.join('');
    waiting = [];
    connection.sendNotification(buildOutput, { uri, text }).catch(() => {});
  };
  return { log: createPlainLog(write), write, flush };
}

/** The request that reads the base images of a document from their registries. */

import type { CancellationToken, WorkDoneProgressReporter } from 'vscode-languageserver';
import { askBases, type BaseQuestion, baseQuestions } from '../analysis/baseQuestions.ts';
import { type AskRegistryResult, askRegistryRequest } from '../protocol.ts';
import type { ImageRegistry } from '../registry/registry.ts';
import { shutDown } from './asking.ts';
import type { ServerState } from './serverState.ts';

/** In Restricted Mode nothing is contacted, whoever asks. */
const refusedInRestrictedMode = answer(
  'Registries are not asked in Restricted Mode. Trust the workspace to use this command.',
);
/** The server was started by something that contacts nobody. */
const nobodyAsks = answer('This language server cannot ask registries.');

/** Answers *Read Base Images from Their Registries*. */
export function handleAskRegistry(state: ServerState): void {
  const { connection, ports, analyzer } = state;
  connection.onRequest(askRegistryRequest, async ({ textDocument, workDoneToken }, token) => {
    if (state.ended) return shutDown();
    if (!state.client.trusted) return refusedInRestrictedMode;
    const { imageRegistry } = ports;
    if (!imageRegistry) return nobodyAsks;
    const found = await state.analysisOf(textDocument.uri).catch(() => null);
    if (!found) return answer('The Dockerfile is not open.');
    const progress = connection.window.attachWorkDoneProgress(workDoneToken);
    progress.begin('Reading base images from their registries', 0, undefined, true);
    try {
      const questions = baseQuestions(found.analysis.plan);
      const result = await askRegistries(questions, imageRegistry, progress, token);
      if (result.known.length > 0) analyzer.imagesChanged();
      return result;
    } finally {
      progress.done();
    }
  });
}

/** Asks for each image, telling the client how far it is. Never rejects. */
export async function askRegistries(
  questions: readonly BaseQuestion[],
  registry: Pick<ImageRegistry, 'ask'>,
  progress: Pick<WorkDoneProgressReporter, 'report'>,
  token: CancellationToken,
): Promise<AskRegistryResult> {
  if (questions.length === 0) {
    return answer('No stage that is built starts from an image that a registry could have.');
  }
  const abort = new AbortController();
  const listening = token.onCancellationRequested(() => abort.abort());
  if (token.isCancellationRequested) abort.abort();
  try {
    let done = 0;
    const answers = await askBases(questions, registry, abort.signal, ({ reference }) => {
      done += 1;
      progress.report(Math.round((100 * done) / questions.length), reference);
    });
    const known = answers.filter(({ reason }) => reason === null);
    const failed = answers.flatMap(({ reference, reason }) =>
      reason === null ? [] : [`${reference}: ${reason}`],
    );
    const cancelled = abort.signal.aborted;
    const all = questions.length;
    const first =
      all > 1 || known.length === 0
        ? `The layers of ${known.length} of ${all} base images are known now.`
        : `The layers of ${questions[0]?.reference} are known now.`;
    const told = cancelled ? [`${first} The rest was not asked for.`] : [first];
    return {
      // Of one image that failed, why says it all.
      message: [...(all === 1 && failed.length === 1 ? [] : told), ...failed].join('\n'),
      known: [...new Set(known.map(({ reference }) => reference))],
      failed,
      cancelled,
    };
  } finally {
    listening.dispose();
  }
}

function answer(message: string): AskRegistryResult {
  return { message, known: [], failed: [], cancelled: false };
}

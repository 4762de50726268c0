/** The request that says what containers made of a document's image wrote; the engine walks their files. */

import type { CancellationToken } from 'vscode-languageserver';
import type { ContainerSize } from '../engine/engine.ts';
import { imageName } from '../features/engineReport.ts';
import { bytes, count } from '../features/render.ts';
import { type WritableResult, writableRequest } from '../protocol.ts';
import type { Settings } from '../settings.ts';
import { shutDown } from './asking.ts';
import type { Open, ServerState } from './serverState.ts';

/** Answers *Show What Containers Wrote*. */
export function handleWritable(state: ServerState): void {
  const { connection, ports } = state;
  connection.onRequest(writableRequest, async ({ textDocument, workDoneToken }, token) => {
    if (state.ended) return shutDown();
    if (!state.client.trusted) {
      return answer('No engine is asked in Restricted Mode. Trust the workspace for that.');
    }
    if (!ports.engine) return answer('This language server asks no engine.');
    const progress = connection.window.attachWorkDoneProgress(workDoneToken);
    const found = await settled(state, textDocument.uri, token);
    if (!found) return answer('The Dockerfile is not open.');
    const refusal = refusalOf(found);
    if (refusal !== null) return answer(refusal);
    const title = 'Asking what containers wrote';
    progress.begin(title, undefined, 'The engine walks their files.', true);
    try {
      return await ask(found, ports.engine, token);
    } finally {
      progress.done();
    }
  });
}

/** The user may ask before the engine has answered at all. */
const patienceMs = 5000;
const lookMs = 100;

/** What is known once the image was looked for, or when that takes too long. */
async function settled(
  { analysisOf }: ServerState,
  uri: string,
  token: CancellationToken,
): Promise<Open | null> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const found = await analysisOf(uri).catch(() => null);
    const engine = found?.analysis.engine;
    const isOpen =
      engine?.state.kind === 'idle' ||
      engine?.state.kind === 'connecting' ||
      (engine?.state.kind === 'up' && engine.recognized === null);
    if (!isOpen || token.isCancellationRequested || performance.now() > end) return found;
    await new Promise((done) => setTimeout(done, lookMs));
  }
}

/** Why nobody is asked; null: the engine is. */
function refusalOf({ analysis: { engine }, settings }: Open): string | null {
  if (settings.engine.enable === 'off') {
    return 'No engine is asked: the setting dockerfileLayers.engine.enable is off.';
  }
  if (engine.state.kind !== 'up') return engine.state.reason;
  if (engine.recognized?.state === 'found') return null;
  return engine.recognized?.reason ?? 'No image is known that was built from this Dockerfile.';
}

async function ask(
  { analysis, settings }: Open,
  engine: NonNullable<ServerState['ports']['engine']>,
  token: CancellationToken,
): Promise<WritableResult> {
  const { recognized } = analysis.engine;
  if (recognized?.state !== 'found') return answer('No image is known.');
  const { image } = recognized.laid;
  const abort = new AbortController();
  if (token.isCancellationRequested) abort.abort();
  const listening = token.onCancellationRequested(() => abort.abort());
  try {
    const { endpoint } = settings.engine;
    const containers = await engine.containers({ endpoint }, image.id, abort.signal);
    if (abort.signal.aborted) return cancelled;
    return told(containers, imageName(image), settings);
  } catch (error) {
    if (abort.signal.aborted) return cancelled;
    return answer(error instanceof Error ? error.message : String(error));
  } finally {
    listening.dispose();
  }
}

function told(
  containers: readonly ContainerSize[],
  name: string,
  { units }: Settings,
): WritableResult {
  if (containers.length === 0) return answer(`No container is made from ${name}.`);
  const known = containers.flatMap(({ writes }) => (writes === null ? [] : [writes]));
  const sum = bytes(
    known.reduce((all, one) => all + one, 0),
    units,
  );
  const rest = containers.length - known.length;
  const wrote = known.length === 0 ? 'How much is not told' : `In all they wrote ${sum}`;
  const gap = rest > 0 && known.length > 0 ? `; of ${count(rest, 'container')} it is not told` : '';
  return {
    message: `${count(containers.length, 'container')} made from ${name}. ${wrote}${gap}.`,
    cancelled: false,
    containers: [...containers]
      .sort((a, b) => (b.writes ?? -1) - (a.writes ?? -1))
      .map(({ id, name, state, writes }) => ({
        name: name || id.slice(0, 12),
        state,
        writes,
        size: writes === null ? '' : bytes(writes, units),
      })),
  };
}

function answer(message: string): WritableResult {
  return { message, cancelled: false, containers: [] };
}

const cancelled: WritableResult = { message: 'It was cancelled.', cancelled: true, containers: [] };

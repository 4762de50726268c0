/** The analysis with all that its cache keys depend on. */

import type { Open, ServerState } from './serverState.ts';

/** Null: the document is not open any more, moved on meanwhile, or `signal` aborted. */
export async function settledWithKeys(
  state: ServerState,
  uri: string,
  signal?: AbortSignal,
): Promise<Open | null> {
  const aborted = new Promise<void>((resolve) => {
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
  for (;;) {
    const found = await state.analysisOf(uri).catch(() => null);
    if (!found || signal?.aborted) return null;
    // Asking for the keys starts what they need.
    void found.analysis.keyed;
    if (!found.analysis.pending) return found;
    await Promise.race([state.analyzer.settled(uri), aborted]);
  }
}

/** Many listeners to one signal, without the warning that Node gives for more than ten. */

const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `listener` once when the signal aborts; not when it has aborted before. Returns the way back. */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  let all = listeners.get(signal);
  if (!all) {
    const own = new Set<() => void>();
    all = own;
    listeners.set(signal, own);
    signal.addEventListener('abort', () => {
      for (const one of [...own]) one();
      own.clear();
    });
  }
  const known = all;
  // The same function may be given twice.
  const one = () => listener();
  known.add(one);
  return () => known.delete(one);
}

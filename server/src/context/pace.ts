/** Long work on one thread, in slices, so that who types in between is answered. */

/** Most milliseconds of work at a time. */
const slice = 8;

const waiting: (() => void)[] = [];

export interface Pace {
  /** Milliseconds that are left of this slice; 0 when it is over. */
  left(): number;
  /** Lets others have their turn once the slice is over. Rejects with the reason of the signal. */
  rest(signal?: AbortSignal): Promise<void> | undefined;
}

/** A piece of work that begins now. All that rest are resumed one by one, each for a slice. */
export function startPace(): Pace {
  let end = performance.now() + slice;
  const left = () => Math.max(0, end - performance.now());
  return {
    left,
    rest(signal) {
      if (left() > 0) return undefined;
      return new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 1) setImmediate(next);
      }).then(() => {
        end = performance.now() + slice;
        signal?.throwIfAborted();
      });
    },
  };
}

function next(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(next);
}

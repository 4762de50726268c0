/** So many at a time: a thousand connections at once are more than a socket's queue or `sshd` takes. */

import { cancelled } from './engineProblem.ts';
import { onAbort } from './onAbort.ts';

/** Runs what it is given as soon as fewer than `count` others run; rejects when `signal` aborts before. */
export type Lanes = <T>(signal: AbortSignal, what: () => Promise<T>) => Promise<T>;

export function createLanes(count: number): Lanes {
  let running = 0;
  const waiting = new Set<() => void>();
  const enter = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal.aborted) return reject(cancelled());
      const go = () => {
        waiting.delete(go);
        leave();
        running += 1;
        resolve();
      };
      const leave = onAbort(signal, () => {
        waiting.delete(go);
        reject(cancelled());
      });
      if (running < count) go();
      else waiting.add(go);
    });
  return async (signal, what) => {
    await enter(signal);
    try {
      return await what();
    } finally {
      running -= 1;
      const [next] = waiting;
      next?.();
    }
  };
}

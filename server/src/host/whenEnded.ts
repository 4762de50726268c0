/** What is still to be done when this process is asked to end. */

import process from 'node:process';

/** Calls back when this process is asked to end by a signal, which it then does. Gives what stops that. */
export function whenEnded(tidy: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const end = (signal: NodeJS.Signals) => {
    stop();
    try {
      tidy();
    } finally {
      process.kill(process.pid, signal);
    }
  };
  const stop = () => {
    for (const signal of signals) process.off(signal, end);
  };
  for (const signal of signals) process.on(signal, end);
  return stop;
}

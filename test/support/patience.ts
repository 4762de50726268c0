/** Waiting in tests: for what is to happen, never for a time. */

import { setTimeout as pause } from 'node:timers/promises';
import { type EngineLimits, engineLimits } from '../../server/src/host/engineLimits.ts';

/** Waits until something is so; fails where that takes ten seconds. */
export async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`It did not come to that: ${isSo}`);
    await pause(5);
  }
}

const short = { connectMs: 1000, silenceMs: 600, totalMs: 1500 } as const;

/** Limits of time that a test can wait for, and of bytes that a test can send. */
export const shortLimits: EngineLimits = {
  greeting: { ...engineLimits.greeting, ...short },
  question: { ...engineLimits.question, ...short, bytes: 1_000_000 },
  list: { ...engineLimits.list, ...short, bytes: 4_000_000 },
  walk: { ...engineLimits.walk, ...short },
  space: { least: 200, withoutEvents: 300 },
};

/** An engine that is waited for only so long: a dead one must not hold up a pipeline. */

import type { Engine } from '../engine/engine.ts';

/** Until an engine has said who it is, ways over SSH included. */
const greetingMs = 15_000;
/** For any one answer: who stalls with one may still give the others. */
const oneMs = 20_000;
/** For all that is asked of it, from the first question on. */
const allMs = 60_000;

export interface Patience {
  readonly greetingMs: number;
  readonly oneMs: number;
  readonly allMs: number;
}

/**
 * The same engine within a time limit. Every question that is not answered in time rejects with a
 * full sentence, and `onLate` hears it once.
 */
export function withinTime(
  engine: Engine,
  onLate: (sentence: string) => void,
  limits: Patience = { greetingMs, oneMs, allMs },
): Engine {
  let began: number | null = null;
  let isLate = false;
  const ask = async <T>(
    signal: AbortSignal,
    mostMs: number,
    question: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    began ??= performance.now();
    const ofAll = Math.max(0, began + limits.allMs - performance.now());
    const sentence = lateSentence(mostMs <= ofAll ? mostMs : limits.allMs);
    const stop = new AbortController();
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(
        () => {
          if (!isLate) onLate(sentence);
          isLate = true;
          reject(new Error(sentence));
          stop.abort();
        },
        Math.min(mostMs, ofAll),
      );
      question(AbortSignal.any([signal, stop.signal]))
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  };
  const { greetingMs: first, oneMs: one } = limits;
  return {
    about: (choice, signal) => ask(signal, first, (inTime) => engine.about(choice, inTime)),
    images: (choice, signal) => ask(signal, one, (inTime) => engine.images(choice, inTime)),
    image: (choice, name, signal, platform) =>
      ask(signal, one, (inTime) => engine.image(choice, name, inTime, platform)),
    buildCache: (choice, signal) => ask(signal, one, (inTime) => engine.buildCache(choice, inTime)),
    containers: (choice, image, signal) =>
      ask(signal, one, (inTime) => engine.containers(choice, image, inTime)),
    watch: (choice, onEvent, signal) => engine.watch(choice, onEvent, signal),
  };
}

function lateSentence(ms: number): string {
  return `The engine did not answer within ${ms / 1000} seconds, so that not all that it may know is in the figures.`;
}

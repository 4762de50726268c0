/** The container engine of this machine, or one that is named, asked over its API by HTTP. */

import { homedir } from 'node:os';
import process from 'node:process';
import type { Engine, EngineChoice } from '../engine/engine.ts';
import { watchEngine } from './engineEvents.ts';
import { createFinder } from './engineFinder.ts';
import { type EngineLimits, engineLimits } from './engineLimits.ts';
import type { Surroundings } from './enginePlaces.ts';
import { EngineProblem } from './engineProblem.ts';
import { type Asker, cacheOf, containersOf, imageOf, imagesOf } from './engineQuestions.ts';
import { isSameEngine } from './engineSession.ts';

export interface EngineOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's folder; absent: as the system says. */
  readonly home?: string;
  readonly platform?: NodeJS.Platform;
  readonly uid?: number | null;
  /** Shorter ones, for tests. */
  readonly limits?: EngineLimits;
  /** Other usual sockets, for tests. */
  readonly sockets?: readonly string[];
}

/** Nothing is contacted before the first question or `watch`. */
export function createEngine({
  env,
  home = homedir(),
  platform = process.platform,
  uid = process.getuid?.() ?? null,
  limits = engineLimits,
  sockets,
}: EngineOptions): Engine {
  const around: Surroundings = { env, home, platform, uid, ...(sockets && { sockets }) };
  const finder = createFinder(around, limits);

  /** Asks once more where the engine that answered lately is another one by now. */
  const ask = async <T>(
    choice: EngineChoice,
    signal: AbortSignal,
    question: (asker: Asker) => Promise<T>,
  ): Promise<T> => {
    const session = await finder.find(choice, signal);
    try {
      return await question({ session, limits, signal });
    } catch (error) {
      if (!(error instanceof EngineProblem) || !mayBeAnother(error)) throw error;
      finder.forget(choice);
      const now = await finder.look(choice, signal).catch(() => null);
      if (now === null || isSameEngine(now.info, session.info)) throw error;
      return question({ session: now, limits, signal });
    }
  };

  return {
    about: async (choice, signal) => (await finder.find(choice, signal)).info,
    images: (choice, signal) => ask(choice, signal, imagesOf),
    image: (choice, name, signal, platform) =>
      ask(choice, signal, (asker) => imageOf(asker, name, platform ?? null)),
    buildCache: (choice, signal) => ask(choice, signal, cacheOf),
    containers: (choice, image, signal) =>
      ask(choice, signal, (asker) => containersOf(asker, image)),
    watch: (choice, onEvent, signal) =>
      watchEngine(choice, finder, around, limits, onEvent, signal),
  };
}

/** Another engine may not know the API version that was agreed on, which is status 400. */
function mayBeAnother({ kind, status }: EngineProblem): boolean {
  return kind === 'absent' || kind === 'broken' || kind === 'denied' || status === 400;
}

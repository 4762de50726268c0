/** Finds the engine to ask, once for all questions that come while it is looked for. */

import { stat } from 'node:fs/promises';
import type { EngineChoice } from '../engine/engine.ts';
import type { EngineLimits } from './engineLimits.ts';
import { enginePlaces, type Surroundings } from './enginePlaces.ts';
import { cancelled, EngineProblem, problemOf } from './engineProblem.ts';
import { openSession, type Session } from './engineSession.ts';
import { onAbort } from './onAbort.ts';

export interface Finder {
  /** The engine that answered lately, else as `look`. */
  find(choice: EngineChoice, signal: AbortSignal): Promise<Session>;
  /** Goes through the places anew. Rejects with an `EngineProblem`. */
  look(choice: EngineChoice, signal: AbortSignal): Promise<Session>;
  /** From now on the engine is watched, so it is known until `forget`. */
  keep(choice: EngineChoice, session: Session): void;
  /** Nothing is known of what answers by that choice. */
  forget(choice: EngineChoice): void;
}

interface Known {
  readonly session: Session;
  /** Its socket's file as it was when it answered; null: it has none. */
  readonly file: string | null;
  /** When it is to be greeted again, by `performance.now()`: another engine may answer by then. */
  readonly until: number;
}

interface Looking {
  readonly answer: Promise<Session>;
  readonly control: AbortController;
  waiting: number;
}

const freshMs = 15_000;

export function createFinder(around: Surroundings, limits: EngineLimits): Finder {
  const known = new Map<string, Known>();
  const looking = new Map<string, Looking>();
  const keyOf = ({ endpoint }: EngineChoice) => endpoint?.trim() ?? '';

  const start = (choice: EngineChoice): Looking => {
    const control = new AbortController();
    const key = keyOf(choice);
    const learn = async (session: Session) => {
      const file = await socketFile(session, around);
      const before = known.get(key);
      if (before && before.session.way !== session.way) before.session.way.close();
      known.set(key, { session, file, until: performance.now() + freshMs });
      return session;
    };
    const answer = firstThatAnswers(choice, around, limits, control.signal).then(learn);
    const one: Looking = { answer, control, waiting: 0 };
    looking.set(key, one);
    answer
      .catch(() => {})
      .finally(() => {
        if (looking.get(key) === one) looking.delete(key);
      });
    return one;
  };

  const look = async (choice: EngineChoice, signal: AbortSignal): Promise<Session> => {
    if (signal.aborted) throw cancelled();
    const one = looking.get(keyOf(choice)) ?? start(choice);
    one.waiting += 1;
    try {
      return await unlessAborted(one.answer, signal);
    } finally {
      one.waiting -= 1;
      if (one.waiting === 0) {
        if (looking.get(keyOf(choice)) === one) looking.delete(keyOf(choice));
        one.control.abort();
      }
    }
  };

  return {
    async find(choice, signal) {
      const one = known.get(keyOf(choice));
      if (!one || one.until <= performance.now()) return look(choice, signal);
      if (one.until === Number.POSITIVE_INFINITY) return one.session;
      const file = await socketFile(one.session, around);
      return file === one.file ? one.session : look(choice, signal);
    },
    look,
    keep(choice, session) {
      known.set(keyOf(choice), { session, file: null, until: Number.POSITIVE_INFINITY });
    },
    forget(choice) {
      known.get(keyOf(choice))?.session.way.close();
      known.delete(keyOf(choice));
    },
  };
}

/**
 * Tells the file of an engine's socket from that of another engine which has taken its place since;
 * null: there is no such file, or it is no file at all.
 */
async function socketFile(
  { place: { endpoint } }: Session,
  { platform }: Surroundings,
): Promise<string | null> {
  if (endpoint.kind !== 'socket' || platform === 'win32') return null;
  const file = await stat(endpoint.path).catch(() => null);
  return file && [file.dev, file.ino, file.ctimeMs].join(' ');
}

/** Rejects at once when the signal aborts; what is waited for goes on. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let leave = () => {};
  const aborted = new Promise<never>((_, reject) => {
    leave = onAbort(signal, () => reject(cancelled()));
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    leave();
  }
}

async function firstThatAnswers(
  choice: EngineChoice,
  around: Surroundings,
  limits: EngineLimits,
  signal: AbortSignal,
): Promise<Session> {
  const { list, usual } = await enginePlaces(choice.endpoint, around);
  let worst: EngineProblem | undefined;
  for (const place of list) {
    try {
      return await openSession(place, around, limits, signal);
    } catch (error) {
      const problem = problemOf(error, place.endpoint.shown);
      if (problem.kind === 'cancelled') throw problem;
      if (!worst || (worst.kind === 'absent' && problem.kind !== 'absent')) worst = problem;
    }
  }
  if (usual && (!worst || worst.kind === 'absent')) {
    const sentence = 'No container engine answers at the usual places of Docker and Podman.';
    throw new EngineProblem('absent', sentence);
  }
  throw worst ?? new EngineProblem('absent', 'There is no place to look for an engine.');
}

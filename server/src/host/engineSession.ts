/** One engine that answered: which API version it is spoken to in, and what it said of itself. */

import { aboutEngine, negotiate } from '../engine/answersAbout.ts';
import { parsed } from '../engine/answersJson.ts';
import type { EngineInfo } from '../engine/engine.ts';
import type { Place } from './enginePlaces.ts';
import { EngineProblem } from './engineProblem.ts';
import {
  type Answer,
  type Limits,
  openWay,
  type Question,
  refusal,
  type Way,
} from './engineTransport.ts';

export interface Session {
  readonly place: Place;
  readonly info: EngineInfo;
  readonly way: Way;
  /** Value of JSON at a path below the API version; undefined: the engine has no such thing (404). */
  json(path: string, what: string, limits: Limits, signal: AbortSignal): Promise<unknown>;
  /** As it comes; ends when the engine ends it. */
  stream(question: Question): Promise<Answer>;
}

const greetingLimits = (connectMs: number): Limits => ({
  connectMs,
  silenceMs: 15_000,
  totalMs: 30_000,
  bytes: 8_000_000,
});

/** Asks the engine at a place who it is. Rejects with an `EngineProblem`. */
export async function openSession(
  place: Place,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<Session> {
  const { endpoint, foundBy } = place;
  const { shown } = endpoint;
  const way = await openWay(endpoint, env);
  try {
    const limits = greetingLimits(endpoint.kind === 'ssh' ? 20_000 : 5000);
    const get = async (path: string, what: string) => {
      const answer = await way.ask({ path, signal, limits });
      if (answer.status !== 200) throw refusal(shown, what, answer);
      return answer;
    };
    const { headers } = await get('/_ping', 'a greeting');
    const [version, info] = await Promise.all([
      get('/version', 'which version it has'),
      get('/info', 'what it is'),
    ]);
    const answers = { headers, version: parsed(version.body), info: parsed(info.body) };
    const spoken = negotiate(answers);
    if ('refused' in spoken) throw new EngineProblem('broken', `${shown} ${spoken.refused}`);
    const about = aboutEngine(answers);
    if (!about) {
      throw new EngineProblem('broken', `${shown} does not say how it stores its images.`);
    }
    const { api } = spoken;
    return {
      place,
      info: { ...about, api, endpoint: shown, foundBy },
      way,
      async json(path, what, limits, signal) {
        const answer = await way.ask({ path: `/v${api}${path}`, signal, limits });
        if (answer.status === 404) return undefined;
        if (answer.status !== 200) throw refusal(shown, what, answer);
        const value = parsed(answer.body);
        if (value === undefined) {
          throw new EngineProblem('broken', `What ${shown} says of ${what} is damaged.`);
        }
        return value;
      },
      stream: (question) => way.ask({ ...question, path: `/v${api}${question.path}` }),
    };
  } catch (error) {
    way.close();
    throw error;
  }
}

/** Do both answer for the same engine, with the same store? */
export function isSameEngine(one: EngineInfo, other: EngineInfo): boolean {
  const keys = ['id', 'product', 'version', 'api', 'driver', 'store', 'endpoint'] as const;
  return keys.every((key) => one[key] === other[key]);
}

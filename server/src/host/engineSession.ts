/** One engine that answered: which API version it is spoken to in, and what it said of itself. */

import { aboutEngine, negotiate } from '../engine/answersAbout.ts';
import { elementReader } from '../engine/answersElements.ts';
import { isObject, objectOf, parsed, textOf } from '../engine/answersJson.ts';
import type { EngineInfo } from '../engine/engine.ts';
import { isInMachine, isRemote } from './engineEndpoint.ts';
import { type EngineLimits, endless, type Limits } from './engineLimits.ts';
import type { Place, Surroundings } from './enginePlaces.ts';
import { EngineProblem } from './engineProblem.ts';
import { type Answer, openWay, refusal, type Way } from './engineTransport.ts';

/** A question to an engine. */
export interface Wanted {
  /** Below the API version. */
  readonly path: string;
  /** What is asked for, to end a sentence with: `its images`. */
  readonly what: string;
  readonly limits: Limits;
  readonly signal: AbortSignal;
}

export interface Session {
  readonly place: Place;
  readonly info: EngineInfo;
  readonly way: Way;
  /** The answer's value; undefined: the engine has no such thing (404). Rejects with an `EngineProblem`. */
  json(wanted: Wanted): Promise<unknown>;
  /**
   * As `json`, but each object of a list is handed on as it comes (`elementReader`), and 0 stands for
   * it in the value.
   */
  each(wanted: Wanted, depth: 1 | 2, onElement: (value: unknown) => void): Promise<unknown>;
  /** Follows an answer that has no end until one side ends it. */
  stream(
    path: string,
    signal: AbortSignal,
    onOpen: () => void,
    onText: (piece: string) => void,
  ): Promise<Answer>;
}

/** Asks the engine at a place who it is. Rejects with an `EngineProblem`. */
export async function openSession(
  place: Place,
  { env, platform }: Pick<Surroundings, 'env' | 'platform'>,
  { greeting }: Pick<EngineLimits, 'greeting'>,
  signal: AbortSignal,
): Promise<Session> {
  const { endpoint, foundBy } = place;
  const { shown } = endpoint;
  const way = await openWay(endpoint, env);
  try {
    const get = async (path: string, what: string) => {
      const answer = await way.ask({ path, signal, limits: greeting });
      if (answer.status !== 200) throw refusal(shown, what, answer);
      return answer;
    };
    const { headers } = await get('/_ping', 'a greeting');
    const [version, info] = await Promise.all([
      get('/version', 'the question for its version'),
      get('/info', 'the question what it is'),
    ]);
    const answers = { headers, version: parsed(version.body), info: parsed(info.body) };
    if (!isObject(answers.version) || !isObject(answers.info)) {
      throw new EngineProblem('broken', `${shown} does not answer as a container engine does.`);
    }
    const spoken = negotiate(answers);
    if ('refused' in spoken) throw new EngineProblem('broken', `${shown} ${spoken.refused}`);
    const about = aboutEngine(answers);
    if (!about) {
      throw new EngineProblem('broken', `${shown} does not say how it stores its images.`);
    }
    const { api } = spoken;
    return {
      place,
      info: {
        ...about,
        api,
        endpoint: shown,
        foundBy,
        virtual: about.virtual || isInMachine(endpoint, platform),
        remote: isRemote(endpoint),
      },
      way,
      ...questions(way, api),
    };
  } catch (error) {
    way.close();
    throw error;
  }
}

function questions(way: Way, api: string): Pick<Session, 'json' | 'each' | 'stream'> {
  const { shown } = way;
  const checked = (answer: Answer, what: string): boolean => {
    if (isMissing(answer)) return false;
    if (answer.status !== 200) throw refusal(shown, `the question for ${what}`, answer);
    return true;
  };
  const damaged = (what: string) =>
    new EngineProblem('broken', `What ${shown} says of ${what} is damaged.`);
  return {
    async json({ path, what, limits, signal }) {
      const answer = await way.ask({ path: `/v${api}${path}`, limits, signal });
      if (!checked(answer, what)) return undefined;
      const value = parsed(answer.body);
      if (value === undefined) throw damaged(what);
      return value;
    },
    async each({ path, what, limits, signal }, depth, onElement) {
      const reader = elementReader(depth, onElement);
      const onText = (piece: string) => {
        try {
          reader.add(piece);
        } catch {
          throw damaged(what);
        }
      };
      const answer = await way.ask({ path: `/v${api}${path}`, limits, signal, onText });
      if (!checked(answer, what)) return undefined;
      try {
        return reader.end();
      } catch {
        throw damaged(what);
      }
    },
    stream: (path, signal, onOpen, onText) =>
      way.ask({ path: `/v${api}${path}`, signal, limits: endless, onOpen, onText }),
  };
}

/** An engine says what is missing; what else has status 404 is a path that it, or who filters it, does not know. */
function isMissing({ status, body }: Answer): boolean {
  const message = textOf(objectOf(parsed(body)).message);
  return status === 404 && message !== '' && message.trim() !== 'page not found';
}

/** Do both answer for the same engine, with the same store? */
export function isSameEngine(one: EngineInfo, other: EngineInfo): boolean {
  const keys = ['id', 'product', 'version', 'api', 'driver', 'store', 'endpoint'] as const;
  return keys.every((key) => one[key] === other[key]);
}

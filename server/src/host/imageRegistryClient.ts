/** Questions to registries: who asks, tries again, and leaves a registry alone that wants to be. */

import { RegistryProblem, when } from '../registry/problem.ts';
import { readRetryAfter } from '../registry/retryAfter.ts';
import type { FindCredentials } from './dockerConfig.ts';
import { type Answer, question } from './imageRegistryRequest.ts';
import { type Asked, createTokens, loginAdvice } from './imageRegistryTokens.ts';
import { speaksTls, type Trust } from './imageRegistryTrust.ts';
import { isLoopback } from './webRequest.ts';

export interface ClientLimits {
  /** Milliseconds without a byte. */
  readonly silenceMs: number;
  /** Milliseconds for one answer. */
  readonly totalMs: number;
  /** How long a registry is waited for that says when it answers again. */
  readonly waitMs: number;
}

export interface ClientParts {
  readonly findCredentials: FindCredentials;
  readonly trust: Trust;
  readonly now: () => number;
  /** Rejects when the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly limits: ClientLimits;
}

/** A registry, or a mirror of one. */
export interface Endpoint {
  /** Whose credentials are used, and what sentences name. */
  readonly host: string;
  /** Host and port that requests go to. */
  readonly requestHost: string;
}

export interface Get {
  readonly method: 'GET' | 'HEAD';
  readonly repository: string;
  /** Behind `/v2/`. */
  readonly path: string;
  readonly accept: string;
  /** A part of it, as in `bytes=0-3`; absent: the whole. */
  readonly range?: string;
  readonly limit: number;
  readonly signal: AbortSignal;
}

export interface RegistryClient {
  /** The answer with status 200; to a question for a part, that part (206), or that there is none (416). Rejects with a `RegistryProblem`, or as the signal says. */
  get(endpoint: Endpoint, get: Get): Promise<Answer>;
}

const mostRedirects = 5;
const mostTries = 3;
/** Between tries, in milliseconds. */
const pauses = [400, 1500];
/** A registry that limits its callers and does not say for how long. */
const quietMs = 60_000;

/** A client that remembers tokens, and which registries want to be left alone until when. */
export function createRegistryClient(parts: ClientParts): RegistryClient {
  const { now, limits, trust } = parts;
  const quietUntil = new Map<string, number>();
  /** Hosts on this machine that were found to speak plain HTTP, or not to. */
  const schemes = new Map<string, 'http:' | 'https:'>();

  const limitsCalls = (
    { status, headers }: Answer,
    { host }: Pick<Asked, 'host'>,
  ): number | null => {
    const said = headers['retry-after'] ?? headers['x-retry-after'];
    const wait = readRetryAfter([said].flat()[0], now());
    if (status !== 429 && !(status === 503 && wait !== null)) return null;
    const ms = wait ?? quietMs;
    quietUntil.set(host, now() + ms);
    return ms;
  };
  const beQuiet = (host: string) => {
    const ms = (quietUntil.get(host) ?? 0) - now();
    if (ms > 0) throw limited(host, ms, now());
  };
  const tokens = createTokens({
    findCredentials: parts.findCredentials,
    now,
    limits: { ...limits, trust },
    onAnswer(answer, asked) {
      const ms = limitsCalls(answer, asked);
      if (ms !== null) throw limited(asked.host, ms, now());
    },
  });

  const once = async (asked: Asked, get: Get): Promise<Answer> => {
    const ask = (authorization: string | null) =>
      question({
        url: asked.url,
        method: get.method,
        headers: { accept: get.accept, ...(get.range && { range: get.range }) },
        authorization,
        limit: get.limit,
        silenceMs: limits.silenceMs,
        totalMs: limits.totalMs,
        redirects: mostRedirects,
        signal: get.signal,
        trust,
      });
    const known = tokens.known(asked);
    const first = await ask(known);
    const challenge = first.headers['www-authenticate'];
    // Only the registry itself is told who asks.
    if (first.status !== 401 || !first.direct || challenge === undefined) return first;
    tokens.forget(asked);
    const authorization = await tokens.answer(challenge, asked);
    if (authorization === null) return first;
    const second = await ask(authorization);
    if (second.status === 401 || second.status === 403) tokens.forget(asked);
    return second;
  };

  /** On this machine, as the engine does, with plain HTTP where what listens does not speak TLS. */
  const onceByScheme = async (endpoint: Endpoint, get: Get): Promise<Answer> => {
    const { host, requestHost } = endpoint;
    const by = (scheme: string) => {
      const url = new URL(`${scheme}//${requestHost}/v2/${get.path}`);
      return once({ host, repository: get.repository, url, signal: get.signal }, get);
    };
    const address = new URL(`https://${requestHost}`);
    if (!isLoopback(address)) return by('https:');
    let scheme = schemes.get(requestHost);
    if (!scheme) {
      scheme = (await speaksTls(address, get.signal)) ? 'https:' : 'http:';
      schemes.set(requestHost, scheme);
    }
    try {
      return await by(scheme);
    } catch (error) {
      // What listens there may be another one by now.
      schemes.delete(requestHost);
      throw error;
    }
  };

  return {
    async get(endpoint, get) {
      const { host } = endpoint;
      beQuiet(host);
      let waited = false;
      for (let tries = 1; ; tries++) {
        const pause = pauses[tries - 1] ?? 0;
        let answer: Answer;
        try {
          answer = await onceByScheme(endpoint, get);
        } catch (error) {
          const isDropped = error instanceof RegistryProblem && error.kind === 'dropped';
          if (!isDropped || tries >= mostTries) throw error;
          await parts.pause(pause, get.signal);
          continue;
        }
        if (isAnswer(answer, get)) return answer;
        const ms = limitsCalls(answer, endpoint);
        if (ms !== null) {
          if (ms > limits.waitMs || waited) throw limited(host, ms, now());
          waited = true;
          await parts.pause(ms, get.signal);
          quietUntil.delete(host);
          continue;
        }
        if (![500, 502, 503, 504].includes(answer.status) || tries >= mostTries) {
          throw refusal(answer, endpoint, get);
        }
        await parts.pause(pause, get.signal);
      }
    },
  };
}

function isAnswer({ status }: Answer, { range }: Get): boolean {
  return range ? status === 206 || status === 416 : status === 200;
}

function limited(host: string, ms: number, now: number): RegistryProblem {
  return new RegistryProblem(
    `${host} limits how often it is asked; it answers again ${when(ms, now)}.`,
    'limited',
  );
}

function refusal({ status }: Answer, { host }: Endpoint, { repository }: Get): RegistryProblem {
  if (status === 404) {
    return new RegistryProblem(`${host} has no such image in ${repository}.`, 'missing');
  }
  if (status === 401 || status === 403) {
    const sentence = `${host} has no ${repository}, or does not show it to those who ask like this.`;
    return new RegistryProblem(`${sentence} ${loginAdvice(host, null)}`);
  }
  return new RegistryProblem(`${host} answered with status ${status}.`);
}

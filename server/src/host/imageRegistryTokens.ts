/**
 * What is said to a registry of who asks: with credentials where the docker CLI has some, else as
 * anybody. Tokens are kept in memory alone.
 */

import { type Challenge, readChallenges } from '../registry/challenge.ts';
import { RegistryProblem } from '../registry/problem.ts';
import { readToken, scopesOf, type Token } from '../registry/token.ts';
import type { Credentials, FindCredentials, FoundCredentials } from './dockerConfig.ts';
import { type Answer, type Question, question } from './imageRegistryRequest.ts';
import { isLoopback } from './webRequest.ts';

/** Where a question goes that is answered for members only. */
export interface Asked {
  /** As references name the registry. */
  readonly host: string;
  readonly repository: string;
  readonly url: URL;
  readonly signal: AbortSignal;
}

export interface Tokens {
  /** Value of `Authorization` that was good before; null: none is known. */
  known(asked: Asked): string | null;
  /** What the challenge wants to hear; null: it has no form that is understood. Rejects with a `RegistryProblem`. */
  answer(challenge: string, asked: Asked): Promise<string | null>;
  /** What was known is not good any more. */
  forget(asked: Asked): void;
}

export interface TokenParts {
  readonly findCredentials: FindCredentials;
  readonly now: () => number;
  /** Told of each answer of a token server, which may ask to be left alone. */
  readonly onAnswer: (answer: Answer, asked: Asked) => void;
  readonly limits: Pick<Question, 'silenceMs' | 'totalMs' | 'trust'>;
}

const largestToken = 64_000;

/** Tokens by registry and repository, as they are good for no other. */
export function createTokens(parts: TokenParts): Tokens {
  const known = new Map<string, Token>();
  const keyOf = ({ url, repository }: Asked) => `${url.origin} ${repository}`;
  return {
    known(asked) {
      const token = known.get(keyOf(asked));
      return token && token.until > parts.now() ? token.value : null;
    },
    async answer(header, asked) {
      const challenges = readChallenges(header);
      const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
      const basic = challenges.find(({ scheme }) => scheme === 'basic');
      if (!bearer && !basic) return null;
      const { host, repository, signal } = asked;
      const found = await parts.findCredentials(host, repository, signal);
      const token = bearer
        ? await fetchToken(bearer, found, asked, parts)
        : basicToken(found, asked, parts.now());
      known.set(keyOf(asked), token);
      return token.value;
    },
    forget: (asked) => void known.delete(keyOf(asked)),
  };
}

/** What helps where a registry does not let somebody in. */
export function loginAdvice(host: string, problem: string | null): string {
  const advice = `docker login ${host === 'docker.io' ? '' : host}`.trim();
  return problem ?? `Credentials come from the docker CLI (${advice}).`;
}

const keptMs = 300_000;

function basicToken(
  { credentials, problem }: FoundCredentials,
  { host }: Asked,
  now: number,
): Token {
  if (credentials?.kind === 'access') return accessToken(credentials.token, now);
  if (credentials?.kind !== 'password') {
    const sentence = `${host} answers only to those whom it knows.`;
    throw new RegistryProblem(`${sentence} ${loginAdvice(host, problem)}`);
  }
  return { value: `Basic ${basicWords(credentials)}`, until: now + keptMs };
}

function accessToken(token: string, now: number): Token {
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new RegistryProblem('The Docker configuration has a token that is none.');
  }
  return { value: `Bearer ${token}`, until: now + keptMs };
}

function basicWords({ user, password }: Extract<Credentials, { kind: 'password' }>): string {
  return Buffer.from(`${user}:${password}`).toString('base64');
}

async function fetchToken(
  { parameters }: Challenge,
  { credentials, problem }: FoundCredentials,
  asked: Asked,
  parts: TokenParts,
): Promise<Token> {
  if (credentials?.kind === 'access') return accessToken(credentials.token, parts.now());
  const { host, signal } = asked;
  const realm = realmOf(parameters.get('realm') ?? '', asked);
  const scopes = scopesOf(parameters.get('scope'), asked.repository);
  const service = parameters.get('service');
  const common = { limit: largestToken, redirects: 0, signal, ...parts.limits };
  const json = { accept: 'application/json' };
  let answer: Answer;
  if (credentials?.kind === 'identity') {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'dockerfile-layers',
      refresh_token: credentials.token,
      scope: scopes.join(' '),
      ...(service !== undefined && { service }),
    });
    const headers = { ...json, 'content-type': 'application/x-www-form-urlencoded' };
    const body = form.toString();
    const post = { method: 'POST', url: realm, headers, body, authorization: null } as const;
    answer = await question({ ...common, ...post });
  } else {
    const url = new URL(realm);
    if (service !== undefined) url.searchParams.set('service', service);
    url.searchParams.delete('scope');
    for (const scope of scopes) url.searchParams.append('scope', scope);
    const authorization = credentials && `Basic ${basicWords(credentials)}`;
    answer = await question({ ...common, method: 'GET', url, headers: json, authorization });
  }
  parts.onAnswer(answer, asked);
  if ([400, 401, 403].includes(answer.status)) {
    const sentence = credentials
      ? `${host} refuses the credentials that the docker CLI has for it.`
      : `${host} answers only to those whom it knows.`;
    throw new RegistryProblem(`${sentence} ${loginAdvice(host, problem)}`);
  }
  const token = readToken(answer.body.toString('utf8'), parts.now());
  if (!token) {
    const sentence = `The token server of ${host}, ${realm.host}, gave no token`;
    throw new RegistryProblem(
      answer.status === 200 ? `${sentence}.` : `${sentence}, but status ${answer.status}.`,
    );
  }
  return { value: `Bearer ${token.value}`, until: token.until };
}

/** Where tokens are had: never in the clear, and for a registry elsewhere never on this machine. */
function realmOf(realm: string, { host, url }: Asked): URL {
  const found = URL.canParse(realm) ? new URL(realm) : null;
  const isLocal = found !== null && isLoopback(found);
  const isSafe = found?.protocol === 'https:' || (found?.protocol === 'http:' && isLocal);
  if (!found || !isSafe || found.username || found.password) {
    throw new RegistryProblem(`${host} names no safe address where it can be told who asks.`);
  }
  if (isLocal && !isLoopback(url)) {
    throw new RegistryProblem(`${host} names this machine as its own token server.`);
  }
  found.hash = '';
  return found;
}

/** Tokens that a registry takes in place of a password, as distribution's token authentication has them. */

import { parsed, record, text, time } from './values.ts';

export interface Token {
  /** Fit for a header. */
  readonly value: string;
  /** Milliseconds since 1970 until which it can be used. */
  readonly until: number;
}

/** What distribution takes where nothing is said. */
const defaultSeconds = 60;
const mostSeconds = 24 * 3600;
/** It shall not run out on its way. */
const marginMs = 5_000;

/** Reads the answer of a token server; undefined where there is no token in it. */
export function readToken(json: string, now: number): Token | undefined {
  const answer = record(parsed(json));
  const value = text(answer.token) || text(answer.access_token);
  if (!/^[\x21-\x7e]{1,60000}$/.test(value)) return undefined;
  const said = answer.expires_in;
  const isSaid = typeof said === 'number' && said > 0;
  const seconds = isSaid ? Math.min(said, mostSeconds) : defaultSeconds;
  const issued = time(answer.issued_at) ?? now;
  // A clock that goes wrong shall not make every token look old, or last for ever.
  const from = Math.abs(issued - now) < 60_000 ? Math.min(issued, now) : now;
  return { value, until: from + seconds * 1000 - marginMs };
}

/**
 * The scopes to ask for: reading this repository, and what a registry wants that is no repository
 * (`aws`); never more than that, whatever the challenge says.
 */
export function scopesOf(challenged: string | undefined, repository: string): readonly string[] {
  const others = (challenged ?? '').split(' ').filter((one) => /^[A-Za-z0-9._-]{1,64}$/.test(one));
  return [...new Set([`repository:${repository}:pull`, ...others])].slice(0, 8);
}

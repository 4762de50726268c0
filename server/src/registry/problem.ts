/** Why a registry did not say what it was asked. */

/** The message is a full sentence without credentials. */
export class RegistryProblem extends Error {
  /**
   * `unencrypted`: what answered does not speak TLS. `dropped`: the connection ended early. `untrue`:
   * what was said is not so.
   */
  readonly kind: 'other' | 'missing' | 'limited' | 'dropped' | 'unencrypted' | 'untrue';

  constructor(message: string, kind: RegistryProblem['kind'] = 'other') {
    super(message);
    this.kind = kind;
  }
}

/** `in 5 s`, `at 14:05 UTC`, `on 2026-11-22 at 14:05 UTC`: when something is over that takes `ms` from `now` on. */
export function when(ms: number, now: number): string {
  if (ms < 120_000) return `in ${Math.max(1, Math.ceil(ms / 1000))} s`;
  const text = new Date(now + ms).toISOString();
  const clock = `at ${text.slice(11, 16)} UTC`;
  return ms < 12 * 3600 * 1000 ? clock : `on ${text.slice(0, 10)} ${clock}`;
}

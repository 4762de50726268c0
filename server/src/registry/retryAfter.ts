/** `Retry-After` (RFC 9110, section 10.2.3). */

const longestMs = 7 * 24 * 3600 * 1000;

/**
 * Milliseconds that a server wants to be left alone from `now` on; null: it does not say. Seconds or
 * a date; numbers that can only be a time since 1970 are read as that, since Docker Hub sends such.
 */
export function readRetryAfter(header: string | undefined, now: number): number | null {
  const said = header?.trim() ?? '';
  if (/^\d{1,12}(\.\d+)?$/.test(said)) {
    const seconds = Number(said);
    return within(seconds > 1_000_000_000 ? seconds * 1000 - now : seconds * 1000);
  }
  if (!/^[A-Z][a-z]{2,8},? /.test(said)) return null;
  const at = Date.parse(said);
  return Number.isFinite(at) ? within(at - now) : null;
}

/** Nobody is believed who wants to be left alone for ever. */
function within(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), longestMs);
}

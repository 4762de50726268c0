/**
 * The text that BuildKit writes into `created_by` of an image's history, in its newest form
 * (BuildKit `dockerfile2llb/convert.go`). `historyForms.ts` knows the older ones.
 */

import type { Healthcheck } from '../syntax/commands.ts';
import { goQuote } from '../syntax/goText.ts';

export interface Pair {
  readonly key: string;
  readonly value: string;
}

/** ENV and LABEL. */
export function pairsText(keyword: 'ENV' | 'LABEL', pairs: readonly Pair[]): string {
  return keyword + pairs.map(({ key, value }) => ` ${key}=${value}`).join('');
}

/** ARG: the final values; a name alone when it has none. */
export function argText(
  args: readonly { readonly key: string; readonly value: string | null }[],
): string {
  return `ARG ${args.map(({ key, value }) => (value === null ? key : `${key}=${value}`)).join(' ')}`;
}

/** `declared`: each name that ARG declared so far, once, in order of the first declaration. */
export function runText(argv: readonly string[], declared: readonly Pair[]): string {
  const args = declared.map(({ key, value }) => `${key}=${value}`);
  const count = args.length > 0 ? [`|${args.length}`] : [];
  return `RUN ${[...count, ...args, ...argv].join(' ')} # buildkit`;
}

export interface CopyText {
  readonly keyword: 'COPY' | 'ADD';
  readonly parents: boolean;
  readonly chown: string;
  readonly chmod: string;
  readonly sources: readonly string[];
  /** Names of heredoc sources. */
  readonly heredocs: readonly string[];
  readonly dest: string;
}

/** No other flag is recorded, not even `--from`; the destination stands as written. */
export function copyText(copy: CopyText): string {
  const flags = [
    ...(copy.parents ? ['--parents'] : []),
    ...(copy.chown ? [`--chown=${copy.chown}`] : []),
    ...(copy.chmod ? [`--chmod=${copy.chmod}`] : []),
  ];
  const heredocs = copy.heredocs.map((name) => `<<${name}`);
  return [copy.keyword, ...flags, ...copy.sources, ...heredocs, copy.dest, '# buildkit'].join(' ');
}

/** CMD and ENTRYPOINT: Go's `%q` of a list. */
export function commandText(keyword: 'CMD' | 'ENTRYPOINT', words: readonly string[]): string {
  return `${keyword} [${words.map(goQuote).join(' ')}]`;
}

/** EXPOSE, VOLUME and SHELL: Go's `%v` of a list. */
export function listText(keyword: 'EXPOSE' | 'VOLUME' | 'SHELL', words: readonly string[]): string {
  return `${keyword} [${words.join(' ')}]`;
}

/** HEALTHCHECK as Go prints the struct of the config. */
export function healthcheckText(check: Healthcheck): string {
  return `HEALTHCHECK {Test:[${check.test.join(' ')}] Interval:${durationText(check.interval)} Timeout:${durationText(check.timeout)} StartPeriod:${durationText(check.startPeriod)} StartInterval:${durationText(check.startInterval)} Retries:${check.retries}}`;
}

/** Go's `time.Duration.String`: `1h0m0s`, `1.5s`, `100ms`. In: nanoseconds. */
function durationText(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  const sign = nanoseconds < 0 ? '-' : '';
  const all = BigInt(Math.trunc(Math.abs(nanoseconds)));
  if (all < 1_000n) return `${sign}${all}ns`;
  if (all < 1_000_000n) return `${sign}${decimal(all, 1_000n)}µs`;
  if (all < 1_000_000_000n) return `${sign}${decimal(all, 1_000_000n)}ms`;
  const seconds = `${decimal(all % 60_000_000_000n, 1_000_000_000n)}s`;
  const minutes = all / 60_000_000_000n;
  if (minutes === 0n) return sign + seconds;
  if (minutes < 60n) return `${sign}${minutes}m${seconds}`;
  return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function decimal(value: bigint, unit: bigint): string {
  const rest = (value % unit).toString().padStart(unit.toString().length - 1, '0');
  const fraction = rest.replace(/0+$/, '');
  return fraction ? `${value / unit}.${fraction}` : `${value / unit}`;
}

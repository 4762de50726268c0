/** The page that shows estimates beside real builds, and what is counted on it. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SizeReport } from '../../server/src/protocol.ts';
import { type ComparedLine, caseNames, fixtures } from './estimateCases.ts';

/** Where the page lies. */
export const pagePath = join(import.meta.dirname, '../../docs/estimates.md');

/**
 * How a figure did: `inside` its band (exact, where it was counted; not above the layer, where it is a
 * lower bound), `outside`, or none was given.
 */
export type Verdict = 'inside' | 'outside' | 'unknown';

/** Compares a figure with the layer's bytes. */
export function verdictOf({ low, high, atLeast }: SizeReport, measured: number): Verdict {
  if (low === null || high === null) return 'unknown';
  return measured >= low && (atLeast || measured <= high) ? 'inside' : 'outside';
}

/** Lines that were counted to the byte before the build and came out otherwise. */
export function wrongCounts(lines: readonly ComparedLine[]): readonly ComparedLine[] {
  return lines.filter(
    ({ size, measured }) =>
      (size.basis === 'computed' || size.basis === 'measured') &&
      verdictOf(size, measured) === 'outside',
  );
}

/** What the RUN lines of some fixtures come to. */
export interface Summary {
  readonly lines: number;
  /** Lines with a figure, lower bounds included. */
  readonly figures: number;
  readonly lowerBounds: number;
  readonly outside: readonly ComparedLine[];
  /** Median and 90th percentile of |estimate - measured| / measured, of whole figures for layers above 0.1 MB. */
  readonly median: number;
  readonly p90: number;
}

/** Counts over the RUN lines among `lines`. */
export function summaryOf(lines: readonly ComparedLine[]): Summary {
  const runs = lines.filter(({ keyword }) => keyword === 'RUN');
  const known = runs.filter(({ size }) => size.bytes !== null);
  const errors = known
    .filter(({ size, measured }) => !size.atLeast && measured > 100_000)
    .map(({ size, measured }) => Math.abs((size.bytes ?? 0) - measured) / measured)
    .sort((a, b) => a - b);
  const quantile = (share: number) => errors[Math.floor(share * (errors.length - 1))] ?? 0;
  return {
    lines: runs.length,
    figures: known.length,
    lowerBounds: known.filter(({ size }) => size.atLeast).length,
    outside: known.filter(({ size, measured }) => verdictOf(size, measured) === 'outside'),
    median: quantile(0.5),
    p90: quantile(0.9),
  };
}

/** Digest of all fixtures: the page carries it, so that a page of other fixtures is noticed. */
export function fixturesDigest(): string {
  const hash = createHash('sha256');
  for (const name of caseNames) {
    hash.update(`${name}\0`).update(readFileSync(join(fixtures, `${name}.txt`)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** The whole page as Markdown. */
export function page(lines: readonly ComparedLine[], engine: string, date: string): string {
  const runs = lines.filter(({ keyword }) => keyword === 'RUN');
  const kinds = [...new Set(runs.map(kindOf))];
  const { outside } = summaryOf(runs);
  return [
    '# Estimates beside real builds',
    '',
    'Written by `npm run estimates`; do not edit.',
    `<!-- fixtures: ${fixturesDigest()} -->`,
    '',
    `The Dockerfiles below \`test/fixtures/estimates\` (${caseNames.length}), built on ${date} by Docker Engine ${engine} on Debian`,
    'images that `scripts/debianBases.sh` makes from the mirror. *Estimate* is what the report says of a RUN line',
    'before any build; *measured* is the size of its layer in `docker history`. Bytes are decimal.',
    '',
    '| Kind | RUN lines | With a figure | Of these lower bounds | Outside the band | Median error | 90 % below |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...kinds.map((kind) =>
      summaryRow(kind, summaryOf(runs.filter((line) => kindOf(line) === kind))),
    ),
    summaryRow('**all**', summaryOf(runs)),
    '',
    'Errors are those of whole figures (no lower bounds) for layers above 0.1 MB.',
    '',
    '## Outside the band',
    '',
    ...(outside.length > 0 ? tableOf(outside) : ['No line.']),
    ...kinds.flatMap((kind) => [
      '',
      `## ${kind}`,
      '',
      ...tableOf(runs.filter((line) => kindOf(line) === kind)),
    ]),
    '',
  ].join('\n');
}

const kindOf = ({ name }: ComparedLine) => name.split('-')[0] ?? name;

function summaryRow(name: string, { lines, figures, lowerBounds, outside, median, p90 }: Summary) {
  const cells = [name, lines, figures, lowerBounds, outside.length, percent(median), percent(p90)];
  return `| ${cells.join(' | ')} |`;
}

const percent = (share: number) => `${(share * 100).toFixed(2)} %`;

function tableOf(lines: readonly ComparedLine[]): readonly string[] {
  return [
    '| Dockerfile | Line | Command | Estimate | Band | Measured | Error |',
    '| --- | ---: | --- | ---: | ---: | ---: | ---: |',
    ...lines.map((line) => {
      const { name, line: number, text, size, measured } = line;
      const cells = [
        name,
        number,
        code(text),
        estimate(size),
        band(size),
        grouped(measured),
        error(line),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
}

function estimate({ bytes, atLeast }: SizeReport): string {
  return bytes === null ? 'unknown' : `${atLeast ? '≥ ' : ''}${grouped(bytes)}`;
}

function band({ low, high, atLeast }: SizeReport): string {
  if (low === null || high === null) return '';
  if (atLeast) return `from ${grouped(low)}`;
  return low === high ? 'exact' : `${grouped(low)} to ${grouped(high)}`;
}

function error({ size, measured }: ComparedLine): string {
  const verdict = verdictOf(size, measured);
  if (verdict === 'unknown' || size.bytes === null) return '';
  const mark = verdict === 'outside' ? ' **outside**' : '';
  if (size.atLeast) return mark.trim();
  const off = size.bytes - measured;
  const share = measured > 100_000 ? ` (${((off / measured) * 100).toFixed(2)} %)` : '';
  return `${off > 0 ? '+' : ''}${grouped(off)}${share}${mark}`;
}

/** Thousands apart, so that a column can be read. */
function grouped(bytes: number): string {
  return String(bytes).replace(/\B(?=(\d{3})+$)/g, ' ');
}

function code(text: string): string {
  const short = text.replace(/^RUN /, '').replace(/\s+/g, ' ');
  return `\`${short.replaceAll('|', '\\|').replaceAll('`', "'")}\``;
}

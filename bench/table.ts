/** The measurements as Markdown, each goal beside its figure. */

import type { Alone } from './alone.ts';
import type { ContextTimes } from './contexts.ts';
import { contextSection } from './contextTable.ts';
import type { Result } from './editing.ts';
import type { EstimateTimes } from './estimates.ts';
import { digits, type Spread, times } from './figures.ts';
import type { NextBuildTimes } from './nextBuild.ts';

export interface Measured {
  readonly date: string;
  readonly command: string;
  readonly machine: string;
  /** Load averages over one minute, before and after. */
  readonly load: readonly [number, number];
  readonly seconds: number;
  readonly starts: readonly { readonly name: string; readonly spread: Spread }[];
  readonly texts: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly load: number;
    readonly results: Readonly<Record<string, Result>>;
  }[];
  readonly alone: readonly Alone[];
  readonly estimates: readonly EstimateTimes[];
  readonly nextBuild: readonly NextBuildTimes[];
  readonly context: ContextTimes;
}

export interface Goal {
  readonly text: string;
  readonly figure: string;
  readonly met: boolean | null;
}

/** Columns of `results`. */
export const columns = {
  hints: 'our hints',
  hover: 'our hover',
  peer: 'peer’s hover',
} as const;

const thousand = '1,000 realistic lines';
const tenThousand = '10,000 realistic lines';

/** A byte of the long text may take this many times what a byte of the short one takes. */
const linear = 1.5;

/** What estimates, and what predictions may add to the analysis. */
const mostAddedMs = 5;

/** What is to be reached; `met` is null where it was not measured. */
export function goalsOf({ starts, texts, alone, estimates, nextBuild }: Measured): readonly Goal[] {
  const editOf = (name: string, column: keyof typeof columns) =>
    texts.find((text) => text.name === name)?.results[column]?.edit?.p50 ?? null;
  const aloneOf = (name: string) => alone.find((text) => text.name === name) ?? null;
  const ratio = (of: number | null | undefined, to: number | null | undefined) =>
    of && to ? of / to : null;
  const edit = ratio(editOf(thousand, 'peer'), editOf(thousand, 'hints'));
  const longer = ratio(aloneOf(tenThousand)?.bytes, aloneOf(thousand)?.bytes);
  const perByte = (of: number | null | undefined, to: number | null | undefined) =>
    ratio(ratio(of, to), longer);
  const growth = {
    'edit to hints': perByte(editOf(tenThousand, 'hints'), editOf(thousand, 'hints')),
    parser: perByte(aloneOf(tenThousand)?.parseMs, aloneOf(thousand)?.parseMs),
    'text to hints': perByte(aloneOf(tenThousand)?.analysisMs, aloneOf(thousand)?.analysisMs),
  };
  const grown = Object.values(growth);
  const slowest = alone
    .filter(({ name }) => name.endsWith('realistic lines'))
    .map(({ astMs, parseMs }) => ratio(astMs, parseMs))
    .reduce((least, value) => (least === null || value === null ? null : Math.min(least, value)));
  const edits = estimates.filter(({ name }) => name.startsWith('an edit'));
  const added = edits.reduce<number | null>(
    (most, { withMs, withoutMs }) => Math.max(most ?? 0, withMs - withoutMs),
    null,
  );
  const predicted = nextBuild
    .filter(({ name }) => name.startsWith('an edit'))
    .reduce<number | null>(
      (most, { keysMs, predictionsMs }) => Math.max(most ?? 0, keysMs + predictionsMs),
      null,
    );
  const ours = starts[0]?.spread.p50;
  const fastestPeer = Math.min(...starts.slice(1).map(({ spread }) => spread.p50));
  return [
    {
      text: 'Edit to hints at 1,000 lines takes at most a tenth of the peer’s edit to hover',
      figure: edit === null ? '–' : `1/${digits(edit)}`,
      met: edit === null ? null : edit >= 10,
    },
    {
      text: `Growth is linear: a byte of 10,000 lines takes at most ${linear} times what a byte of 1,000 lines takes`,
      figure: Object.entries(growth)
        .map(([name, value]) => `${name} ${digits(value)}×`)
        .join(', '),
      met: grown.some((value) => value === null)
        ? null
        : grown.every((value) => (value ?? 0) <= linear),
    },
    {
      text: 'Parser alone has ten times the throughput of `dockerfile-ast`, on each realistic text',
      figure: slowest === null ? '–' : `${digits(slowest)}× and more`,
      met: slowest === null ? null : slowest >= 10,
    },
    {
      text: 'Start to ready is no slower than the peer, as installed and bundled',
      figure: `${digits(ours)} ms against ${digits(fastestPeer)} ms`,
      met: ours === undefined ? null : ours <= fastestPeer,
    },
    {
      text: `Estimates add at most ${mostAddedMs} ms to an edit of 1,000 realistic lines, once the data is loaded`,
      figure: `${digits(added)} ms`,
      met: added === null ? null : added <= mostAddedMs,
    },
    {
      text: `Predictions add at most ${mostAddedMs} ms to an edit of 1,000 realistic lines that have a record`,
      figure: `${digits(predicted)} ms`,
      met: predicted === null ? null : predicted <= mostAddedMs,
    },
  ];
}

/** The whole report. Times are wall times in milliseconds unless they say otherwise. */
export function report(measured: Measured): string {
  const { date, command, machine, load, seconds, starts, texts, alone, estimates } = measured;
  return [
    `# Speed, ${date}`,
    '',
    `\`${command}\` in ${digits(seconds)} s on ${machine}; load ${digits(load[0])} before, ${digits(load[1])} after.`,
    'The peer is `dockerfile-language-server-nodejs` over stdio; ours is the release bundle over stdio.',
    'All servers type in turn, edit by edit. An answer counts when it shows the edit; before that, each server was asked for an edit that it was not told, and its answer was found stale.',
    '',
    '## Goals',
    '',
    ...markdownTable(
      ['Goal', 'Measured', ''],
      goalsOf(measured).map(({ text, figure, met }) => [text, figure, verdict(met)]),
    ),
    '## Start to ready',
    '',
    ...markdownTable(
      ['Server', 'p50 ms', 'p95 ms', 'Starts', 'Ratio to ours'],
      starts.map(({ name, spread }) => [
        name,
        digits(spread.p50),
        digits(spread.p95),
        String(spread.n),
        times(spread.p50, starts[0]?.spread.p50),
      ]),
    ),
    '## Open and edit',
    '',
    'CPU time is that of the server for one edit, diagnostics included; memory after the last edit, and its peak.',
    '',
    ...markdownTable(
      [
        'Text',
        'Answer',
        'Open p50',
        'Edit p50',
        'Edit p95',
        'Edits',
        'Stale',
        'CPU/edit',
        'MB',
        'Peak MB',
        'Peer/ours p50',
        'p95',
        'CPU',
      ],
      texts.flatMap(({ name, bytes, results }) =>
        Object.entries(columns).map(([key, answer]) => {
          const result = results[key];
          const peer = key === 'peer' ? null : results.peer;
          return [
            key === 'hints' ? `${name} (${digits(bytes / 1000)} kB)` : '',
            answer,
            digits(result?.openMs),
            digits(result?.edit?.p50),
            digits(result?.edit?.p95),
            String(result?.edit?.n ?? 0),
            String(result?.stale ?? 0),
            digits(result?.cpuPerEditMs),
            digits(result?.usage?.rssMB),
            digits(result?.usage?.peakMB),
            times(peer?.edit?.p50, result?.edit?.p50),
            times(peer?.edit?.p95, result?.edit?.p95),
            times(peer?.cpuPerEditMs, result?.cpuPerEditMs),
          ];
        }),
      ),
    ),
    ...notesOf(measured),
    '## Alone, without protocol',
    '',
    'Parser beside `DockerfileParser.parse` of `dockerfile-ast`, and all from text to the hints of what an editor shows.',
    '',
    ...markdownTable(
      [
        'Text',
        'parse ms',
        'parse MB/s',
        'dockerfile-ast ms',
        'dockerfile-ast MB/s',
        'Ratio',
        'Text to hints ms',
      ],
      alone.map(({ name, bytes, parseMs, astMs, analysisMs }) => [
        name,
        digits(parseMs),
        digits(bytes / parseMs / 1000),
        digits(astMs),
        digits(astMs === null ? null : bytes / astMs / 1000),
        times(astMs, parseMs),
        digits(analysisMs),
      ]),
    ),
    '## Estimates',
    '',
    'Text to analysis of 1,000 realistic lines, and the sums of all its stages without and with estimates of RUN lines, the data loaded.',
    '',
    ...markdownTable(
      ['Text', 'RUN lines', 'Text to analysis ms', 'Sums without ms', 'Sums with ms', 'Added ms'],
      estimates.map(({ name, runs, modelMs, withoutMs, withMs }) => [
        name,
        String(runs),
        digits(modelMs),
        digits(withoutMs),
        digits(withMs),
        digits(withMs - withoutMs),
      ]),
    ),
    ...nextBuildSection(measured.nextBuild),
    ...contextSection(measured.context),
  ].join('\n');
}

function nextBuildSection(all: readonly NextBuildTimes[]): readonly string[] {
  return [
    '## Next build',
    '',
    'What cache keys and predictions add to 1,000 realistic lines, with a record and all files read.',
    '',
    ...markdownTable(
      ['Text', 'Steps', 'Text to plan ms', 'Keys ms', 'Predictions ms', 'Added ms'],
      all.map(({ name, steps, modelMs, keysMs, predictionsMs }) => [
        name,
        String(steps),
        digits(modelMs),
        digits(keysMs),
        digits(predictionsMs),
        digits(keysMs + predictionsMs),
      ]),
    ),
  ];
}

/** Why figures are missing, for those that are. */
function notesOf({ texts, alone }: Measured): readonly string[] {
  const results = texts.flatMap((text) => Object.values(text.results));
  const withoutPeer = texts.filter((text) => !text.results.peer).map(({ name }) => name);
  const withoutAst = alone.filter(({ astMs }) => astMs === null).map(({ name }) => name);
  const fewer = texts.some(
    ({ results }) => (results.peer?.edit?.n ?? 0) < (results.hints?.edit?.n ?? 0),
  );
  const notes = [
    withoutPeer.length > 0 &&
      `The peer was not asked with ${withoutPeer.join(', ')}: it takes minutes, which \`--quick\` has not.`,
    fewer &&
      'A server that has used up its time on a text makes no further edits there, so that the whole run ends.',
    results.some(({ usage }) => usage === null) &&
      'CPU time and memory of a process are only read on Linux.',
    withoutAst.length > 0 &&
      `\`dockerfile-ast\` was not asked with ${withoutAst.join(', ')}: it takes many seconds, which \`--quick\` has not.`,
  ].filter((note) => note !== false);
  return notes.flatMap((note) => [`- ${note}`]).concat(notes.length > 0 ? [''] : []);
}

function verdict(met: boolean | null): string {
  if (met === null) return 'not measured';
  return met ? 'met' : '**not met**';
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''];
}

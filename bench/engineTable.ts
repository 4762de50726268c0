/** The section on engines of the benchmark's report. */

import { type BesideEngine, engineKinds } from './engines.ts';
import { digits, times } from './figures.ts';
import type { FirstHint } from './firstHint.ts';

/** Markdown; ratios are to the server without an engine, in the same run. */
export function engineSection(beside: readonly BesideEngine[], first: FirstHint | null): string[] {
  const none = beside.find(({ kind }) => kind === 'none');
  return [
    '## Edits beside an engine',
    '',
    'An edit of 1,000 realistic lines to its answer; each engine beside none, all typing in turn. CPU time is that of the server for one edit with its hints, whatever else the machine does.',
    '',
    '| Engine | Hints p50 ms | p95 ms | To none p50 | p95 | Hover p50 ms | p95 ms | To none p50 | p95 | CPU/edit ms | To none | Stale | MB | Peak MB |',
    `|${' --- |'.repeat(14)}`,
    ...beside.map(({ kind, hints, hover }) => {
      const pair = (one: typeof hints, to: typeof hints | undefined) => [
        digits(one.edit?.p50),
        digits(one.edit?.p95),
        times(one.edit?.p50, to?.edit?.p50),
        times(one.edit?.p95, to?.edit?.p95),
      ];
      const cells = [
        engineKinds[kind],
        ...pair(hints, none?.hints),
        ...pair(hover, none?.hover),
        digits(hints.cpuPerEditMs),
        times(hints.cpuPerEditMs, none?.hints.cpuPerEditMs),
        String(hints.stale + hover.stale),
        digits(hints.usage?.rssMB),
        digits(hints.usage?.peakMB),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
    '',
    '## The first measured hint',
    '',
    ...firstHint(first),
    '',
  ];
}

function firstHint(first: FirstHint | null): readonly string[] {
  if (!first) return ['No engine answers on this machine, so that nothing was measured.'];
  const { images, made, measuredMs, plainMs, withEngine, without } = first;
  return [
    `${digits(images)} images in the engine of this machine, ${digits(made)} of them made for this. From opening a Dockerfile to the hint, over stdio.`,
    '',
    '| | p50 ms | p95 ms | Times | MB | Peak MB |',
    '| --- | --- | --- | --- | --- | --- |',
    `| first hint with a measured figure | ${digits(measuredMs.p50)} | ${digits(measuredMs.p95)} | ${measuredMs.n} | ${digits(withEngine.rssMB)} | ${digits(withEngine.peakMB)} |`,
    `| first hint of any kind, no engine | ${digits(plainMs.p50)} | ${digits(plainMs.p95)} | ${plainMs.n} | ${digits(without.rssMB)} | ${digits(without.peakMB)} |`,
  ];
}

/** The section on build contexts of the benchmark's report. */

import type { ContextTimes } from './contexts.ts';
import { digits, times } from './figures.ts';

/** Markdown; the last column is the time beside that of `git status` in the same run. */
export function contextSection({ files, bytes, times: all, heapBytes }: ContextTimes): string[] {
  const status = all.find(({ name }) => name.startsWith('`git status`'))?.ms.p50;
  return [
    `## A build context of ${digits(files)} files`,
    '',
    `${digits(bytes / 1e6)} MB in folders of a hundred files, under git. What is kept of them takes ${digits(heapBytes / 1e6)} MB of memory.`,
    'The longest pause is how long at most nothing else could be answered meanwhile.',
    '',
    '| What | p50 ms | p95 ms | Times | Longest pause ms | Beside `git status` |',
    '| --- | --- | --- | --- | --- | --- |',
    ...all.map(
      ({ name, ms, pauseMs }) =>
        `| ${name} | ${digits(ms.p50)} | ${digits(ms.p95)} | ${ms.n} | ${digits(pauseMs)} | ${times(ms.p50, status)} |`,
    ),
    '',
  ];
}

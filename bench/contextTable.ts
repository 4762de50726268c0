/** The section on build contexts of the benchmark's report. */

import type { ContextTimes } from './contexts.ts';
import { digits, times } from './figures.ts';

/** Markdown; the last column is the time beside that of `git status` in the same run. */
export function contextSection({
  files,
  bytes,
  times: all,
  heapBytes,
  server,
}: ContextTimes): string[] {
  const status = all.find(({ name }) => name.startsWith('`git status`'))?.ms.p50;
  return [
    `## A build context of ${digits(files)} files`,
    '',
    `${digits(bytes / 1e6)} MB in folders of a hundred files, under git. What is kept of them takes ${digits(heapBytes / 1e6)} MB of memory.`,
    'The longest pause is how long at most nothing else could be answered meanwhile. The last column is the median beside that of `git status`, which looks at the same files in the same run: 1× took as long, less is quicker.',
    '',
    '| What | p50 ms | p95 ms | Times | Longest pause ms | Beside `git status` |',
    '| --- | --- | --- | --- | --- | --- |',
    ...all.map(
      ({ name, ms, pauseMs }) =>
        `| ${name} | ${digits(ms.p50)} | ${digits(ms.p95)} | ${ms.n} | ${digits(pauseMs)} | ${times(ms.p50, status)} |`,
    ),
    '',
    'The same files in a language server over stdio, for a Dockerfile with a record of its build:',
    '',
    '| What | p50 ms | p95 ms | Times |',
    '| --- | --- | --- | --- |',
    `| opening the Dockerfile to the first word on the next build: all files looked at, whose bytes the record knows | ${digits(server.firstMs)} | ${digits(server.firstMs)} | 1 |`,
    `| a question for hints meanwhile | ${digits(server.meanwhile.p50)} | ${digits(server.meanwhile.p95)} | ${server.meanwhile.n} |`,
    `| saving a file to the changed hint; 50 ms of that wait for more files to be saved | ${digits(server.saved.p50)} | ${digits(server.saved.p95)} | ${server.saved.n} |`,
    '',
  ];
}

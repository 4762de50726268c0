/**
 * Parser and analysis alone, without protocol: our `parse` beside `dockerfile-ast`, and the way from
 * text to hints. Bundled and run in a process of its own; writes JSON to standard output.
 */

import { DockerfileParser } from 'dockerfile-ast';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { createAnalyzer } from '../server/src/analysis.ts';
import { inlayHints } from '../server/src/features/inlayHints.ts';
import { nodeDecompressors } from '../server/src/host/decompress.ts';
import { buildPlatform } from '../server/src/host/machine.ts';
import { nodeFileSystem } from '../server/src/host/nodeFileSystem.ts';
import { readSettings } from '../server/src/settings.ts';
import { parse } from '../server/src/syntax/parser.ts';
import { percentile } from './figures.ts';
import { type BenchText, continuation, realistic, singleRun } from './texts.ts';

/** Milliseconds, medians. */
export interface Alone {
  readonly name: string;
  readonly bytes: number;
  readonly parseMs: number;
  /** Null where it was left out. */
  readonly astMs: number | null;
  /** Text to hints of what an editor shows: parse, instructions, plan, hints. */
  readonly analysisMs: number;
}

/** What one text may take for all its repetitions. */
const budgetMs = Number(process.argv[2] ?? 2000);

const texts = [
  realistic(100),
  realistic(1000),
  realistic(10_000),
  singleRun(5e6),
  continuation(10_000),
];
const analyzer = createAnalyzer(
  { files: nodeFileSystem, decompressors: nodeDecompressors, buildPlatform },
  () => {},
);
let version = 0;

process.stdout.write(JSON.stringify(texts.map(measure)));

function measure(text: BenchText): Alone {
  // The reference takes some ten seconds for this one.
  const skipsAst = text.bytes > 2e6 && budgetMs < 2000;
  const jobs = [
    () => void parse(text.text),
    () => analyze(text),
    ...(skipsAst ? [] : [() => void DockerfileParser.parse(text.text)]),
  ];
  const [parseMs, analysisMs, astMs] = interleaved(jobs).map((walls) => percentile(walls, 0.5));
  return {
    name: text.name,
    bytes: text.bytes,
    parseMs: parseMs ?? 0,
    astMs: astMs ?? null,
    analysisMs: analysisMs ?? 0,
  };
}

/** Runs the jobs in turn until the budget is spent; the first half warms up and is not counted. */
function interleaved(jobs: readonly (() => void)[]): number[][] {
  const walls: number[][] = jobs.map(() => []);
  const started = performance.now();
  let warm = false;
  do {
    if (!warm && performance.now() - started > budgetMs / 2) {
      warm = true;
      for (const list of walls) list.length = 0;
    }
    for (const [index, job] of jobs.entries()) {
      const begun = performance.now();
      job();
      walls[index]?.push(performance.now() - begun);
    }
  } while (performance.now() - started < budgetMs);
  return walls;
}

function analyze({ text, line, lines }: BenchText): void {
  version += 1;
  const document = TextDocument.create('file:///bench/Dockerfile', 'dockerfile', version, text);
  const settings = readSettings({});
  // A text that is known already would not be read again.
  analyzer.close(document.uri);
  const analysis = analyzer.analysis({
    key: document.uri,
    path: null,
    folder: null,
    within: null,
    text,
    version,
    settings,
  });
  const range = {
    start: { line: Math.max(0, line - 30), character: 0 },
    end: { line: Math.min(lines, line + 30), character: 0 },
  };
  const found = inlayHints(analysis, document, range, null);
  if (found.length === 0) throw new Error('there are no hints');
}

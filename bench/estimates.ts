/**
 * What estimates add to the analysis of a Dockerfile once its data is loaded: the sums of all stages
 * with and without them, after edits in several places and of a text that was never seen. Bundled and
 * run in a process of its own with the folder of the data; writes JSON to standard output.
 */

import { type Analysis, createAnalyzer } from '../server/src/analysis.ts';
import { baseImages } from '../server/src/host/baseImages.ts';
import { openData } from '../server/src/host/dataFiles.ts';
import { nodeDecompressors } from '../server/src/host/decompress.ts';
import { nodeFileSystem } from '../server/src/host/nodeFileSystem.ts';
import { openPackageData } from '../server/src/host/packageData.ts';
import { readSettings } from '../server/src/settings.ts';
import { computed } from '../server/src/size/size.ts';
import { totals } from '../server/src/size/totals.ts';
import { percentile } from './figures.ts';
import { realistic } from './texts.ts';

/** Milliseconds, medians. */
export interface EstimateTimes {
  readonly name: string;
  /** Text to analysis, without sums. */
  readonly modelMs: number;
  /** Sums of all stages, with RUN lines and what is copied from stages left out. */
  readonly withoutMs: number;
  readonly withMs: number;
  /** RUN lines in the text. */
  readonly runs: number;
}

const [folder = 'server/data', rounds = '40'] = process.argv.slice(2);
const linux = { os: 'linux', arch: 'amd64', variant: '' };
const data = openData([folder]);
const analyzer = createAnalyzer(
  {
    files: nodeFileSystem,
    decompressors: nodeDecompressors,
    buildPlatform: linux,
    base: baseImages(data),
    packages: openPackageData(data, () => '').packages,
  },
  () => {},
);
const settings = readSettings({});
const key = 'file:///bench/Dockerfile';
const { text } = realistic(1000);
const lines = text.split('\n');
const middle = lines.findIndex((line, at) => at > lines.length / 2 && line.startsWith('RUN '));
const top = lines.findIndex((line) => line.startsWith('RUN '));

/** Texts by a number that makes each another one. */
const edits: readonly (readonly [string, (count: number) => string])[] = [
  ['an edit of the last line', (count) => `${text}\nRUN echo ${count}\n`],
  ['an edit in the middle', (count) => withLine(middle, `RUN echo ${count}`)],
  ['an edit of the first RUN', (count) => withLine(top, `RUN echo ${count}`)],
  [
    'a text that was never seen',
    (count) => text.replace(/^(FROM .*)$/gm, `$1\nENV BENCH_ROUND=${count}`),
  ],
];
let version = 0;

void main();

async function main(): Promise<void> {
  // Every index that the lines need is asked for by the lines before it.
  for (let round = 0; round < 8; round += 1) {
    sumsWith(analysisOf(text));
    await analyzer.settled(key);
  }
  const found = edits.map(([name, edited]) => measure(name, edited));
  process.stdout.write(JSON.stringify(found), () => process.exit());
}

function measure(name: string, edited: (count: number) => string): EstimateTimes {
  const walls = { model: [] as number[], without: [] as number[], with: [] as number[] };
  const count = Number(rounds);
  let runs = 0;
  for (let round = 0; round < 2 * count; round += 1) {
    const isWith = round % 2 === 0;
    const started = performance.now();
    const analysis = analysisOf(edited(version));
    const modelled = performance.now();
    if (isWith) sumsWith(analysis);
    else sumsWithout(analysis);
    const ended = performance.now();
    // Without estimates nothing is remembered, so the next round has the same start.
    if (!isWith) sumsWith(analysis);
    if (round < count / 2) continue;
    walls.model.push(modelled - started);
    walls[isWith ? 'with' : 'without'].push(ended - modelled);
    runs = analysis.plan.stages.reduce(
      (sum, { steps }) => sum + steps.filter(({ run }) => run).length,
      0,
    );
  }
  return {
    name,
    modelMs: percentile(walls.model, 0.5) ?? 0,
    withoutMs: percentile(walls.without, 0.5) ?? 0,
    withMs: percentile(walls.with, 0.5) ?? 0,
    runs,
  };
}

function withLine(at: number, line: string): string {
  return [...lines.slice(0, at), line, ...lines.slice(at)].join('\n');
}

function analysisOf(edited: string): Analysis {
  version += 1;
  const place = { path: null, folder: null, within: null };
  return analyzer.analysis({ key, ...place, text: edited, version, settings });
}

function sumsWith({ plan, totals: sums }: Analysis): void {
  for (const { index, needed } of plan.stages) if (needed) sums.of(index);
}

const left = computed(0, 'It is left out.');

function sumsWithout({ plan, sizes }: Analysis): void {
  const sums = totals(plan, {
    ...sizes,
    get: (step) => (step.run || step.copy?.origin.kind === 'stage' ? left : sizes.get(step)),
  });
  for (const { index, needed } of plan.stages) if (needed) sums.of(index);
}

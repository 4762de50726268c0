/**
 * What predictions of the next build add to the analysis of a Dockerfile that has a record: keys of
 * all steps and what follows from them, after edits in several places and of a text that was never
 * seen. Bundled and run in a process of its own; writes JSON to standard output.
 */

import { cacheReading } from '../server/src/analysis/cacheFacts.ts';
import type { ContextReading } from '../server/src/analysis/contextFacts.ts';
import { createModelMemory, planOf } from '../server/src/analysis/model.ts';
import type { BuildRecord } from '../server/src/cache/buildRecord.ts';
import { createKeyMemory } from '../server/src/cache/keyMemory.ts';
import { recordOf } from '../server/src/cache/recordOf.ts';
import { entryDigests } from '../server/src/context/contentDigests.ts';
import type { ContentFacts, ContentNode } from '../server/src/context/contentFacts.ts';
import type { Fact } from '../server/src/context/fact.ts';
import { nodeDigests } from '../server/src/host/contentDigest.ts';
import { readSettings } from '../server/src/settings.ts';
import { percentile } from './figures.ts';
import { realistic } from './texts.ts';

/** Milliseconds, medians. */
export interface NextBuildTimes {
  readonly name: string;
  /** Text to plan. */
  readonly modelMs: number;
  readonly keysMs: number;
  readonly predictionsMs: number;
  /** Steps that have keys. */
  readonly steps: number;
}

const [rounds = '40'] = process.argv.slice(2);
const linux = { os: 'linux', arch: 'amd64', variant: '' };
const settings = readSettings({});
const digests = nodeDigests;

/** Every path is a file in this context; equal questions have one answer, as when it was read. */
const facts = new Map<string, Fact<ContentFacts>>();
function factOf(sources: readonly string[]): Fact<ContentFacts> {
  const key = sources.join('\n');
  const known = facts.get(key) ?? { state: 'known', value: factsOf(sources) };
  facts.set(key, known);
  return known;
}

function factsOf(sources: readonly string[]): ContentFacts {
  const found = sources.map((source) => {
    const name = source.split('/').at(-1) || 'folder';
    const content = digests.text(source);
    const digest = entryDigests(digests.text).file(0o644, content);
    const node: ContentNode = {
      kind: 'file',
      path: source,
      mode: 0o644,
      bytes: 1,
      mtimeNs: '1',
      ctimeNs: '1',
      content,
      digest,
      children: new Map(),
    };
    return { source, digest, matches: [{ name, node }] };
  });
  return { kind: 'known', sources: found, unnoticed: [], fails: null };
}

const context: ContextReading = {
  state: { path: null, reason: '', chosen: 'none' } as unknown as ContextReading['state'],
  context: null,
  copies: new Map(),
  content: ({ copy }) => factOf(copy?.sources ?? []),
  mountContent: ({ run }, index) => factOf([run?.mounts[index]?.source ?? '']),
  ignore: null,
  pending: false,
};

const { text } = realistic(1000);
const lines = text.split('\n');
const middle = lines.findIndex((line, at) => at > lines.length / 2 && line.startsWith('RUN '));
const top = lines.findIndex((line) => line.startsWith('RUN '));
const withLine = (at: number, line: string) =>
  [...lines.slice(0, at), line, ...lines.slice(at)].join('\n');

/** Texts by a number that makes each another one. */
const edits: readonly (readonly [string, (count: number) => string])[] = [
  ['an edit of the last line', (count) => `${text}\nRUN make ${count}\n`],
  ['an edit in the middle', (count) => withLine(middle, `RUN make ${count}`)],
  ['an edit of the first RUN', (count) => withLine(top, `RUN make ${count}`)],
  [
    'a text that was never seen',
    (count) => text.replace(/^(FROM .*)$/gm, `$1\nENV BENCH_ROUND=${count}`),
  ],
];

const model = createModelMemory();
const memory = createKeyMemory(digests.text, entryDigests);
const records: readonly BuildRecord[] = [recorded()];
let count = 0;
const found = edits.map(([name, edited]) => measure(name, edited));
process.stdout.write(JSON.stringify(found), () => process.exit());

function recorded(): BuildRecord {
  const { keyed } = cacheReading(
    planOf(model, { text, settings }, linux),
    context,
    [],
    { digests },
    memory,
  );
  return recordOf(keyed, {
    dockerfile: '/bench/Dockerfile',
    context: null,
    at: new Date(0).toISOString(),
    source: 'build',
    builder: null,
    complete: true,
    earlier: [],
  });
}

function measure(name: string, edited: (count: number) => string): NextBuildTimes {
  const walls = { model: [] as number[], keys: [] as number[], predictions: [] as number[] };
  let steps = 0;
  for (let round = 0; round < 1.5 * Number(rounds); round += 1) {
    count += 1;
    const now = edited(count);
    const started = performance.now();
    const plan = planOf(model, { text: now, settings }, linux);
    const modelled = performance.now();
    const reading = cacheReading(plan, context, records, { digests }, memory);
    steps = reading.keyed.steps.filter(({ key }) => key).length;
    const keyed = performance.now();
    reading.predictions.again.steps;
    const ended = performance.now();
    if (round < Number(rounds) / 2) continue;
    walls.model.push(modelled - started);
    walls.keys.push(keyed - modelled);
    walls.predictions.push(ended - keyed);
  }
  return {
    name,
    modelMs: percentile(walls.model, 0.5) ?? 0,
    keysMs: percentile(walls.keys, 0.5) ?? 0,
    predictionsMs: percentile(walls.predictions, 0.5) ?? 0,
    steps,
  };
}

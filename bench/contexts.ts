/**
 * A build context of 100,000 files: the first look, another one after a change, and how soon the new
 * digest of `COPY . /app` is there after a file was saved, beside `git status` on the same files in
 * the same process. Bundled and run in a process of its own with an empty folder; writes JSON to
 * standard output.
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { contextIdentity } from '../server/src/analysis/cacheFacts.ts';
import { ContextFacts } from '../server/src/analysis/contextFacts.ts';
import { keyedPlan } from '../server/src/cache/keyedPlan.ts';
import { recordOf } from '../server/src/cache/recordOf.ts';
import { openContext } from '../server/src/context/buildContext.ts';
import { nodeDigests } from '../server/src/host/contentDigest.ts';
import { nodeDecompressors } from '../server/src/host/decompress.ts';

import { nodeFileSystem } from '../server/src/host/nodeFileSystem.ts';
import { cacheFolder } from '../server/src/host/packageStore.ts';
import { openRecordStore, recordsFolder } from '../server/src/host/recordStore.ts';
import { buildPlan } from '../server/src/model/buildPlan.ts';
import { readSettings } from '../server/src/settings.ts';
import { interpret } from '../server/src/syntax/instructions.ts';
import { parse } from '../server/src/syntax/parser.ts';
import { type Spread, spread } from './figures.ts';
import { measureSavedHint, type SavedHint } from './savedHint.ts';

/** Milliseconds, and the longest time that nothing else could be done, in milliseconds. */
export interface ContextTime {
  readonly name: string;
  readonly ms: Spread;
  readonly pauseMs: number | null;
}

export interface ContextTimes {
  readonly files: number;
  readonly bytes: number;
  readonly times: readonly ContextTime[];
  /** What is kept for all files, in bytes of the heap. */
  readonly heapBytes: number;
  /** In a language server over stdio. */
  readonly server: SavedHint;
}

const gitWalls: number[] = [];
let edits = 0;
const [root = '', serverPath = '', count = '100000', rounds = '15'] = process.argv.slice(2);
const perFolder = 100;
const linux = { os: 'linux', arch: 'amd64', variant: '' };
const text = 'FROM scratch\nCOPY . /app\n';
const plan = buildPlan(interpret(parse(text)), { platform: linux, buildPlatform: linux });
const copy = plan.stages[0]?.steps[0]?.copy;

void main();

async function main(): Promise<void> {
  if (!copy) throw new Error('there is no COPY');
  const bytes = makeTree();
  writeFileSync(join(root, '.dockerignore'), '.git\n');
  const git = (...args: string[]) => {
    // No gc behind our back, which would change the folder while it is measured and removed.
    const settings = [
      'user.name=bench',
      'user.email=bench@example.com',
      'gc.auto=0',
      'maintenance.auto=false',
    ];
    const options = settings.flatMap((setting) => ['-c', setting]);
    return execFileSync('git', [...options, ...args], { cwd: root, stdio: 'pipe' });
  };
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'all');

  const times: ContextTime[] = [];
  const measure = async (
    name: string,
    runs: number,
    run: (round: number) => Promise<number>,
    after: () => Promise<void> = async () => {},
  ) => {
    const walls: number[] = [];
    let pauseMs = 0;
    for (let round = 0; round < runs; round += 1) {
      // A new one each time, as one that goes on counts the time in between.
      const delays = monitorEventLoopDelay({ resolution: 1 });
      delays.enable();
      walls.push(await run(round));
      delays.disable();
      pauseMs = Math.max(pauseMs, delays.max / 1e6);
      await after();
    }
    const found = spread(walls);
    if (found) times.push({ name, ms: found, pauseMs });
  };
  const timed = async (run: () => Promise<unknown>) => {
    const started = performance.now();
    await run();
    return performance.now() - started;
  };

  const heapBefore = heap();
  const ports = { decompressors: nodeDecompressors, digests: nodeDigests };
  const context = openContext(nodeFileSystem, root, ports);
  await measure('first sizes: names, lengths and times of all files', 1, () =>
    timed(() => context.copy(copy)),
  );
  await measure('first digests: all bytes of all files', 1, () =>
    timed(() => context.content(copy, null)),
  );
  const heapBytes = heap() - heapBefore;

  const digestNow = async () => {
    const facts = await context.content(copy, null);
    if (facts.kind === 'unknown') throw new Error(facts.reason);
    return facts.sources[0]?.digest;
  };
  let known = await digestNow();
  const changed = async () => {
    const now = await digestNow();
    if (now === known) throw new Error('the change was not seen');
    known = now;
  };
  await measure(
    'one file changed, named by the file watcher: digest of COPY . /app',
    Number(rounds),
    async (round) => {
      const path = edit(round);
      return timed(async () => {
        context.invalidate(path);
        await changed();
      });
    },
  );
  await measure(
    'one file changed, named by nobody: all files looked at, digest of COPY . /app',
    Number(rounds),
    async (round) => {
      edit(round);
      return timed(async () => {
        await context.revalidate();
        await changed();
      });
    },
    // In turn, so that both have the same machine.
    async () => void gitWalls.push(await timed(async () => git('status', '--porcelain'))),
  );
  const status = spread(gitWalls);
  if (status)
    times.push({
      name: '`git status` of the same files, with one changed',
      ms: status,
      pauseMs: null,
    });

  await measureSave(measure);
  const server = await measureServer();
  const found: ContextTimes = { files: Number(count), bytes, times, heapBytes, server };
  process.stdout.write(JSON.stringify(found), () => process.exit());
}

/** Through the facts of a document, as an editor has them: sizes are made again, too. */
async function measureSave(
  measure: (name: string, runs: number, run: (round: number) => Promise<number>) => Promise<void>,
): Promise<void> {
  const path = join(root, 'Dockerfile');
  writeFileSync(path, text);
  const settings = readSettings({});
  const subject = { key: path, path, folder: root, within: null, text, version: 1, settings };
  const step = plan.stages[0]?.steps[0];
  if (!step) return;
  let wake = () => {};
  const facts = new ContextFacts(
    { files: nodeFileSystem, decompressors: nodeDecompressors, digests: nodeDigests },
    () => wake(),
  );
  const digest = () => {
    const fact = facts.read(subject, plan, false).content(step);
    return fact.state === 'known' && fact.value.kind === 'known'
      ? (fact.value.sources[0]?.digest ?? '')
      : '';
  };
  digest();
  await facts.settled();
  while (digest() === '') await facts.settled();
  await measure(
    'a file saved in an editor: message of the file watcher to the changed fact',
    Number(rounds),
    async (round) => {
      const before = digest();
      const file = edit(round);
      const started = performance.now();
      facts.filesChanged([file]);
      while (digest() === before) await new Promise<void>((resolve) => (wake = resolve));
      const ms = performance.now() - started;
      await facts.settled();
      return ms;
    },
  );
  facts.stop();
}

/** The context as it is now counts as built. */
async function measureServer(): Promise<SavedHint> {
  const dockerfile = join(root, 'Dockerfile');
  const own = `${root}-cache`;
  const ports = { digests: nodeDigests, decompressors: nodeDecompressors };
  const context = openContext(nodeFileSystem, root, { dockerfile, ...ports });
  const value = copy && (await context.content(copy, null));
  if (!value) throw new Error('there is no COPY');
  const keyed = keyedPlan(plan, {
    hash: nodeDigests.text,
    content: () => ({ state: 'known', value }),
    mountContent: () => ({ state: 'unavailable', reason: '' }),
    stageContent: () => ({ unknown: '', pending: false }),
    mergesLayers: null,
  });
  const records = openRecordStore();
  const env = { XDG_CACHE_HOME: own, DOCKER_HOST: `unix://${own}/nobody` };
  records.useFolder(recordsFolder(cacheFolder(env)));
  await records.add(
    recordOf(keyed, {
      dockerfile,
      context: contextIdentity(nodeDigests.text, root),
      at: new Date().toISOString(),
      source: 'build',
      builder: null,
      complete: true,
      earlier: [],
    }),
  );
  const some = Array.from({ length: Number(rounds) }, (_, at) => fileOf(at * 6007));
  const candidate = { name: 'ours', args: [serverPath, '--stdio'], env };
  return measureSavedHint(candidate, root, some);
}

/** Changes one file, another one each time, and gives its path. */
function edit(round: number): string {
  const path = fileOf((round * 7919) % Number(count));
  edits += 1;
  writeFileSync(path, `export const edited = ${edits};\n`);
  return path;
}

/** Folders of a hundred files, in folders of ten. */
function fileOf(index: number): string {
  const folder = Math.floor(index / perFolder);
  const above = `a${folder % 10}/b${Math.floor(folder / 10) % 10}`;
  return join(root, above, `c${folder}`, `file${index % perFolder}.ts`);
}

/** Files of one to forty lines with contents of their own; their bytes in all. */
function makeTree(): number {
  let bytes = 0;
  for (let index = 0; index < Number(count); index += 1) {
    const path = fileOf(index);
    if (index % perFolder === 0) mkdirSync(join(path, '..'), { recursive: true });
    const line = `export const value = '${createHash('md5').update(String(index)).digest('hex')}';\n`;
    const content = line.repeat(1 + (index % 40));
    bytes += content.length;
    writeFileSync(path, content);
  }
  return bytes;
}

function heap(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
}

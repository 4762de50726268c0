/**
 * Dockerfiles as people write them, each built for real: what the report said of every line before
 * the build beside the bytes that the line's layer has after it.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { SizeReport, StackReport, StageReport } from '../../server/src/protocol.ts';
import { directory, tar } from '../support/archives.ts';
import { cli } from '../support/cli.ts';
import { readTree, type TestFile, writeTree } from '../support/files.ts';
import { nodeImage, stageName, withStandIns } from './debianBases.ts';
import { docker, dockerOk, type HistoryRow, imageHistory, network } from './engine.ts';
import { wheel } from './wheel.ts';

/** The folder with one text for each Dockerfile and its context. */
export const fixtures = join(import.meta.dirname, '../fixtures/estimates');

/** Names of all fixtures, in the order of their files. */
export const caseNames: readonly string[] = readdirSync(fixtures)
  .map((file) => file.replace(/\.txt$/, ''))
  .sort();

interface Options {
  /** Installs the project's dependencies into the context first, as on a developer's machine. */
  readonly prepare?: 'npm' | 'yarn' | 'pnpm';
  /** Wheels below `wheels/` of the context; `bytes` of Python code each. */
  readonly wheels?: readonly { name: string; version: string; bytes: number }[];
}

/** One instruction: what was said of it and what it made. */
export interface ComparedLine {
  readonly name: string;
  /** 1-based line of the fixture's Dockerfile. */
  readonly line: number;
  readonly keyword: string;
  /** The instruction on one line, shortened. */
  readonly text: string;
  readonly size: SizeReport;
  readonly measured: number;
}

const installCommands = {
  npm: 'npm ci --ignore-scripts --no-audit --no-fund',
  yarn: 'yarn install --frozen-lockfile --ignore-scripts --silent',
  pnpm: 'pnpm install --frozen-lockfile --ignore-scripts --silent --store-dir /tmp/store',
} as const;

/** Builds one fixture stage by stage and puts every line's estimate beside its layer. */
export async function compareCase(name: string, site: string): Promise<readonly ComparedLine[]> {
  const folder = mkdtempSync(join(tmpdir(), 'layers-estimate-'));
  try {
    const context = join(folder, 'context');
    const tree = readTree(readFileSync(join(fixtures, `${name}.txt`), 'utf8'));
    const options = tree.files.find(({ path }) => path === 'options');
    writeTree(context, { ...tree, files: tree.files.filter((file) => file !== options) });
    await prepare(context, options);
    const report = await reportOf(context, site);
    const dockerfile = join(folder, 'Dockerfile');
    writeFileSync(dockerfile, withStandIns(tree.dockerfile));
    const compared: ComparedLine[] = [];
    for (const stage of report.stages) {
      if (!stage.instructions.some(({ effect }) => effect === 'layer')) continue;
      const image = `dockerfile-layers-test/estimate-${name}-${stage.index}:1`;
      const target = stage.name ?? stageName(stage.index);
      await buildImage(['--file', dockerfile, '--target', target, '--tag', image, context], site);
      const rows = await imageHistory(image);
      await docker(['image', 'rm', '--force', image]);
      compared.push(...comparedStage(name, stage, rows));
    }
    return compared;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Lines of a stage that make layers, with the rows of its image, which ends with the stage's own. */
export function comparedStage(
  name: string,
  stage: StageReport,
  rows: readonly HistoryRow[],
): readonly ComparedLine[] {
  const lines = stage.instructions.filter(({ createdBy }) => createdBy !== null);
  const own = lines.length > 0 ? rows.slice(-lines.length) : [];
  return lines.flatMap((line, index) => {
    const row = own[index];
    if (line.effect !== 'layer' || !line.size || !row) return [];
    const { range, keyword, text, size } = line;
    return [{ name, line: range.start.line + 1, keyword, text, size, measured: row.bytes }];
  });
}

async function prepare(context: string, options: TestFile | undefined): Promise<void> {
  const wanted = JSON.parse(options?.content.toString() ?? '{}') as Options;
  if (wanted.wheels) {
    writeTree(context, {
      dockerfile: readFileSync(join(context, 'Dockerfile'), 'utf8'),
      files: wanted.wheels.map(({ name, version, bytes }) => ({
        path: `wheels/${name}-${version}-py3-none-any.whl`,
        kind: 'file',
        content: wheel(name, version, bytes),
        target: '',
        mode: null,
      })),
    });
  }
  if (wanted.prepare) {
    await dockerOk(
      [
        ...['run', '--rm', '--network=host', '--volume', `${context}:/context`],
        ...['--workdir', '/context', nodeImage, 'sh', '-c', installCommands[wanted.prepare]],
      ],
      { timeoutMs: 300_000 },
    );
  }
}

async function reportOf(context: string, site: string): Promise<StackReport> {
  const { code, out, err } = await cli(
    ['report', join(context, 'Dockerfile'), '--json', '--context', context, ...siteArgument(site)],
    { cwd: context },
  );
  if (code !== 0) throw new Error(`the report ended with ${code}: ${err}`);
  return JSON.parse(out) as StackReport;
}

const siteArgument = (site: string) => ['--build-arg', `SITE=${site}`];

/** A mirror that fails for a moment fails a build; what was built stays in the cache. */
async function buildImage(args: readonly string[], site: string): Promise<void> {
  const command = ['build', '--quiet', ...network(), ...siteArgument(site), ...args];
  const { status } = await docker(command, { timeoutMs: 600_000 });
  if (status !== 0) await dockerOk(command, { timeoutMs: 600_000 });
}

/** What serves the fixtures' downloads. */
export interface Site {
  readonly address: string;
  readonly stop: () => void;
}

/** Serves on loopback what the fixtures download, until stopped. */
export async function startSite(): Promise<Site> {
  const program = Buffer.alloc(500_000, 'program');
  const files: Readonly<Record<string, Buffer>> = {
    '/tool.bin': program,
    '/package.tar.gz': gzipSync(
      tar(
        directory('package'),
        { name: 'package/a', content: 70_000 },
        { name: 'package/b', content: 1200 },
      ),
    ),
    '/install.sh': Buffer.from('mkdir -p /opt/installed\necho yes > /opt/installed/state\n'),
    '/key.gpg': Buffer.alloc(2200, 1),
  };
  const server = createServer((request, response) => {
    const content = files[request.url ?? ''];
    response.writeHead(content ? 200 : 404, { 'content-length': content?.length ?? 0 });
    response.end(request.method === 'HEAD' ? undefined : content);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, stop: () => server.close() };
}

/** Runs the jobs in order, few at a time; each result is a promise at once. */
export function pooled<T>(jobs: readonly (() => Promise<T>)[]): readonly Promise<T>[] {
  const waiting: (() => void)[] = [];
  let free = Math.max(2, Math.min(3, availableParallelism() - 1));
  const turn = async () => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const done = () => {
    const next = waiting.shift();
    if (next) next();
    else free++;
  };
  return jobs.map((job) => {
    const result = turn().then(job).finally(done);
    // Whoever waits for it sees the failure; until then it is nobody's.
    result.catch(() => {});
    return result;
  });
}

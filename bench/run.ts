/**
 * `npm run bench`: how quick the language server and the parser are, beside the server that other
 * Dockerfile extensions use. Prints a Markdown table and leaves it in `bench/results`, with a JSON
 * of the same. `-- --quick` takes about a minute and has fewer edits; the figures are rougher.
 * `-- --context` measures nothing but a build context of 100,000 files, `-- --engine` nothing but what
 * container engines do to an editor (the second part needs Docker), and both print that section.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { Alone } from './alone.ts';
import { hints, ourHover, peerHover } from './answers.ts';
import type { ContextTimes } from './contexts.ts';
import { contextSection } from './contextTable.ts';
import { type Contestant, measure } from './editing.ts';
import { measureBesideEngines } from './engines.ts';
import { engineSection } from './engineTable.ts';
import type { EstimateTimes } from './estimates.ts';
import { digits, spread } from './figures.ts';
import { measureFirstHint } from './firstHint.ts';
import { type Candidate, startServer } from './languageServer.ts';
import type { NextBuildTimes } from './nextBuild.ts';
import { goalsOf, type Measured, report } from './table.ts';
import { type BenchText, continuation, realistic, singleRun } from './texts.ts';

const quick = process.argv.includes('--quick');
const sizes = quick
  ? { starts: 5, edits: 30, budgetMs: 5000, opens: 1, aloneMs: 1500 }
  : { starts: 21, edits: 200, budgetMs: 60_000, opens: 5, aloneMs: 4000 };
/** When all editing should be done; the slowest servers then make fewer edits. */
const editingMs = 6 * 60_000;
const project = join(import.meta.dirname, '..');

const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, ${process.platform}`;

const work = mkdtempSync(join(tmpdir(), 'dockerfile-layers-bench-'));
try {
  if (process.argv.includes('--context')) await onlyContext();
  else if (process.argv.includes('--engine')) await onlyEngine();
  else await all();
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function onlyContext(): Promise<void> {
  const before = loadavg()[0] ?? 0;
  const { contextsPath, ours } = await bundles();
  const section = contextSection(measureContext(contextsPath, ours));
  const load = `Load ${digits(before)} before, ${digits(loadavg()[0])} after; ${machine}.`;
  console.log([...section, load].join('\n'));
}

async function onlyEngine(): Promise<void> {
  const before = loadavg()[0] ?? 0;
  const { ours } = await bundles();
  const root = join(work, 'workspace');
  mkdirSync(root);
  tell('edits beside engines');
  const edits = quick ? 30 : 200;
  const beside = await measureBesideEngines(ours, pathToFileURL(root).href, edits);
  tell('the first measured hint');
  const first = await measureFirstHint(ours, join(work, 'project'), quick ? 3 : 9);
  const load = `Load ${digits(before)} before, ${digits(loadavg()[0])} after; ${machine}.`;
  console.log([...engineSection(beside, first), load].join('\n'));
}

async function all(): Promise<void> {
  const measured = await measureAll();
  const markdown = report(measured);
  const results = join(project, 'bench/results');
  mkdirSync(results, { recursive: true });
  const name = measured.date.replace(/[:]/g, '').replace(/\..*$/, '');
  writeFileSync(join(results, `${name}.md`), markdown);
  const json = { ...measured, goals: goalsOf(measured) };
  writeFileSync(join(results, `${name}.json`), `${JSON.stringify(json, null, 2)}\n`);
  console.log(markdown);
}

function measureContext(path: string, { args: [server = ''] }: Candidate): ContextTimes {
  const folder = join(work, 'context');
  mkdirSync(folder);
  const output = execFileSync(process.execPath, ['--expose-gc', path, folder, server]);
  for (const left of [folder, `${folder}-cache`]) rmSync(left, { recursive: true, force: true });
  return JSON.parse(output.toString()) as ContextTimes;
}

async function measureAll(): Promise<Measured> {
  const started = performance.now();
  const before = loadavg()[0] ?? 0;
  tell('bundling');
  const { ours, peer, peerBundled, alonePath, estimatesPath, nextBuildPath, contextsPath } =
    await bundles();
  const root = join(work, 'workspace');
  mkdirSync(root);
  const folder = pathToFileURL(root).href;

  tell('starts');
  const starts = await measureStarts([ours, peer, peerBundled], folder);
  const contestants: readonly Contestant[] = [
    { key: 'hints', candidate: ours, question: hints },
    { key: 'hover', candidate: ours, question: ourHover },
    { key: 'peer', candidate: peer, question: peerHover },
  ];
  const texts = [];
  const edited = editedTexts();
  for (const [index, text] of edited.entries()) {
    tell(text.name);
    const load = loadavg()[0] ?? 0;
    // The peer takes minutes to open and edit this one.
    const asked =
      quick && text.bytes > 2e6 ? contestants.filter(({ key }) => key !== 'peer') : contestants;
    const left = editingMs - (performance.now() - started);
    const share = left / (edited.length - index);
    const budgetMs = Math.max(1000, Math.min(sizes.budgetMs, share / 2));
    const results = await measure(text, asked, folder, { ...sizes, budgetMs });
    texts.push({ name: text.name, bytes: text.bytes, load, results });
  }
  tell('parser and analysis alone');
  const output = execFileSync(process.execPath, [alonePath, String(sizes.aloneMs)]);
  tell('estimates');
  const data = join(project, 'server/data');
  const estimates = execFileSync(process.execPath, [estimatesPath, data]);
  tell('the next build');
  const nextBuild = execFileSync(process.execPath, [nextBuildPath]);
  tell('a build context of 100,000 files');
  const context = measureContext(contextsPath, ours);
  return {
    date: new Date().toISOString(),
    command: `npm run bench${quick ? ' -- --quick' : ''}`,
    machine,
    load: [before, loadavg()[0] ?? 0],
    seconds: (performance.now() - started) / 1000,
    starts,
    texts,
    alone: JSON.parse(output.toString()) as Alone[],
    estimates: JSON.parse(estimates.toString()) as EstimateTimes[],
    nextBuild: JSON.parse(nextBuild.toString()) as NextBuildTimes[],
    context,
  };
}

function editedTexts(): readonly BenchText[] {
  return [realistic(100), realistic(1000), realistic(10_000), singleRun(5e6), continuation(10_000)];
}

/** What is measured is what ships: the release bundle. The peer runs as installed, and bundled alike. */
async function bundles() {
  execFileSync(process.execPath, ['esbuild.mjs', '--release', `--outdir=${work}`], {
    cwd: project,
    stdio: 'inherit',
  });
  const require = createRequire(import.meta.url);
  const manifest = require.resolve('dockerfile-language-server-nodejs/package.json');
  const { bin, version } = JSON.parse(readFileSync(manifest, 'utf8'));
  const peerPath = join(dirname(manifest), bin['docker-langserver']);
  await build({
    entryPoints: {
      peer: peerPath,
      alone: join(import.meta.dirname, 'alone.ts'),
      estimates: join(import.meta.dirname, 'estimates.ts'),
      nextBuild: join(import.meta.dirname, 'nextBuild.ts'),
      contexts: join(import.meta.dirname, 'contexts.ts'),
    },
    define: { 'import.meta.dirname': '__dirname' },
    outdir: work,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
  });
  const candidate = (name: string, path: string): Candidate => ({ name, args: [path, '--stdio'] });
  return {
    ours: candidate('ours', join(work, 'server.cjs')),
    peer: candidate(`peer ${version}, as installed`, peerPath),
    peerBundled: candidate(`peer ${version}, bundled and minified`, join(work, 'peer.cjs')),
    alonePath: join(work, 'alone.cjs'),
    estimatesPath: join(work, 'estimates.cjs'),
    nextBuildPath: join(work, 'nextBuild.cjs'),
    contextsPath: join(work, 'contexts.cjs'),
  };
}

async function measureStarts(candidates: readonly Candidate[], root: string) {
  const walls = candidates.map((): number[] => []);
  for (let round = 0; round < sizes.starts; round += 1) {
    for (const [index, candidate] of candidates.entries()) {
      const server = await startServer(candidate, root);
      walls[index]?.push(server.readyMs);
      await server.stop();
    }
  }
  return candidates.map(({ name }, index) => {
    const found = spread(walls[index] ?? []);
    if (!found) throw new Error('no server was started');
    return { name, spread: found };
  });
}

function tell(what: string): void {
  process.stderr.write(`bench: ${what}\n`);
}

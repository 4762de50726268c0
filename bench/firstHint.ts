/**
 * From opening a Dockerfile to the first hint with a measured figure, with at least 2,000 images in the
 * engine of this machine, and what the server's memory is then. Needs Docker; only its own images are
 * made and removed.
 */

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { baseImage, ensureBaseImage } from '../test/engine/baseImage.ts';
import { docker, dockerOk, engineGet, engineState, machineSocket } from '../test/engine/engine.ts';
import { tar } from '../test/support/archives.ts';
import { percentile, type Spread, spread } from './figures.ts';
import { type Candidate, startServer } from './languageServer.ts';

export interface FirstHint {
  /** In the engine while it was measured. */
  readonly images: number;
  /** How many of them were made for this. */
  readonly made: number;
  /** From `didOpen` to the first hint with the measured figure; then to the same without one. */
  readonly measuredMs: Spread;
  readonly plainMs: Spread;
  /** Of the server's process, with the engine and without any; medians. */
  readonly withEngine: Memory;
  readonly without: Memory;
}

interface Memory {
  readonly rssMB: number | null;
  readonly peakMB: number | null;
}

const wanted = 2000;
const tag = 'dockerfile-layers-bench/measured:1';
const other = 'dockerfile-layers-bench/other';
const bytes = 1_234_567;
const text = [
  `FROM ${baseImage}`,
  'LABEL purpose=bench',
  `RUN head -c ${bytes} /dev/zero > /data && sleep 0`,
  'WORKDIR /srv/bench',
  'COPY Dockerfile /srv/bench/copied',
  '',
].join('\n');

/** Null: no engine answers here. */
export async function measureFirstHint(
  ours: Candidate,
  folder: string,
  rounds: number,
): Promise<FirstHint | null> {
  if (engineState() !== null) return null;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'Dockerfile'), text);
  await ensureBaseImage();
  const made = await fillUp();
  try {
    await dockerOk(['build', '--quiet', '--tag', tag, folder]);
    const measured = await sessions(ours, folder, rounds, {
      DOCKER_HOST: `unix://${machineSocket}`,
    });
    const plain = await sessions(ours, folder, rounds, { DOCKER_HOST: `unix://${folder}/nobody` });
    const images = await countImages();
    return {
      images,
      made,
      measuredMs: some(measured.ms),
      plainMs: some(plain.ms),
      withEngine: measured.memory,
      without: plain.memory,
    };
  } finally {
    await docker(['image', 'rm', '--force', tag]);
    await removeOthers(made);
  }
}

async function countImages(): Promise<number> {
  return ((await engineGet('/images/json')) as readonly unknown[]).length;
}

/** Makes sure that there are enough images; gives how many were made. */
async function fillUp(): Promise<number> {
  const missing = Math.max(0, wanted - (await countImages()));
  if (missing > 0) await dockerOk(['image', 'load', '--quiet'], { input: archiveOf(missing) });
  return missing;
}

/** Images without layers, each with a history of its own, as `docker save` writes them. */
function archiveOf(count: number): Buffer {
  const configs = Array.from({ length: count }, (_, at) => {
    const config = JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      created: new Date(Date.UTC(2025, 0, 1) + at * 60_000).toISOString(),
      config: { Labels: { number: String(at) } },
      rootfs: { type: 'layers', diff_ids: [] },
      history: [
        { created_by: `LABEL number=${at}`, comment: 'buildkit.dockerfile.v0', empty_layer: true },
        { created_by: 'CMD ["sh"]', comment: 'buildkit.dockerfile.v0', empty_layer: true },
      ],
    });
    return { name: `${createHash('sha256').update(config).digest('hex')}.json`, content: config };
  });
  const manifest = configs.map(({ name }, at) => ({
    Config: name,
    RepoTags: [`${other}:${at}`],
    Layers: [],
  }));
  return tar(...configs, { name: 'manifest.json', content: JSON.stringify(manifest) });
}

async function removeOthers(count: number): Promise<void> {
  for (let at = 0; at < count; at += 200) {
    const some = Array.from({ length: Math.min(200, count - at) }, (_, i) => `${other}:${at + i}`);
    await docker(['image', 'rm', '--force', ...some]);
  }
}

async function sessions(
  ours: Candidate,
  folder: string,
  rounds: number,
  env: Readonly<Record<string, string>>,
) {
  const isMeasured = env.DOCKER_HOST === `unix://${machineSocket}`;
  const ms: number[] = [];
  const rss: number[] = [];
  const peak: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const server = await startServer({ ...ours, env }, pathToFileURL(folder).href);
    const uri = pathToFileURL(join(folder, 'Dockerfile')).href;
    const started = performance.now();
    server.notify('textDocument/didOpen', {
      textDocument: { uri, languageId: 'dockerfile', version: 1, text },
    });
    const range = { start: { line: 0, character: 0 }, end: { line: 5, character: 0 } };
    for (;;) {
      const found = await server.request('textDocument/inlayHint', {
        textDocument: { uri },
        range,
      });
      if (isMeasured ? hasMeasured(found) : Array.isArray(found) && found.length > 0) break;
      if (performance.now() - started > 60_000) throw new Error('no hint with a measured figure');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    ms.push(performance.now() - started);
    // What is still being read then is part of what the server needs.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const usage = server.usage();
    if (usage) {
      rss.push(usage.rssMB);
      peak.push(usage.peakMB);
    }
    await server.stop();
  }
  return { ms, memory: { rssMB: percentile(rss, 0.5), peakMB: percentile(peak, 0.5) } };
}

/** The base image has no figure but in the engine: no table knows it. */
function hasMeasured(answer: unknown): boolean {
  const found = (answer ?? []) as readonly { position: { line: number }; label: unknown }[];
  const own = found.find(({ position }) => position.line === 2);
  const label = JSON.stringify(own?.label ?? '');
  return label.includes('1.2 MB') && !label.includes('~');
}

function some(values: readonly number[]): Spread {
  const found = spread(values);
  if (!found) throw new Error('nothing was measured');
  return found;
}

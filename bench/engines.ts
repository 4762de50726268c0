/** Typing beside engines that answer, stall, die or have much to say, each beside none at all. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hints, ourHover } from './answers.ts';
import { type Contestant, measure, type Result } from './editing.ts';
import type { Candidate } from './languageServer.ts';
import { realistic } from './texts.ts';

/**
 * The engines in the order of typing, and what is said of each. Who is first types twice in a row at
 * the turns, with all still at hand: so none at all stands there, and once more among the others.
 */
export const engineKinds = {
  first: 'no engine, at the turns',
  healthy: 'one that answers',
  stalls: 'takes every question and never answers',
  stallsMidway: 'stops in the middle of every answer',
  none: 'no engine',
  dies: 'ends every connection',
  isEndless: 'never ends an answer, as fast as it is read',
  many: 'one with 2,500 images',
  busy: 'one with 2,500 images that tells of a new one five times a second',
  last: 'no engine, at the other turns',
} as const;
export type EngineKind = keyof typeof engineKinds;

export interface BesideEngine {
  readonly kind: EngineKind;
  readonly hints: Result;
  readonly hover: Result;
}

/** All servers type in turn, so that load meets all alike. */
export async function measureBesideEngines(
  ours: Candidate,
  root: string,
  edits: number,
): Promise<readonly BesideEngine[]> {
  const text = realistic(1000);
  const folder = mkdtempSync(join(tmpdir(), 'bench-engines-'));
  const path = join(folder, 'Dockerfile');
  writeFileSync(path, text.text);
  const kinds = Object.keys(engineKinds) as EngineKind[];
  const engines = await Promise.all(kinds.map((kind) => startEngine(kind, path, folder)));
  try {
    const contestants = kinds.flatMap((kind, at): Contestant[] => {
      const env = { DOCKER_HOST: engines[at]?.endpoint ?? '' };
      const candidate = { ...ours, name: `ours, ${engineKinds[kind]}`, env };
      return [
        { key: `${kind} hints`, candidate, question: hints },
        { key: `${kind} hover`, candidate, question: ourHover },
      ];
    });
    const limits = { edits, budgetMs: 120_000, opens: 1 };
    const results = await measure(text, contestants, root, limits);
    return kinds.flatMap((kind) => {
      const [asked, hovered] = [results[`${kind} hints`], results[`${kind} hover`]];
      return asked && hovered ? [{ kind, hints: asked, hover: hovered }] : [];
    });
  } finally {
    for (const { end } of engines) end();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startEngine(kind: EngineKind, dockerfile: string, folder: string) {
  const isNobody = kind === 'none' || kind === 'first' || kind === 'last';
  if (isNobody) return { endpoint: `unix://${folder}/nobody.sock`, end: () => {} };
  const script = join(import.meta.dirname, 'engineProcess.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, kind, dockerfile], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  const endpoint = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (piece) => {
      said += piece;
      if (said.includes('\n')) resolve(said.trim());
    });
    child.on('exit', (code) => reject(new Error(`the engine ended with ${code}`)));
  });
  return { endpoint, end: () => child.stdin.end() };
}

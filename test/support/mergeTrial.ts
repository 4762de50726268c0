/** Runs random Dockerfiles' RUN lines as they are and merged, and tells where the two differ. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MergeOptions } from '../../server/src/merge/mergeRun.ts';
import { mergeFirstGroup, planOf } from './merge.ts';
import { makeCase, type Variant } from './runGrammar.ts';
import { type Commands, type Outcome, runPairs, writeTools } from './shellRuns.ts';

export interface Trial {
  readonly total: number;
  readonly merged: number;
  readonly declined: ReadonlyMap<string, number>;
  readonly differences: readonly string[];
}

/** `st` tells what a program sees of the shell that starts it. */
const tools = {
  st: '#!/bin/sh\necho "st $* $(pwd) $(umask) V=${V-none} W=${W-none} A1=${A1-none} $(ulimit -n)"\n[ -e /proc/self/fd/3 ] && echo fd3\ntrue\n',
  tool: '#!/bin/sh\necho first tool\n',
  other: '#!/bin/sh\necho second tool\n',
};

export interface TrialOptions {
  readonly variant: Variant;
  readonly seeds: readonly number[];
  /** Runs another program in place of the shell that SHELL names. */
  readonly program?: readonly string[];
}

const styles: readonly MergeOptions['style'][] = ['auto', 'chain', 'heredoc'];

export async function runTrial({ variant, seeds, program }: TrialOptions): Promise<Trial> {
  const declined = new Map<string, number>();
  const cases: { readonly text: string; readonly merged: string; readonly seed: number }[] = [];
  for (const seed of seeds) {
    const { text } = makeCase(seed, variant);
    const merged = mergeFirstGroup(text, styles[seed % 3]);
    if ('text' in merged) cases.push({ text, merged: merged.text, seed });
    else declined.set(merged.reason, (declined.get(merged.reason) ?? 0) + 1);
  }
  const root = mkdtempSync(join(tmpdir(), 'merge-'));
  try {
    writeTools(root, tools);
    const pairs = cases.map(
      ({ text, merged }) => [commandsOf(text, program), commandsOf(merged, program)] as const,
    );
    const outcomes = await runPairs(root, pairs);
    const differences = outcomes.flatMap(([before, after], index) => {
      const { text = '', merged = '', seed } = cases[index] ?? {};
      const fault = difference(before, after, text);
      return fault
        ? [`seed ${seed}, ${variant.name}: ${fault}\n${text}\n-- merged\n${merged}`]
        : [];
    });
    return { total: seeds.length, merged: cases.length, declined, differences };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function commandsOf(text: string, program?: readonly string[]): Commands {
  const stage = planOf(text).stages[0];
  return (stage?.steps ?? []).flatMap(({ run }) => {
    if (!run) return [];
    return [program ? [...program, ...run.argv.slice(1)] : run.argv];
  });
}

function difference(before: Outcome, after: Outcome, text: string): string | undefined {
  const sides = (key: keyof Outcome) =>
    `${key}\n--- separate\n${before[key]}\n--- merged\n${after[key]}\n`;
  for (const key of ['status', 'out', 'err', 'files'] as const) {
    if (before[key] === after[key]) continue;
    // The parts of a pipeline and background jobs print their errors and traces at the same time.
    const mixed = key === 'err' || (key !== 'status' && /["\s]-\w*x/.test(text));
    if (mixed && /\||<\(| & /.test(text) && letters(before[key]) === letters(after[key])) continue;
    return sides(key);
  }
  return undefined;
}

function letters(text: string | number): string {
  return [...String(text).replace(/line |[^A-Za-z]/g, '')].sort().join('');
}

/** Made-up predictions for tests of words: by the 1-based line of the instruction. */

import type { Analysis } from '../../server/src/analysis.ts';
import type { BuildRecord, RecordedStep } from '../../server/src/cache/buildRecord.ts';
import type { Prediction } from '../../server/src/cache/prediction.ts';
import type { Step } from '../../server/src/model/plan.ts';

export interface Said {
  readonly word: Prediction['word'];
  readonly reason?: string;
  /** Line of the instruction that causes it; absent: its own. */
  readonly by?: number;
  readonly ms?: number;
  readonly notes?: readonly string[];
}

/** A record of that moment and source, of which tests look at nothing else. */
export function recordAt(at: string, source: BuildRecord['source'] = 'build'): BuildRecord {
  return {
    version: 1,
    dockerfile: '/Dockerfile',
    context: null,
    target: null,
    platform: 'linux/amd64',
    arguments: {},
    at,
    source,
    builder: null,
    steps: [],
    files: null,
  };
}

/** The analysis with these predictions in place of its own. */
export function withPredictions(
  analysis: Analysis,
  said: Readonly<Record<number, Said>>,
  since: BuildRecord = recordAt('2026-11-20T14:02:00'),
): Analysis {
  const lines = new Map<number, Step>();
  for (const stage of analysis.plan.stages) {
    for (const step of stage.steps) lines.set(step.instruction.lines.start, step);
  }
  const predictions = new Map<Step, Prediction>();
  for (const [line, one] of Object.entries(said)) {
    const step = lines.get(Number(line));
    if (!step) throw new Error(`There is no step on line ${line}.`);
    const { word, reason, by, ms, notes = [] } = one;
    const span = by === undefined ? null : (lines.get(by)?.instruction.span ?? null);
    const last = ms === undefined ? null : ({ ms } as RecordedStep);
    const cause = word === 'cached' ? null : { span, reason: reason ?? 'something changed' };
    predictions.set(step, { word, cause, notes, last, since });
  }
  const again = [...predictions.values()].filter(({ word }) => /changed|rebuild/.test(word));
  return {
    ...analysis,
    cache: {
      of: (step) => predictions.get(step),
      again: {
        steps: again.length,
        ms: again.reduce((sum, { last }) => sum + (last?.ms ?? 0), 0),
        unknownTimes: again.filter(({ last }) => last === null).length,
      },
      noBuild: predictions.size === 0,
    },
  };
}

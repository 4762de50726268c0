/** Why a build failed, and where. */

import type { Step } from '../model/plan.ts';
import type { StepResult } from './outcomes.ts';
import type { BuildProgress } from './progress.ts';

export interface BuildFailure {
  /** BuildKit's own message. */
  readonly message: string;
  /** 1-based; null: it names none. */
  readonly line: number | null;
  readonly step: Step | null;
}

/**
 * The failed step where there is one, else what the builder's last words name: an excerpt of the
 * Dockerfile with `>>>` before its lines, or a parse error with its line. Undefined: it says nothing.
 */
export function failureOf(
  { text }: Pick<BuildProgress, 'text'>,
  results: ReadonlyMap<Step, StepResult>,
): BuildFailure | undefined {
  for (const [step, { outcome, error }] of results) {
    if (outcome !== 'failed' || !error) continue;
    return { message: error, line: step.instruction.lines.start, step };
  }
  const said = errorOf(text);
  if (!said) return undefined;
  if (isLost(said)) return { message: lostSentence(said), line: null, step: null };
  const parsed = /\bon line (\d+)\b/.exec(said)?.[1];
  const marked = text.map((line) => /^\s*(\d+) \| >>>/.exec(line)?.[1]).find((line) => line);
  const line = marked ?? parsed;
  return { message: said, line: line ? Number(line) : null, step: null };
}

/** Is it what the builder's client says when the builder is gone in the middle (gRPC's `Unavailable`)? */
export function isLost(said: string): boolean {
  return /^(?:failed to receive status: )?(?:rpc error: code = )?Unavailable\b|\berror reading from server: |^Cannot connect to the Docker daemon\b/.test(
    said,
  );
}

/** That it is gone, and what to do. */
export function lostSentence(said: string): string {
  return `the builder went away in the middle (${said.replace(/\.$/, '')}). See whether Docker still runs, and try again.`;
}

/** The last error with the lines behind it, without the words that say only that it failed; `''`: none. */
function errorOf(text: readonly string[]): string {
  const at = text.findLastIndex((line) => line.startsWith('ERROR: '));
  if (at < 0) return '';
  return text
    .slice(at)
    .filter((line) => !/^(View build details: |What's next:)/.test(line))
    .join('\n')
    .replace(/^ERROR: (?:failed to build: |failed to solve: )*/, '')
    .slice(0, 4000)
    .trim();
}

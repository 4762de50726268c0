/**
 * The image of a build that was made in a terminal, and what came of its steps: a layer that is older
 * than the build was there before.
 */

import type { StepOutcome } from '../cache/buildRecord.ts';
import type { Engine, EngineChoice, EngineImage } from '../engine/engine.ts';
import type { Laid } from '../engine/laid.ts';
import { lay } from '../engine/lay.ts';
import type { Plan, Step } from '../model/plan.ts';

/** An image with its history over the lines that it was built from. */
export interface TerminalImage {
  readonly image: EngineImage;
  readonly laid: Laid;
}

export interface TerminalBuildFacts {
  readonly plan: Plan;
  /** Names that the command gave it. */
  readonly tags: readonly string[];
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** Engines tell times in whole seconds. */
const second = 1000;

/** How many images without a name are looked at. */
const mostNameless = 8;

/**
 * The image by its name, else the only one without a name that came since the build began; each only
 * where its whole history is that of the file. Null: it is not found for certain.
 */
export async function terminalImage(
  engine: Engine,
  choice: EngineChoice,
  { plan, tags, startedAt }: TerminalBuildFacts,
  signal: AbortSignal,
): Promise<TerminalImage | null> {
  const [tag] = tags;
  if (tag !== undefined) return wholly(plan, await engine.image(choice, tag, signal));
  const young = (await engine.images(choice, signal))
    .filter(
      ({ references, createdAt }) =>
        references.length === 0 && (createdAt ?? 0) > startedAt - second,
    )
    .slice(0, mostNameless);
  const found: TerminalImage[] = [];
  for (const { id } of young) {
    const one = wholly(plan, await engine.image(choice, id, signal));
    if (one) found.push(one);
  }
  return found.length === 1 ? (found[0] ?? null) : null;
}

/** The image laid over a plan, where its whole history is that of the plan; else null. */
export function wholly(plan: Plan, image: EngineImage | null): TerminalImage | null {
  if (!image) return null;
  const laid = lay(plan, image);
  const { certain, changed, gone, rows } = laid;
  if (!certain || changed.size > 0 || gone.length > 0) return null;
  const isWhole = ownSteps(plan).every((step) => rows.get(step)?.match === 'same');
  return isWhole ? { image, laid } : null;
}

/** Steps of the target and of the stages that it stands on that make an entry of the history. */
function ownSteps({ stages, target }: Plan): readonly Step[] {
  const found: Step[] = [];
  for (let at: number | null = target; at !== null; ) {
    const stage: Plan['stages'][number] | undefined = stages[at];
    if (!stage || stage.replaced) break;
    found.push(
      ...[...stage.triggers, ...stage.steps].filter(({ createdBy }) => createdBy !== null),
    );
    at = stage.base.stage;
  }
  return found;
}

/** No layer of this builder is older, whatever its time says. */
const firstBuildKit = Date.UTC(2018, 0);

/**
 * What came of a step by when its layer was made: `assumed` where that is within a second of the
 * build's beginning, or not told.
 */
export function outcomeByAge(
  step: Step,
  { laid }: TerminalImage,
  startedAt: number,
): StepOutcome['outcome'] {
  const createdAt = laid.rows.get(step)?.row.createdAt ?? null;
  // A builder that is told a time writes that one everywhere.
  if (createdAt === null || createdAt < firstBuildKit) return 'assumed';
  if (createdAt >= startedAt) return 'ran';
  return createdAt + 2 * second <= startedAt ? 'cached' : 'assumed';
}

/** The same by the only record that the builder has of the step; `madeAt` undefined: it is not certain which. */
export function outcomeByRecord(
  madeAt: number | undefined,
  startedAt: number,
): StepOutcome['outcome'] {
  if (madeAt === undefined) return 'assumed';
  return madeAt >= startedAt ? 'ran' : 'cached';
}

/** Base images of a Dockerfile that registries may be asked for; only when a user wants it. */

import { otherPlatform } from '../images/told.ts';
import type { Plan, Platform } from '../model/plan.ts';
import { formatPlatform, parsePlatform } from '../model/platform.ts';
import { parseReference } from '../model/reference.ts';
import type { ImageRegistry } from '../registry/registry.ts';

export interface BaseQuestion {
  /** As FROM has it, with variables expanded. */
  readonly reference: string;
  readonly platform: Platform;
}

/** What came of a question; a `reason` is a full sentence, null: it is known now. */
export interface BaseAnswer extends BaseQuestion {
  readonly reason: string | null;
}

/** Images that needed stages start from, for their platforms, each once. */
export function baseQuestions({ stages, options }: Plan): readonly BaseQuestion[] {
  const found = new Map<string, BaseQuestion>();
  for (const { needed, base } of stages) {
    const { reference, stage, scratch, named } = base;
    if (!needed || stage !== null || scratch || named !== null) continue;
    if (!parseReference(reference).ok) continue;
    const written =
      base.platform === null ? null : parsePlatform(base.platform, options.buildPlatform);
    const platform = written?.ok ? written.platform : options.platform;
    found.set(`${formatPlatform(platform)} ${reference}`, { reference, platform });
  }
  return [...found.values()];
}

/** How many registries are asked at the same time. */
const atOnce = 4;

/** Asks; `onAnswer` is told of each answer. What is left when `signal` aborts is left out. */
export async function askBases(
  questions: readonly BaseQuestion[],
  registry: Pick<ImageRegistry, 'ask'>,
  signal: AbortSignal,
  onAnswer: (answer: BaseAnswer) => void = () => {},
): Promise<readonly BaseAnswer[]> {
  const open = [...questions];
  const answers: BaseAnswer[] = [];
  const worker = async () => {
    for (let one = open.shift(); one && !signal.aborted; one = open.shift()) {
      const { reference, platform } = one;
      const reason = await registry.ask(reference, platform, signal).then(
        (image) => otherPlatform(image.platform, platform),
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      if (reason !== null && signal.aborted) return;
      const answer = { ...one, reason };
      answers.push(answer);
      onAnswer(answer);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return answers;
}

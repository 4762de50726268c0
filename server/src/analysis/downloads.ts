/**
 * Downloads of a Dockerfile whose lengths a user may ask for: one HEAD request for each address, and
 * only then.
 */

import type { Analysis } from '../analysis.ts';
import type { Fact } from '../context/fact.ts';

/** Asks a server how long something is; null where it does not say. May reject. */
export type AskLength = (address: string, signal: AbortSignal) => Promise<number | null>;

/** Addresses of needed stages that ADD, `curl` and their like put into the image, each once. */
export function downloadsOf({ plan, sizes }: Analysis): readonly string[] {
  const addresses = new Set<string>();
  for (const { needed, triggers, steps } of plan.stages) {
    if (!needed) continue;
    for (const step of [...triggers, ...steps]) {
      for (const { kind, reference } of step.copy?.remotes ?? []) {
        if (kind === 'url') addresses.add(reference);
      }
      for (const { address } of sizes.run(step)?.contributions ?? []) {
        if (address !== undefined) addresses.add(address);
      }
    }
  }
  return [...addresses];
}

/** How many servers are asked at the same time. */
const atOnce = 4;

/** The answers by address; what could not be found out says why. `onAnswer` is told each one. */
export async function askLengths(
  addresses: readonly string[],
  ask: AskLength,
  signal: AbortSignal,
  onAnswer: (address: string) => void = () => {},
): Promise<ReadonlyMap<string, Fact<number>>> {
  const answers = new Map<string, Fact<number>>();
  const open = [...addresses];
  const worker = async () => {
    for (let address = open.shift(); address !== undefined; address = open.shift()) {
      if (signal.aborted) return;
      answers.set(address, await answerOf(address, ask, signal));
      onAnswer(address);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return answers;
}

async function answerOf(
  address: string,
  ask: AskLength,
  signal: AbortSignal,
): Promise<Fact<number>> {
  try {
    const value = await ask(address, signal);
    if (value !== null) return { state: 'known', value };
    return { state: 'unavailable', reason: 'The server does not say how long it is.' };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { state: 'unavailable', reason };
  }
}

/**
 * What stays of a text that was read before, when it is edited further down: every instruction that
 * stands wholly before the edit. Their places in the source are the same, so they can be taken over
 * as they are. Those behind the edit cannot.
 */

import type { Dockerfile, Instruction, Span } from './ast.ts';
import type { Command, Program } from './commands.ts';

/** The part to take over, and where reading goes on. */
export interface Start {
  readonly instructions: readonly Instruction[];
  readonly comments: readonly Span[];
  /** Offset of the first line that is to be read. */
  readonly next: number;
  /** Number of the line before it. */
  readonly line: number;
}

/**
 * The instructions of `before` that reading `text` would give again; null when there are none. The
 * last one is never among them, as the end of the text may have cut it off, and none from the first
 * problem on, since an error may look far ahead.
 */
export function unchangedStart(before: Dockerfile, text: string): Start | null {
  const { instructions } = before;
  const limit = before.problems[0]?.span.start ?? before.text.length;
  let low = 0;
  let high = instructions.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const next = nextLineOf(before, middle - 1);
    // `startsWith` takes fifty times as long as this.
    const isSame = next <= limit && text.slice(0, next) === before.text.slice(0, next);
    if (isSame) low = middle;
    else high = middle - 1;
  }
  const last = instructions[low - 1];
  if (!last) return null;
  const next = nextLineOf(before, low - 1);
  return {
    instructions: instructions.slice(0, low),
    comments: before.comments.filter(({ start }) => start < next),
    next,
    line: last.lines.end,
  };
}

/** Start of the line behind an instruction that is not the last. */
function nextLineOf({ text, instructions }: Dockerfile, index: number): number {
  const feed = text.indexOf('\n', instructions[index]?.span.end ?? 0);
  return feed < 0 ? text.length : feed + 1;
}

/** The commands of a program that had no problem before they ended, one for each instruction, in order. */
export function soundCommands({ globals, stages, problems }: Program): readonly Command[] {
  const limit = problems[0]?.span.start ?? Number.POSITIVE_INFINITY;
  const sound: Command[] = [];
  const take = (command: Command): boolean => {
    if (command.instruction.span.end > limit) return false;
    sound.push(command);
    return true;
  };
  if (!globals.every(take)) return sound;
  for (const { from, commands } of stages) {
    if (!take(from) || !commands.every(take)) break;
  }
  return sound;
}

/** ONBUILD triggers, as they run in a stage that is built from the image or stage that has them. */

import type { Instruction } from '../syntax/ast.ts';
import type { Command } from '../syntax/commands.ts';
import { interpret } from '../syntax/instructions.ts';
import { parse } from '../syntax/parser.ts';

export type ParsedTrigger =
  | { readonly ok: true; readonly command: Command }
  | { readonly ok: false; readonly error: string };

/**
 * Reads a stored trigger as BuildKit does when a child image uses it (`initOnBuildTriggers`): it
 * must be one whole instruction. The error is BuildKit's text.
 */
export function parseTrigger(expression: string): ParsedTrigger {
  const program = interpret(parse(`FROM scratch\n${expression}`));
  const count = program.dockerfile.instructions.length - 1;
  const refused = program.problems.find(({ buildkit }) => buildkit && buildkit.phase !== 'plan');
  if (refused?.buildkit && (refused.buildkit.phase === 'parser' || count === 1)) {
    const error = refused.buildkit.message.replace(/^dockerfile parse error on line \d+: /, '');
    return { ok: false, error };
  }
  if (count === 0) return { ok: false, error: 'file with no instructions' };
  if (count !== 1) return { ok: false, error: 'onbuild trigger should be a single expression' };
  const command = program.stages[0]?.commands[0];
  if (program.stages.length !== 1 || !command) {
    return { ok: false, error: '*instructions.Stage is not a command type' };
  }
  return { ok: true, command };
}

/**
 * The trigger as an instruction of the child stage. Its own text stands elsewhere (in another
 * stage, or in an image), so its place is that of the child's FROM, as in BuildKit's messages.
 */
export function placeTrigger(command: Command, from: Instruction): Command {
  const { span, lines, keywordSpan } = from;
  return { ...command, instruction: { ...command.instruction, span, lines, keywordSpan } };
}

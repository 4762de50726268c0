/**
 * Syntax tree → typed program (BuildKit `instructions.Parse`). BuildKit stops at the first mistake;
 * here every mistake is reported, and what is whole keeps its type. Never throws; linear.
 */

import type { Dockerfile, Instruction, Problem } from './ast.ts';
import type { Command, FromCommand, Program, StageSyntax } from './commands.ts';
import { type CommandReading, readCommand } from './readCommand.ts';
import type { Refusal } from './refusal.ts';
import { soundCommands } from './resume.ts';
import { type CommentFinding, findTrailingComment } from './trailingComment.ts';

interface State {
  readonly dockerfile: Dockerfile;
  readonly globals: Command[];
  readonly stages: { index: number; from: FromCommand; commands: Command[] }[];
  readonly problems: Problem[];
  /** What the parser has against arguments, by the line that their instruction starts on. */
  readonly parser: ReadonlyMap<number, Problem>;
  /** Problems of the parser that are told at a comment instead. */
  readonly replaced: Set<Problem>;
}

/**
 * Types every instruction of a file. Problems of the parser are among those of the program.
 * `before`, the program of an earlier version, saves time and changes nothing: what `parse` took
 * over from that version keeps its type.
 */
export function interpret(dockerfile: Dockerfile, before: Program | null = null): Program {
  const state: State = {
    dockerfile,
    globals: [],
    stages: [],
    problems: [],
    parser: argumentProblems(dockerfile),
    replaced: new Set(),
  };
  const known = before ? soundCommands(before) : [];
  for (const [index, instruction] of dockerfile.instructions.entries()) {
    const command = known[index];
    if (command?.instruction === instruction) place(state, instruction, command);
    else add(state, instruction);
  }
  const kept = dockerfile.problems.filter((problem) => !state.replaced.has(problem));
  const problems = [...kept, ...state.problems].sort((a, b) => a.span.start - b.span.start);
  const stages: readonly StageSyntax[] = state.stages;
  return { dockerfile, globals: state.globals, stages, problems };
}

function argumentProblems({ problems }: Dockerfile): ReadonlyMap<number, Problem> {
  const found = new Map<number, Problem>();
  for (const problem of problems) {
    const line = problem.buildkit?.lines?.start;
    if (problem.code === 'arguments' && line !== undefined) found.set(line, problem);
  }
  return found;
}

const phases = ['parser', 'instructions', 'plan'] as const;

/** The problem at which BuildKit stops: phases come one after the other, each in source order. */
export function firstRefusal(problems: readonly Problem[]): Problem | null {
  for (const phase of phases) {
    const first = problems.find((problem) => problem.buildkit?.phase === phase);
    if (first) return first;
  }
  return null;
}

function add(state: State, instruction: Instruction): void {
  const reading = instruction.refused ? null : readCommand(instruction);
  const comment = findTrailingComment(state.dockerfile, instruction, reading);
  report(state, instruction, reading, comment);
  const command: Command = reading?.ok ? reading.command : { kind: 'invalid', instruction };
  const isFrom = instruction.name === 'FROM' && command.kind !== 'from';
  place(state, instruction, isFrom ? unreadableFrom(instruction, comment) : command);
}

/** Puts a command into its stage; FROM opens one. */
function place(state: State, instruction: Instruction, command: Command): void {
  if (command.kind === 'from') {
    state.stages.push({ index: state.stages.length, from: command, commands: [] });
    return;
  }
  const stage = state.stages.at(-1);
  if (stage) {
    stage.commands.push(command);
  } else if (command.kind === 'arg' || command.kind === 'invalid') {
    state.globals.push(command);
  } else {
    const error = 'no build stage in current context';
    const advice = 'Only ARG may stand before the first FROM.';
    state.problems.push({
      code: 'no-build-stage',
      severity: 'error',
      message: `${error}\n${advice}`,
      span: instruction.keywordSpan,
      buildkit: { phase: 'instructions', message: error, lines: instruction.lines },
    });
    state.globals.push({ kind: 'invalid', instruction });
  }
}

/** A FROM that BuildKit refuses opens a stage all the same; without its comment it may be read. */
function unreadableFrom(instruction: Instruction, comment: CommentFinding | null): FromCommand {
  if (comment) {
    const args = instruction.args.filter((each) => each.span.end <= comment.edit.span.start);
    const reading = readCommand({ ...instruction, args });
    if (reading.ok && reading.command.kind === 'from') return { ...reading.command, instruction };
  }
  return { kind: 'from', instruction, base: '', platform: null, name: null };
}

function report(
  state: State,
  instruction: Instruction,
  reading: CommandReading | null,
  comment: CommentFinding | null,
): void {
  const refused = reading && !reading.ok ? asProblem(instruction, reading) : null;
  if (!comment) {
    if (refused) state.problems.push(refused);
    return;
  }
  const told = comment.explains
    ? (refused ?? state.parser.get(instruction.lines.start) ?? null)
    : null;
  if (refused && told !== refused) state.problems.push(refused);
  if (told && told !== refused) state.replaced.add(told);
  const { buildkit } = told ?? {};
  state.problems.push(buildkit ? { ...comment.problem, buildkit } : comment.problem);
}

function asProblem(instruction: Instruction, { code, error, span, advice }: Refusal): Problem {
  const { lines } = instruction;
  return {
    code,
    severity: 'error',
    message: advice ? `${error}\n${advice}` : error,
    span,
    buildkit: {
      phase: 'instructions',
      message: `dockerfile parse error on line ${lines.start}: ${error}`,
      lines,
    },
  };
}

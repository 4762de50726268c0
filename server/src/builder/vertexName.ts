/** Names of operations, as BuildKit's Dockerfile frontend writes them (`dockerfile2llb` `prefixCommand`). */

import type { Step } from '../model/plan.ts';
import type { Escape } from '../syntax/ast.ts';
import { expand } from '../syntax/expand.ts';

export interface VertexName {
  /** Name of the stage, or `stage-N` where it has none; `''` in a build of one stage. */
  readonly stage: string;
  /** 1-based place in its stage, and how many there are. */
  readonly index: number;
  readonly total: number;
  /** A trigger of the base. */
  readonly onbuild: boolean;
  /** The operation that joins a `COPY --link` with what is below it. */
  readonly link: boolean;
  /** First word, in upper case. */
  readonly keyword: string;
  /** The instruction, its variables replaced. */
  readonly text: string;
}

/** Reads `[build 3/12] RUN make`; undefined for names of another kind, such as `[internal] …`. */
export function readVertexName(name: string): VertexName | undefined {
  const match = /^\[(?:\S+\/\S+ )?(?:([^\s/[\]]+) )? *(\d{1,9})\/(\d{1,9})\] /.exec(name);
  if (!match) return undefined;
  const [whole, stage = '', index, total] = match;
  const rest = name.slice(whole.length);
  const onbuild = rest.startsWith('ONBUILD ');
  const behind = onbuild ? rest.slice('ONBUILD '.length) : rest;
  const link = behind.startsWith('LINK ');
  const text = link ? behind.slice('LINK '.length) : behind;
  const keyword = /^\S*/.exec(text)?.[0].toUpperCase() ?? '';
  return { stage, index: Number(index), total: Number(total), onbuild, link, keyword, text };
}

/**
 * The text that BuildKit gives a step's operation: the instruction as it was joined from its lines,
 * variables replaced; of a RUN, quotes and unset variables stay, and a heredoc shows its first line.
 */
export function stepText(step: Step, escapeChar: Escape): string {
  const { instruction, command, env } = step;
  const isRun = command.kind === 'run';
  const [heredoc] = instruction.heredocs;
  const original = instruction.joined.text.trim();
  const isScript =
    isRun && heredoc && /^RUN(?:\s+--\S+)*\s+\d*<<-?\s*(["']?)[^\s"']+\1$/i.test(original);
  const text = isScript ? `${original} (${summary(heredoc.content)})` : original;
  const expanded = expand(text, env, { escape: escapeChar, rawQuotes: isRun, skipUnsetEnv: isRun });
  const [keyword = '', ...rest] = (expanded.ok ? expanded.value : text).split(' ');
  return [keyword.toUpperCase(), ...rest].join(' ');
}

/** The first line of a heredoc (`summarizeHeredoc`). */
function summary(content: string): string {
  const [first = '', ...others] = content.trim().replaceAll('\r\n', '\n').split('\n');
  return others.length > 0 ? `${first}...` : first;
}

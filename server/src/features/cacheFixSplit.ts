/**
 * A RUN that installs and then goes on (`npm ci && npm run build`), as two: so that the files that only
 * the second half needs can be copied between them.
 */

import { readCandidate } from '../merge/candidates.ts';
import { elements } from '../merge/heredocText.ts';
import { scriptSpan } from '../merge/runText.ts';
import type { Platform, ResolvedRun, Step } from '../model/plan.ts';
import type { ShellCommand } from '../shell/commands.ts';
import { readRun } from '../shell/readRun.ts';
import type { Span } from '../syntax/ast.ts';
import { installOf } from './installWords.ts';

/** Where a RUN can be taken apart. */
export interface Split {
  /** What stands between the halves, to be replaced. */
  readonly span: Span;
  /** The keyword with its flags, for the second half. */
  readonly head: string;
  /** The first half alone. */
  readonly first: Step;
  /** Both halves as instructions on one line, as they will read. */
  readonly texts: readonly [string, string];
}

/** The RUN behind its last installation; null where the halves would not do the same. */
export function splitRun(step: Step, source: string, platform: Platform): Split | null {
  const { run, instruction } = step;
  if (!run) return null;
  const read = readCandidate(step);
  if (!read.ok) return null;
  const { text, facts } = read.candidate;
  if (text.heredoc || instruction.heredocs.length + instruction.innerComments.length > 0)
    return null;
  if (facts.shape !== 'and' || facts.comment !== undefined || facts.multiline) return null;
  const nodes = elements(facts.tree);
  const whole = readRun(run, platform);
  if (whole.unread !== null) return null;
  for (let at = nodes.length - 2; at >= 0; at -= 1) {
    const [end, start] = [nodes[at]?.end ?? 0, nodes[at + 1]?.pos ?? 0];
    const first = withScript(run, facts.text.slice(0, end));
    const second = withScript(run, facts.text.slice(start));
    const before = readRun(first, platform);
    const after = readRun(second, platform);
    // One command for each part: none changes the folder, a variable or an option of the shell.
    const isPlain = before.commands.length === at + 1 && nodes.slice(0, at + 1).every(isCommand);
    if (!isPlain || !installOf(before.commands[at]?.words ?? [])) continue;
    if (before.unread !== null || after.unread !== null) return null;
    if (before.commands.some(({ words }) => words[0] === 'set')) return null;
    if (shapes([...before.commands, ...after.commands]) !== shapes(whole.commands)) return null;
    // What the first half leaves would stay in its layer.
    if (after.commands.some(({ words }) => removes.test(words.join(' ')))) return null;
    const from = scriptSpan(text, 0, 0).start;
    const { joined } = instruction;
    const head = source.slice(instruction.span.start, from);
    if (/[\r\n]/.test(head)) return null;
    return {
      span: { start: scriptSpan(text, 0, end).end, end: scriptSpan(text, start, start).start },
      head,
      first: { ...step, run: first },
      texts: [
        joined.text.slice(0, text.at + end),
        joined.text.slice(0, text.at) + joined.text.slice(text.at + start),
      ],
    };
  }
  return null;
}

const removes =
  /^(rm|rmdir|unlink|find|apt|apt-get|apk|dnf|yum|microdnf)\b|\b(cache|prune|clean|purge)\b/;

function isCommand({ type }: { readonly type: string }): boolean {
  return type === 'Command';
}

function withScript(run: ResolvedRun, script: string): ResolvedRun {
  // Made when it is read, so that spreading leaves it out.
  return { ...run, env: run.env, argv: [...run.argv.slice(0, -1), script], script };
}

/** All of commands but their places in the list. */
function shapes(commands: readonly ShellCommand[]): string {
  return JSON.stringify(
    commands.map(({ words, cwd, user, runs, outputs, input, piped, pipedFrom }) => [
      ...[words, cwd, user, runs, outputs, input, piped],
      pipedFrom !== null,
    ]),
  );
}

/** One more command at the end of a RUN, written in the style of its lines. */

import { backgroundRefusal } from '../merge/background.ts';
import { endsWithFailure, isIndifferent } from '../merge/errexit.ts';
import type { Edit } from '../merge/mergeRun.ts';
import { keywordIndent, scriptSpan } from '../merge/runText.ts';
import type { FixPlace } from './sizeFixRun.ts';

/** A one-line RUN stays one line up to so many characters. */
const longestLine = 100;

/** Change what the words of a later command mean. */
const turnsWords = /\bset\s+(-\w+\s+)*-\w*f|noglob|\balias\b|GLOBIGNORE|\bfailglob|\btrap\b/;

/** `PATH=/x`: then the shell may not find what comes later. */
const losesPrograms = /(^|[\s;&({])PATH=(?![^\s;&]*\$\{?PATH\b)/;

/**
 * The edit that makes the RUN end with these commands, run exactly when all before them succeeded;
 * undefined where that cannot be shown.
 */
export function appended(place: FixPlace, commands: readonly string[]): Edit | undefined {
  const { text: run, facts, shell } = place.candidate;
  const last = facts.tree.commands.at(-1);
  if (!last || facts.endsInBackground || backgroundRefusal(facts)) return undefined;
  if (turnsWords.test(facts.text) || losesPrograms.test(facts.text)) return undefined;
  // Under `-e` a failure ends the script, so that what follows needs no `&&`.
  const inForce = shell.errexit || (facts.prologue?.errexit && facts.prologue.joint === ';');
  const isSequence = facts.shape === 'many' || run.heredoc;
  const endsAll = inForce && !/\bset\s+\+/.test(facts.text) && endsWithFailure(last.command);
  if (isSequence && endsAll) {
    return run.heredoc
      ? asLine(place, commands, last.pos)
      : asPart(place, commands.join('; '), ';');
  }
  if (!isIndifferent(last.command) || facts.comment !== undefined) return undefined;
  return asPart(place, commands.join(' && '), '&&');
}

/** A line of its own before the end of a heredoc. */
function asLine(
  { candidate: { text: run, facts } }: FixPlace,
  commands: readonly string[],
  last: number,
): Edit | undefined {
  const [heredoc] = run.instruction.heredocs;
  if (!heredoc?.terminatorSpan || !heredoc.content.endsWith('\n')) return undefined;
  // Tabs that `<<-` takes away are no part of the script.
  if (heredoc.chomp) return undefined;
  const start = facts.text.lastIndexOf('\n', last - 1) + 1;
  const indent = /^[ \t]*/.exec(facts.text.slice(start))?.[0] ?? '';
  const at = heredoc.contentSpan.end;
  const newText = commands.map((command) => `${indent}${command}\n`).join('');
  return { span: { start: at, end: at }, newText };
}

/** Behind the last command. */
function asPart(place: FixPlace, command: string, joint: '&&' | ';'): Edit | undefined {
  const { text: run, facts } = place.candidate;
  const { instruction } = run;
  const isAtEnd = facts.text.slice(facts.end).trim() === '' && facts.comment === undefined;
  if (run.heredoc) {
    const [heredoc] = instruction.heredocs;
    if (!heredoc?.terminatorSpan || heredoc.chomp || !isAtEnd) return undefined;
    const at = heredoc.contentSpan.start + facts.end;
    return { span: { start: at, end: at }, newText: ` &&\n${command}` };
  }
  if (!isAtEnd || instruction.heredocs.length > 0) return undefined;
  const at = scriptSpan(run, 0, facts.end).end;
  return { span: { start: at, end: at }, newText: glue(place, joint, command) };
}

function glue(place: FixPlace, joint: '&&' | ';', command: string): string {
  const { analysis, step, indent, newline } = place;
  const { dockerfile } = analysis;
  const { instruction } = step;
  const source = dockerfile.text.slice(instruction.span.start, instruction.span.end);
  const lines = source.split(/\r?\n/).filter((line) => !/^[ \t]*(#|$)/.test(line));
  const next = ` ${dockerfile.escape}${/\r?\n/.exec(source)?.[0] ?? newline}`;
  const blank = (line = '') => /^[ \t]*/.exec(line)?.[0] ?? '';
  const apart = joint === ';' ? ';' : ' &&';
  if (lines.length < 2) {
    if (source.length + command.length + 4 <= longestLine) return `${apart} ${command}`;
    const inner = keywordIndent(dockerfile, instruction) + indent;
    return joint === ';' ? `;${next}${inner}${command}` : `${next}${inner}&& ${command}`;
  }
  const leading = lines.slice(1).find((line) => /^[ \t]*&&/.test(line));
  if (joint === '&&' && leading !== undefined) return `${next}${blank(leading)}&& ${command}`;
  const ends = joint === ';' ? /;[ \t]*[\\`][ \t]*$/ : /&&[ \t]*[\\`][ \t]*$/;
  const broken = lines.findIndex((line) => ends.test(line));
  if (broken >= 0) return `${apart}${next}${blank(lines[broken + 1])}${command}`;
  const inner = blank(lines[1]) || indent;
  return joint === ';' ? `;${next}${inner}${command}` : `${next}${inner}&& ${command}`;
}

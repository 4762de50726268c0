/** Programs that a script starts: the list of commands, and what they print and answer. */

import { answerOf, type Question, verdictOf } from './answers.ts';
import { baseName } from './commandWords.ts';
import { type Context, joined, type Status } from './runner.ts';
import { isSure } from './shellBranches.ts';
import { environmentOf, limits, type ShellScope } from './shellScope.ts';
import { unknownPart } from './shellTree.ts';

/** Lists a program that runs here, and gives its status as far as it is known. */
export function emit(words: readonly string[], scope: ShellScope, context: Context): Status {
  const { redirected } = context;
  const input = redirected.input ?? scope.input;
  const moved = redirected.movesOutput;
  const { reading, platform } = { reading: scope.reading, platform: scope.reading.platform };
  const question: Question = {
    words,
    platform,
    cwd: scope.cwd,
    user: scope.user,
    input: input?.text ?? null,
    language: scope.language,
  };
  const outputs = joined(scope.outputs, redirected);
  reading.commands.push({
    words,
    cwd: scope.cwd,
    env: environmentOf(scope, context.extra),
    user: scope.user,
    runs: isSure(scope) ? 'always' : 'maybe',
    outputs,
    input: input?.text ?? null,
    pipedFrom: input?.from ?? null,
    piped: scope.printed !== null && !moved,
  });
  if (scope.outputs.length > 0)
    scope.outputs = scope.outputs.map((each) => ({ ...each, append: true }));
  if (scope.printed && !moved) {
    const text = baseName(words[0] ?? '') === 'mktemp' ? madeUp(words, scope) : answerOf(question);
    const known = text !== undefined && (text === '' || isSure(scope));
    if (scope.printed.text.length < limits.text) scope.printed.text += known ? text : unknownPart;
  }
  return verdictOf(question);
}

/** A name that `mktemp` might choose: nothing else has it. */
function madeUp(words: readonly string[], scope: ShellScope): string {
  const template = words.slice(1).find((word) => word.includes('XXX') && !word.startsWith('-'));
  const number = String(++scope.reading.made);
  if (!template) return `/tmp/tmp.made-up-${number}\n`;
  const name = template.replace(/X{3,}/, `made-up-${number}`);
  const inTmp = words.some((word) => /^-[a-z]*t$|^--tmpdir$/.test(word));
  return `${inTmp && !name.startsWith('/') ? `/tmp/${name}` : name}\n`;
}

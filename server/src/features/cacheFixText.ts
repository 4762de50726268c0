/** The text with manifests copied first, and its proof: it is read again, and every line is as meant. */

import type { Analysis } from '../analysis.ts';
import type { Edit } from '../merge/mergeRun.ts';
import type { Step } from '../model/plan.ts';
import type { Instruction } from '../syntax/ast.ts';
import { interpret } from '../syntax/instructions.ts';
import { parse } from '../syntax/parser.ts';
import type { Split } from './cacheFixSplit.ts';

/** A path below a folder; either may be `''`. */
export function join(folder: string, path: string): string {
  return folder === '' ? path : path === '' ? folder : `${folder}/${path}`;
}

/** The COPY takes the files, and stands again behind the RUN; null where that does not read so. */
export function editsOf(
  { dockerfile, program }: Analysis,
  copy: Step,
  { run, split }: { readonly run: Step; readonly split: Split | null },
  source: string,
  files: readonly string[],
): readonly Edit[] | null {
  const { text } = dockerfile;
  const { instruction } = copy;
  const [from, to] = instruction.args;
  if (!from || !to || !files.every((file) => /^[\w./@+-]+$/.test(file))) return null;
  const whole = text.slice(instruction.span.start, instruction.span.end);
  if (/[\r\n]/.test(whole)) return null;
  const head = text.slice(instruction.span.start, from.span.start);
  const target = text.slice(to.span.start, to.span.end);
  const folder = target === '.' ? './' : `${target.replace(/\/\.?$/, '')}/`;
  const newline = text[text.indexOf('\n') - 1] === '\r' ? '\r\n' : '\n';
  const lineStart = text.lastIndexOf('\n', instruction.span.start - 1) + 1;
  const indent = /^[\t ]*/.exec(text.slice(lineStart))?.[0] ?? '';
  const groups = new Map<string, string[]>();
  for (const file of files) {
    // What is in a folder goes into a folder of that name.
    const place = file.endsWith('/') ? file : file.slice(0, file.lastIndexOf('/') + 1);
    const key = file.endsWith('/') ? place : `=${place}`;
    groups.set(key, [...(groups.get(key) ?? []), join(source, file)]);
  }
  const lines = [...groups].map(
    ([key, names]) => `${head}${names.join(' ')} ${folder}${key.replace(/^=/, '')}`,
  );
  const edits: readonly Edit[] = [
    { span: instruction.span, newText: lines.join(newline + indent) },
    {
      span: split?.span ?? { start: run.instruction.span.end, end: run.instruction.span.end },
      newText: `${newline}${indent}${whole}${split ? `${newline}${indent}${split.head}` : ''}`,
    },
  ];
  const changed = [...edits]
    .sort((a, b) => b.span.start - a.span.start)
    .reduce(
      (all, { span, newText }) => all.slice(0, span.start) + newText + all.slice(span.end),
      text,
    );
  const after = interpret(parse(changed));
  if (after.problems.length > program.problems.length) return null;
  const expected = dockerfile.instructions.flatMap((one) => {
    if (one === instruction) return lines;
    if (one !== run.instruction) return [textOf(one)];
    const [first, second] = split?.texts ?? [textOf(one)];
    return [first, textOf(instruction), ...(second === undefined ? [] : [second.trimEnd()])];
  });
  const read = after.dockerfile.instructions.map(textOf);
  const isMeant = read.length === expected.length && read.every((one, at) => one === expected[at]);
  return isMeant ? edits : null;
}

function textOf({ joined, heredocs }: Instruction): string {
  return [joined.text, ...heredocs.map(({ content }) => content)].join('\n').trimEnd();
}

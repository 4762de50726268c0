/** The text with manifests copied first, and its proof: it is read again, and every line is as meant. */

import type { Analysis } from '../analysis.ts';
import type { Edit } from '../merge/mergeRun.ts';
import type { Step } from '../model/plan.ts';
import type { Instruction } from '../syntax/ast.ts';
import { interpret } from '../syntax/instructions.ts';
import { parse } from '../syntax/parser.ts';
import { absolutePath } from '../syntax/slashPaths.ts';
import type { Follows } from './cacheFixBelow.ts';
import type { Split } from './cacheFixSplit.ts';

/** A path below a folder; either may be `''`. */
export function join(folder: string, path: string): string {
  return folder === '' ? path : path === '' ? folder : `${folder}/${path}`;
}

/** Where the COPY goes. */
interface Place {
  readonly run: Step;
  /** Between the halves of the RUN. */
  readonly split: Split | null;
  /** A line that is put above the RUN. */
  readonly above: string | null;
  /** Above the RUN, below that line; else behind it. */
  readonly isBefore: boolean;
}

/** The COPY takes the files, and stands again where it goes; null where that does not read so. */
export function editsOf(
  { dockerfile, program }: Analysis,
  copy: Step,
  { run, split, above, isBefore }: Place,
  source: string,
  files: readonly string[],
): readonly Edit[] | null {
  const { text } = dockerfile;
  const { instruction } = copy;
  const [from, to] = instruction.args;
  if (!from || !to || !files.every((file) => /^[\w./@+-]+$/.test(file))) return null;
  const whole = text.slice(instruction.span.start, instruction.span.end);
  if (/[\r\n]/.test(whole)) return null;
  const written = text.slice(instruction.span.start, from.span.start);
  // In exec form the brackets are written again, and what stands between quotes.
  const head = instruction.json ? written.replace(/\[\s*"?$/, '') : written;
  const target = instruction.json ? to.value : text.slice(to.span.start, to.span.end);
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
  const lines = [...groups].map(([key, names]) => {
    const into = `${folder}${key.replace(/^=/, '')}`;
    const words = [...names, into];
    if (!instruction.json) return `${head}${words.join(' ')}`;
    return `${head}[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
  });
  const { start, end } = run.instruction.span;
  const added = [...(above === null ? [] : [above]), ...(isBefore ? [whole] : [])];
  const edits: readonly Edit[] = [
    { span: instruction.span, newText: lines.join(newline + indent) },
    ...(added.length === 0
      ? []
      : [
          {
            span: { start, end: start },
            newText: added.map((one) => one + newline + indent).join(''),
          },
        ]),
    ...(isBefore
      ? []
      : [
          {
            span: split?.span ?? { start: end, end },
            newText: `${newline}${indent}${whole}${split ? `${newline}${indent}${split.head}` : ''}`,
          },
        ]),
  ];
  const expected = dockerfile.instructions.flatMap((one) => {
    if (one === instruction) return lines;
    if (one !== run.instruction) return [textOf(one)];
    if (isBefore) return [...added.slice(0, -1), textOf(instruction), textOf(one)];
    const [first, second] = split?.texts ?? [textOf(one)];
    return [
      ...added,
      first,
      textOf(instruction),
      ...(second === undefined ? [] : [second.trimEnd()]),
    ];
  });
  return readsAs(text, edits, expected, program.problems.length) ? edits : null;
}

/** The COPY as it stands, with the comments above it, behind a RUN; null where that does not read so. */
export function moveEdits(
  { dockerfile, program }: Analysis,
  { instruction }: Step,
  { instruction: run }: Step,
): readonly Edit[] | null {
  const { text } = dockerfile;
  const lineOf = (offset: number) => text.lastIndexOf('\n', offset - 1) + 1;
  let start = lineOf(instruction.span.start);
  while (start > 0 && /^[\t ]*#/.test(text.slice(lineOf(start - 1), start)))
    start = lineOf(start - 1);
  const lineEnd = text.indexOf('\n', instruction.span.end);
  if (lineEnd < 0) return null;
  const moved = text.slice(start, lineEnd + 1);
  const end = run.span.end;
  const newline = /\r?\n$/.exec(moved)?.[0] ?? '\n';
  const edits: readonly Edit[] = [
    { span: { start, end: lineEnd + 1 }, newText: '' },
    { span: { start: end, end }, newText: newline + moved.replace(/\r?\n$/, '') },
  ];
  const expected = dockerfile.instructions.flatMap((one) =>
    one === instruction ? [] : one === run ? [textOf(one), textOf(instruction)] : [textOf(one)],
  );
  return readsAs(text, edits, expected, program.problems.length) ? edits : null;
}

/** Does the text with the edits have these instructions, and no more problems? */
function readsAs(
  text: string,
  edits: readonly Edit[],
  expected: readonly string[],
  problems: number,
): boolean {
  const changed = [...edits]
    .sort((a, b) => b.span.start - a.span.start)
    .reduce(
      (all, { span, newText }) => all.slice(0, span.start) + newText + all.slice(span.end),
      text,
    );
  const after = interpret(parse(changed));
  if (after.problems.length > problems) return false;
  const read = after.dockerfile.instructions.map(textOf);
  return read.length === expected.length && read.every((one, at) => one === expected[at]);
}

/**
 * The line above the RUN: the command that downloads alone, with empty files in place of those that
 * it must find; null: none is needed; `'none'`: it cannot be written.
 */
export function prefetchLine(
  { dockerfile }: Analysis,
  copy: Step,
  { run, prefetch, found }: Follows,
  dummies: readonly string[],
): string | null | 'none' {
  if (!prefetch && dummies.length === 0) return null;
  const { instruction, run: resolved } = run;
  if (!resolved?.shell || !dummies.every((file) => /^[\w./@+-]+$/.test(file))) return 'none';
  // Folders that another user makes, or that a COPY makes otherwise, would stay so.
  const isRoot = /^(|root|0)(:(|root|0))?$/.test(resolved.user);
  if (dummies.length > 0 && !isRoot) return 'none';
  const flags = instruction.flags.map(({ span }) => dockerfile.text.slice(span.start, span.end));
  const cwd = prefetch?.cwd ?? absolutePath(copy.copy?.dest ?? '/');
  if (!/^[\w./@+-]+$/.test(cwd) || found.length === 0) return 'none';
  const folders = new Set(
    dummies
      .filter((file) => file.includes('/'))
      .map((file) => file.slice(0, file.lastIndexOf('/'))),
  );
  const script = [
    ...(cwd === resolved.cwd ? [] : [`cd ${cwd}`]),
    ...(folders.size > 0 ? [`mkdir -p ${[...folders].join(' ')}`] : []),
    ...(dummies.length > 0 ? [`touch ${dummies.join(' ')}`] : []),
    ...(prefetch ? [prefetch.words.join(' ')] : []),
    ...(prefetch && dummies.length > 0 ? [`rm ${dummies.join(' ')}`] : []),
  ];
  return [instruction.keyword, ...(prefetch ? flags : []), script.join(' && ')].join(' ');
}

function textOf({ joined, heredocs }: Instruction): string {
  return [joined.text, ...heredocs.map(({ content }) => content)].join('\n').trimEnd();
}

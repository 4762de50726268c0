/**
 * Code actions: a comment behind an instruction moves to a line of its own; a RUN leaves less behind;
 * what an installation reads is copied first; neighbouring RUN lines become one, where the merged one
 * is known to do the same.
 */

import type { CodeAction, CodeActionContext, Range, TextEdit } from 'vscode-languageserver-types';
import { CodeActionKind } from 'vscode-languageserver-types';
import type { Analysis } from '../analysis.ts';
import { mergeGroups } from '../merge/mergeGroups.ts';
import { type MergeOptions, mergeAround, mergeStage } from '../merge/mergeRun.ts';
import type { Stage, Step } from '../model/plan.ts';
import type { Span } from '../syntax/ast.ts';
import { trailingComment } from '../syntax/trailingComment.ts';
import { lateManifests } from './cacheFix.ts';
import { type Document, firstEndingAfter, rangeOf, stageSpan } from './places.ts';
import { sizeFixes } from './sizeFixes.ts';

/** Actions for a range, of the kinds that the editor asks for. */
export function codeActions(
  analysis: Analysis,
  document: Document,
  range: Range,
  context: CodeActionContext,
  client: { readonly versionedEdits: boolean },
): CodeAction[] {
  const wanted = (kind: CodeActionKind) => isWanted(kind, context.only);
  const offers = [
    ...(wanted(CodeActionKind.QuickFix) ? moveComments(analysis, document, range) : []),
    ...(wanted(CodeActionKind.QuickFix) ? smallerLayers(analysis, document, range, context) : []),
    ...manifestKinds
      .filter(wanted)
      .slice(0, 1)
      .flatMap((kind) => manifestsFirst(analysis, document, range, context, kind)),
    ...mergeKinds
      .filter(wanted)
      .slice(0, 1)
      .flatMap((kind) => merges(analysis, document, range, kind)),
  ];
  return offers.map(({ edits, ...action }) => ({
    ...action,
    edit: editOf(document, edits, client),
  }));
}

/** A merge is offered once, as what the editor asks for; as quick fix where it asks for all. */
const mergeKinds = [CodeActionKind.QuickFix, CodeActionKind.RefactorRewrite];

/** An action before its edits are put into the form that the client takes. */
interface Offer extends Omit<CodeAction, 'edit'> {
  readonly kind: CodeActionKind;
  readonly edits: readonly TextEdit[];
}

function isWanted(kind: CodeActionKind, only: readonly CodeActionKind[] | undefined): boolean {
  // Some editors send an empty list where they mean all.
  if (!only || only.length === 0) return true;
  return only.some((asked) => asked === '' || kind === asked || kind.startsWith(`${asked}.`));
}

function editOf(
  document: Document,
  edits: readonly TextEdit[],
  { versionedEdits }: { readonly versionedEdits: boolean },
): NonNullable<CodeAction['edit']> {
  const { uri, version } = document;
  return versionedEdits
    ? { documentChanges: [{ textDocument: { uri, version }, edits: [...edits] }] }
    : { changes: { [uri]: [...edits] } };
}

/** For each comment behind an instruction in the range: put it on a line of its own. */
function moveComments(analysis: Analysis, document: Document, range: Range): Offer[] {
  const { dockerfile } = analysis;
  const offers: Offer[] = [];
  for (const instruction of touched(dockerfile.instructions, ({ span }) => span, document, range)) {
    const comment = trailingComment(dockerfile, instruction);
    if (!comment) continue;
    const problem = analysis.problems.find(
      ({ code, span }) => code === 'trailing-comment' && span.start === comment.span.start,
    );
    if (!problem) continue;
    const newline = newlineOf(dockerfile.text);
    const at = document.positionAt(comment.insertAt);
    offers.push({
      title: 'Move the comment to a line of its own',
      kind: CodeActionKind.QuickFix,
      isPreferred: true,
      diagnostics: [],
      edits: [
        { range: { start: at, end: at }, newText: `${comment.indent}${comment.text}${newline}` },
        { range: rangeOf(document, comment.removal), newText: '' },
      ],
    });
  }
  return offers;
}

/** What makes the layers of the RUN lines in the range smaller. */
function smallerLayers(
  analysis: Analysis,
  document: Document,
  range: Range,
  { diagnostics }: CodeActionContext,
): Offer[] {
  const style = mergeOptions(analysis.dockerfile.text, analysis.settings.mergeStyle);
  return analysis.plan.stages.flatMap((stage) => {
    const { start, end } = stageSpan(stage);
    if (end < document.offsetAt(range.start) || start > document.offsetAt(range.end)) return [];
    const runs = touched(stage.steps, ({ instruction }) => instruction.span, document, range)
      .filter(({ command }) => command.kind === 'run')
      .slice(0, mostFixed);
    return runs.flatMap((step) =>
      sizeFixes(analysis, stage, step, style).map(({ title, code, edits }) => {
        const { start: first, end: last } = rangeOf(document, step.instruction.span);
        const answered = diagnostics.filter(
          (one) =>
            one.code === code &&
            one.range.start.line >= first.line &&
            one.range.end.line <= last.line,
        );
        return {
          title,
          kind: CodeActionKind.QuickFix,
          ...(answered.length > 0 && { diagnostics: answered }),
          edits: edits.map(({ span, newText }) => ({ range: rangeOf(document, span), newText })),
        };
      }),
    );
  });
}

/** Offered once, as the editor asks for it: also without advice, as git may not know the files. */
const manifestKinds = [CodeActionKind.QuickFix, CodeActionKind.RefactorRewrite];

/** What installations read goes before the COPY of all files, for the lines of both in the range. */
function manifestsFirst(
  analysis: Analysis,
  document: Document,
  range: Range,
  { diagnostics }: CodeActionContext,
  kind: CodeActionKind,
): Offer[] {
  const stages = analysis.plan.stages.filter((stage) => {
    const { start, end } = stageSpan(stage);
    return end >= document.offsetAt(range.start) && start <= document.offsetAt(range.end);
  });
  const near = new Set(
    stages.flatMap(({ steps }) =>
      touched(steps, ({ instruction }) => instruction.span, document, range),
    ),
  );
  const isNear = (copy: Step, run: Step) => near.has(copy) || near.has(run);
  return lateManifests(analysis, stages, isNear).flatMap(({ copy, fix }) => {
    if (typeof fix === 'string') return [];
    const { title, edits } = fix;
    const { line } = document.positionAt(copy.instruction.span.start);
    const answered = diagnostics.filter(
      (one) => one.code === 'volatile-copy' && one.range.start.line === line,
    );
    return {
      title,
      kind,
      ...(answered.length > 0 && { diagnostics: answered, isPreferred: true }),
      edits: edits.map(({ span, newText }) => ({ range: rangeOf(document, span), newText })),
    };
  });
}

/** Of a large selection nobody reads the fixes of every line. */
const mostFixed = 5;

/** Merges of the RUN lines that the range touches, and of all in their stage where that is more. */
function merges(
  analysis: Analysis,
  document: Document,
  range: Range,
  kind: CodeActionKind,
): Offer[] {
  const { dockerfile, plan, settings } = analysis;
  const options = mergeOptions(dockerfile.text, settings.mergeStyle);
  const results = plan.stages.flatMap((stage) => {
    const { start, end } = stageSpan(stage);
    if (end < document.offsetAt(range.start) || start > document.offsetAt(range.end)) return [];
    const runs = touched(stage.steps, (step) => step.instruction.span, document, range).filter(
      ({ command }) => command.kind === 'run',
    );
    if (runs.length === 0) return [];
    const near = neighbours(stage, runs);
    const around = isLong(near) ? null : mergeAround(dockerfile, near, runs, options);
    const all = isLarge(stage, dockerfile.text) ? null : mergeStage(dockerfile, stage, options);
    const more = all?.ok && !(around?.ok && around.layersSaved === all.layersSaved);
    return [...(around ? [around] : []), ...(more ? [all] : [])];
  });
  return results
    .filter((result) => result.ok)
    .map(({ title, edits }) => ({
      title,
      kind,
      edits: edits.map(({ span, newText }) => ({ range: rangeOf(document, span), newText })),
    }));
}

/** The stage with nothing but the neighbours of these RUN lines, where all stand in one group. */
function neighbours(stage: Stage, runs: readonly Step[]): Stage {
  const wanted = new Set(runs);
  const groups = mergeGroups(stage).filter((group) => group.some((step) => wanted.has(step)));
  const [only] = groups;
  return only && groups.length === 1 ? { ...stage, steps: only } : stage;
}

/**
 * In characters. An editor asks at every move of the cursor, and proving longer merges would keep
 * hints and hovers waiting for seconds.
 */
const longestStage = 200_000;

function isLong(stage: Stage): boolean {
  const first = stage.steps[0]?.instruction.span.start ?? 0;
  return (stage.steps.at(-1)?.instruction.span.end ?? 0) - first > longestStage;
}

/** Each merge of a stage is proved on the whole text; beyond this nobody would wait for it. */
function isLarge(stage: Stage, text: string): boolean {
  return isLong(stage) || mergeGroups(stage).length * text.length > 2_000_000;
}

/** Written as the file is: its line ends, and the indentation of its first continued line. */
function mergeOptions(text: string, style: MergeOptions['style']): MergeOptions {
  return {
    style,
    indent: /[\\`]\r?\n([\t ]+)\S/.exec(text)?.[1] ?? '    ',
    newline: newlineOf(text),
  };
}

function newlineOf(text: string): '\n' | '\r\n' {
  return text[text.indexOf('\n') - 1] === '\r' ? '\r\n' : '\n';
}

/** The items that the range touches; a bare cursor touches what it stands in or at an end of. */
function touched<T>(
  items: readonly T[],
  spanOf: (item: T) => Span,
  document: Document,
  range: Range,
): readonly T[] {
  const start = document.offsetAt(range.start);
  const end = document.offsetAt(range.end);
  const first = firstEndingAfter(items, spanOf, start === end ? start - 1 : start);
  let after = first;
  // A selection of whole lines ends at the start of the next one, which it does not mean.
  while (
    after < items.length &&
    spanOf(items[after] as T).start < (start === end ? end + 1 : end)
  ) {
    after += 1;
  }
  return items.slice(first, after);
}

/** Code actions: comments behind an instruction, merging of RUN lines. */

import type { CodeAction, CodeActionContext, Range, TextEdit } from 'vscode-languageserver-types';
import { CodeActionKind } from 'vscode-languageserver-types';
import type { Analysis } from '../analysis.ts';
import type { Problem } from '../syntax/ast.ts';
import { trailingComment } from '../syntax/trailingComment.ts';
import { type Document, firstEndingAfter, rangeOf } from './places.ts';

/** Actions for a range, of the kinds that the editor asks for. */
export function codeActions(
  analysis: Analysis,
  document: Document,
  range: Range,
  context: CodeActionContext,
  client: { readonly versionedEdits: boolean },
): CodeAction[] {
  return moveComments(analysis, document, range)
    .filter(({ kind }) => wanted(kind, context.only))
    .map(({ edits, ...action }) => ({ ...action, edit: editOf(document, edits, client) }));
}

/** An action before its edits are put into the form that the client takes. */
interface Offer extends Omit<CodeAction, 'edit'> {
  readonly kind: CodeActionKind;
  readonly edits: readonly TextEdit[];
}

function wanted(kind: CodeActionKind, only: readonly CodeActionKind[] | undefined): boolean {
  return (
    !only || only.some((asked) => asked === '' || kind === asked || kind.startsWith(`${asked}.`))
  );
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
  for (const instruction of touched(dockerfile.instructions, document, range)) {
    const comment = trailingComment(dockerfile, instruction);
    if (!comment) continue;
    const problem = analysis.problems.find(
      ({ code, span }) => code === 'trailing-comment' && span.start === comment.span.start,
    );
    if (!problem) continue;
    const newline = dockerfile.text.includes('\r\n') ? '\r\n' : '\n';
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

/** The items that the range touches; a bare cursor touches what it stands in or right behind. */
export function touched<T extends { readonly span: Problem['span'] }>(
  items: readonly T[],
  document: Document,
  range: Range,
): readonly T[] {
  const start = document.offsetAt(range.start);
  const end = document.offsetAt(range.end);
  const first = firstEndingAfter(items, ({ span }) => span, start - 1);
  let after = first;
  while (after < items.length && (items[after] as T).span.start <= end) after += 1;
  return items.slice(first, after);
}

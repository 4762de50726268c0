/** Offsets of the tree → positions of the protocol. Features speak to editors only through these. */

import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Range } from 'vscode-languageserver-types';
import type { Plan, Step } from '../model/plan.ts';
import type { Span } from '../syntax/ast.ts';

/** What features need of a document: its identity and O(log n) mapping. */
export type Document = Pick<
  TextDocument,
  'uri' | 'version' | 'positionAt' | 'offsetAt' | 'lineCount' | 'getText'
>;

/** The span as a range of lines and UTF-16 characters. */
export function rangeOf(document: Document, span: Span): Range {
  return { start: document.positionAt(span.start), end: document.positionAt(span.end) };
}

/** Zero-based line of a step; a trigger has none of its own and stands at the FROM that runs it. */
export function lineOfStep(plan: Plan, document: Document, step: Step): number {
  const stage = step.fromTrigger
    ? plan.stages.find(({ triggers }) => triggers.includes(step))
    : undefined;
  const { span } = (stage?.from ?? step).instruction;
  return document.positionAt(span.start).line;
}

/** From FROM to the end of the stage's last instruction; for stages as written and as planned. */
export function stageSpan(stage: {
  readonly from: Of;
  readonly commands?: readonly Of[];
  readonly steps?: readonly Of[];
}): Span {
  const last = (stage.steps ?? stage.commands ?? []).at(-1) ?? stage.from;
  return { start: stage.from.instruction.span.start, end: last.instruction.span.end };
}

interface Of {
  readonly instruction: { readonly span: Span };
}

/**
 * Index of the first item whose span ends after `offset`, of items in source order without
 * overlap; the list's length when there is none. O(log n).
 */
export function firstEndingAfter<T>(
  items: readonly T[],
  spanOf: (item: T) => Span,
  offset: number,
): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spanOf(items[middle] as T).end > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Offset of the end of the line that `offset` is on, before its line end as LSP knows line ends. */
export function lineEnd(text: string, offset: number): number {
  const end = /[\r\n]/g;
  end.lastIndex = offset;
  return end.exec(text)?.index ?? text.length;
}

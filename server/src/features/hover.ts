/** Hover: one card for the instruction under the pointer. */

import type { Hover, Position } from 'vscode-languageserver-types';
import type { Analysis } from '../analysis.ts';
import { card } from './card.ts';
import { type Document, firstEndingAfter, rangeOf } from './places.ts';
import { plainText } from './render.ts';
import { rowsOf } from './rows.ts';

/** The card of the instruction at the position, its heredocs included; null between instructions. */
export function hover(
  analysis: Analysis,
  document: Document,
  position: Position,
  client: {
    readonly markdown: boolean;
    readonly commands?: object | null;
    readonly trusted?: boolean;
  },
): Hover | null {
  const offset = document.offsetAt(position);
  const rows = rowsOf(analysis.plan);
  // Spans end before the line end, and a pointer behind the last character still means its line.
  const row = rows[firstEndingAfter(rows, ({ instruction }) => instruction.span, offset - 1)];
  if (!row || row.instruction.span.start > offset) return null;
  // In Restricted Mode the commands refuse.
  const hasLinks = client.markdown && !!client.commands && client.trusted !== false;
  const value = card(analysis, row, hasLinks ? document.uri : null);
  return {
    contents: client.markdown
      ? { kind: 'markdown', value }
      : { kind: 'plaintext', value: plainText(value) },
    range: rangeOf(document, row.instruction.span),
  };
}

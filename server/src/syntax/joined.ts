/** The way back from the text of a logical line to the source it was joined from. */

import type { JoinedText, Span } from './ast.ts';

/** Source offset of a character of the joined text; of its length: behind the last character. */
export function sourceOffset(joined: JoinedText, at: number): number {
  const { pieces } = joined;
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((pieces[middle]?.at ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  const piece = pieces[low];
  return piece ? piece.source + at - piece.at : at;
}

/** Source span of a piece of the joined text; spans what lies between when that is continued. */
export function sourceSpan(joined: JoinedText, start: number, end: number): Span {
  const from = sourceOffset(joined, start);
  if (end <= start) return { start: from, end: from };
  return { start: from, end: sourceOffset(joined, end - 1) + 1 };
}

/** A part of a joined text as a joined text of its own. */
export function sliceJoined(joined: JoinedText, start: number, end: number): JoinedText {
  const pieces = [];
  for (const piece of joined.pieces) {
    const from = Math.max(piece.at, start);
    const to = Math.min(piece.at + piece.length, end);
    if (from < to)
      pieces.push({ at: from - start, source: piece.source + from - piece.at, length: to - from });
  }
  if (!pieces.length) pieces.push({ at: 0, source: sourceOffset(joined, start), length: 0 });
  return { text: joined.text.slice(start, end), pieces };
}

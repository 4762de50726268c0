/** The way back from the text of a logical line to the source it was joined from. */

import type { JoinedText, Span } from './ast.ts';

/** Source offset of a character of the joined text; of its length: behind the last character. */
export function sourceOffset(joined: JoinedText, at: number): number {
  const piece = joined.pieces[findPiece(joined, at)];
  return piece ? piece.source + at - piece.at : at;
}

/** Index of the last piece that starts at or before a character of the joined text. */
function findPiece({ pieces }: JoinedText, at: number): number {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((pieces[middle]?.at ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Source span of a piece of the joined text; spans what lies between when that is continued. */
export function sourceSpan(joined: JoinedText, start: number, end: number): Span {
  const from = sourceOffset(joined, start);
  if (end <= start) return { start: from, end: from };
  return { start: from, end: sourceOffset(joined, end - 1) + 1 };
}

/**
 * `sourceSpan` for many spans of one joined text. It remembers where it was, so that spans in
 * ascending order take no search.
 */
export function locate(joined: JoinedText): (start: number, end: number) => Span {
  const { pieces } = joined;
  let index = 0;
  const offset = (at: number): number => {
    for (let tries = 0; tries < 3; tries++) {
      const piece = pieces[index];
      if (!piece || at < piece.at) break;
      if (at < piece.at + piece.length) return piece.source + at - piece.at;
      if (index + 1 < pieces.length) index++;
    }
    index = findPiece(joined, at);
    const piece = pieces[index];
    return piece ? piece.source + at - piece.at : at;
  };
  return (start, end) => {
    const from = offset(start);
    return { start: from, end: end > start ? offset(end - 1) + 1 : from };
  };
}

/** The same where the text is the source itself. */
export function asSpan(start: number, end: number): Span {
  return { start, end };
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

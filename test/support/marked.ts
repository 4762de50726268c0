/**
 * Dockerfiles as tests draw them: `<|>` is the cursor, `[| … |]` a selection, and `⟦ … ⟧` a hint
 * where the editor would draw it. Files of the context stand below (`files.ts`).
 */

import type { InlayHint, Range, TextEdit } from 'vscode-languageserver-types';
import { type FileTree, readTree } from './files.ts';

export interface Drawing {
  /** The Dockerfile without any marker. */
  readonly text: string;
  /** The Dockerfile with its hints. */
  readonly drawn: string;
  readonly cursor: number | null;
  readonly selection: { readonly start: number; readonly end: number } | null;
  readonly tree: FileTree;
}

/** Reads a drawing; hints are dropped from `text`, so that a drawing is also its own input. */
export function readDrawing(drawing: string): Drawing {
  const tree = readTree(drawing);
  const drawn = tree.dockerfile;
  const noHints = drawn.replace(/ ?⟦[^⟧]*⟧/g, '');
  const cursor = noHints.indexOf('<|>');
  const noCursor = noHints.replace('<|>', '');
  const start = noCursor.indexOf('[|');
  const text = noCursor.replace('[|', '').replace('|]', '');
  return {
    text,
    drawn,
    cursor: cursor < 0 ? null : cursor,
    selection: start < 0 ? null : { start, end: noCursor.indexOf('|]') - 2 },
    tree: { ...tree, dockerfile: text },
  };
}

/** The Dockerfile of a drawing with hints drawn in: what a hint test expects. */
export function drawHints(text: string, hints: readonly InlayHint[]): string {
  return apply(
    text,
    hints.map(({ position, label, paddingLeft }) => {
      const words = typeof label === 'string' ? label : label.map(({ value }) => value).join('');
      return {
        range: { start: position, end: position },
        newText: `${paddingLeft ? ' ' : ''}⟦${words}⟧`,
      };
    }),
  );
}

/** The text after edits that do not overlap, in any order. */
export function apply(text: string, edits: readonly TextEdit[]): string {
  const starts = [0, ...[...text.matchAll(/\r\n|\r|\n/g)].map((m) => m.index + m[0].length)];
  const offset = ({ line, character }: Range['start']) => (starts[line] ?? text.length) + character;
  return [...edits]
    .sort((a, b) => offset(b.range.start) - offset(a.range.start))
    .reduce(
      (result, { range, newText }) =>
        result.slice(0, offset(range.start)) + newText + result.slice(offset(range.end)),
      text,
    );
}
